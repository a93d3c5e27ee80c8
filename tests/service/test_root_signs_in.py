"""The root user signs in with the password that its operator set, also after a restart."""

import pytest

from keyreeve.access import passwords
from keyreeve.access.sign_in import Given, SignedIn
from keyreeve.service import root
from keyreeve.service.signing_in import Waiting
from keyreeve.wire.exchange import Request

ACCOUNT, PASSWORD = "111122223333", "Correct-horse-1"
REQUEST = Request("POST", "/signin", "", (), b"", "192.0.2.7")


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def enter(node):
    found = node.service.sign_ins.begin(Given(ACCOUNT, None, PASSWORD), REQUEST)
    while isinstance(found, Waiting):
        found = found.go_on(found.work())
    node.view.save()
    return found.found


def test_the_root_user_signs_in_and_it_is_known_after_a_restart(node, opened, clock):
    assert not isinstance(enter(node), SignedIn)
    root.set_password(node, root.hashed(PASSWORD))
    found = enter(node)
    assert isinstance(found, SignedIn)
    assert found.caller.arn == f"arn:aws:iam::{ACCOUNT}:root"
    node.close()
    clock.move(days=1)
    again = opened(create=False)
    assert again.log.facts.password_last_used(ACCOUNT) == found.caller.session.issued
    assert isinstance(enter(again), SignedIn)
