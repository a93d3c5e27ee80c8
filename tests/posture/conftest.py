"""A fresh server, its root user, and readings of its first account."""

from datetime import UTC, datetime, timedelta

import pytest

import harness
from harness import ACCOUNT, CATALOGUE
from keyreeve.posture import Reading, audit


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path)


@pytest.fixture
def root(server):
    return server.root()


@pytest.fixture
def reading(server):
    """The account as it stands, so many days from now."""

    def read(days=0):
        now = datetime.now(UTC) + timedelta(days=days)
        tx = server.view.begin()
        return Reading(tx, server.log.facts, server.log.rows, server.ring, CATALOGUE, ACCOUNT, now)

    return read


@pytest.fixture
def found(reading):
    """What a check finds: resources and sentences."""
    return lambda check, days=0: [(each.resource, each.sentence) for each in audit(reading(days), [check])]
