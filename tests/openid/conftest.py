"""An issuer on the loopback, and clients that may reach it."""

import pytest

import authority
import issuing
from keyreeve.openid import Client, Issuers


@pytest.fixture
def issuer(tmp_path):
    certificate, private, _ = authority.certified(tmp_path)
    with issuing.Issuer(certificate, private) as served:
        yield served


@pytest.fixture
def client(issuer, tmp_path):
    """May reach the issuer, and knows its authority."""
    return Client([issuer.place], authority.ca_file(tmp_path), seconds=2)


@pytest.fixture
def clock():
    """A clock that stands until it is set forward."""

    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def issuers(client, clock):
    return Issuers(client, clock)
