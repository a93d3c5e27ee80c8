"""A fresh server, its root user, and a federation on it."""

import pytest
from tests.saml.federation import Federation

import harness


@pytest.fixture
def server(tmp_path):
    """A fresh server with two accounts."""
    return harness.made(tmp_path)


@pytest.fixture
def root(server):
    """The root user of the first account."""
    return server.root()


@pytest.fixture
def bare(server, root):
    return Federation(server, root)


@pytest.fixture
def federation(bare):
    bare.provider()
    bare.role()
    return bare
