"""Nodes over folders of their own, at a time that stands still until it is moved."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth

from keyreeve.config import Config
from keyreeve.service import accounts
from keyreeve.service.node import Node
from trailed import ACCOUNT, BUCKET, Trailed


class Clock:
    def __init__(self):
        self.now = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, **by):
        self.now += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def opened(data, clock):
    """Opens a node; all are closed at the end."""
    with ExitStack() as stack:

        def open_(environ=None, *, create=True, **settings):
            config = Config(data=data, **settings)
            return stack.enter_context(Node.open(config, environ or {}, create=create, now=clock))

        yield open_


@pytest.fixture
def node(opened):
    """A node with one account."""
    node = opened()
    key = accounts.new_key("111122223333", node.chance)
    accounts.open_account(node, key)
    node.view.save()
    return node


@pytest.fixture
def trailed(opened, clock, tmp_path, monkeypatch):
    """A node of one account, which may have trails."""
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: clock().replace(tzinfo=None))
    folder = tmp_path / "bucket"
    folder.mkdir()
    node = opened(trail_buckets=((BUCKET, folder),), digest_seconds=3600)
    key = accounts.new_key(ACCOUNT, node.chance)
    accounts.open_account(node, key)
    node.view.save()
    return Trailed(node, key, folder)
