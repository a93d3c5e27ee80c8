"""A fresh server for each test, and its root user."""

from datetime import UTC, datetime

import pytest

import harness
from keyreeve.service import trail


@pytest.fixture(autouse=True)
def _what_is_kept_can_be_read(monkeypatch):
    monkeypatch.setattr("keyreeve.store.records.change", harness.read_back)


@pytest.fixture(autouse=True)
def written(monkeypatch):
    """What was written of each call that succeeded, and the record written whole: in all tests they are the same.

    None stands for what is only written whole.
    """
    pairs, of = [], trail.Records.of

    def both(self, exchange, result, new_id):
        event_id = new_id()
        found = of(self, exchange, result, lambda: event_id)
        whole = trail.event(exchange, event_id, result=result).encode()
        pairs.append((None if found is None else found.record, whole))
        return found

    monkeypatch.setattr(trail.Records, "of", both)
    yield pairs
    for record, whole in pairs:
        assert record in {None, whole}


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
