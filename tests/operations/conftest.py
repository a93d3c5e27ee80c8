"""A fresh server for each test, and its root user."""

from datetime import UTC, datetime

import pytest

import harness


@pytest.fixture(autouse=True)
def _what_is_kept_can_be_read(monkeypatch):
    monkeypatch.setattr("keyreeve.store.records.change", harness.read_back)


@pytest.fixture
def server(tmp_path):
    """A fresh server with two accounts."""
    return harness.made(tmp_path)


@pytest.fixture
def root(server):
    """The root user of the first account."""
    return server.root()


@pytest.fixture
def travel(server, monkeypatch):
    """Let time pass, for the server and for its clients, who sign with theirs."""

    def pass_to(offset):
        server.offset = offset
        moved = datetime.now(UTC).replace(tzinfo=None) + offset
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moved)

    return pass_to
