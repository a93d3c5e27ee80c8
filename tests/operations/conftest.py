"""A fresh server for each test, and its root user."""

import pytest

import harness


@pytest.fixture
def server(tmp_path):
    """A fresh server with two accounts."""
    return harness.made(tmp_path)


@pytest.fixture
def root(server):
    """The root user of the first account."""
    return server.root()
