"""A server with a user that has a password, and the door at which people sign in."""

import pytest

import harness
from harness import allow
from keyreeve.access import passwords
from security_key import ORIGIN
from signing import CHEAP, FIRST, Door


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashes of the same form with less work: here they are counted."""
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(**CHEAP))


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path)


@pytest.fixture
def root(server):
    return server.root()


@pytest.fixture
def alice(server, root):
    person = server.user("alice", allow("iam:*"))
    root.iam.create_login_profile(UserName="alice", Password=FIRST)
    return person


@pytest.fixture
def door(server):
    return Door(server)


@pytest.fixture
def token(server, alice, door):
    """Alice's, who is signed in at a server with a name."""
    server.service.public_url = ORIGIN
    return door.enter().token
