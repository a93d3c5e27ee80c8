"""A store, a ring and events, for the log alone."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from keyreeve.events import Event, EventLog, SessionAttributes, SessionContext, SessionIssuer, UserIdentity
from keyreeve.store.engine import StoreFailure
from keyreeve.store.memory import MemoryEngine
from keyreeve.store.view import View

ACCOUNT = "111122223333"
START = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


class Memory(MemoryEngine):
    """The engine in memory, with its rows, blocks and small values in reach. `fail` makes it refuse to save."""

    fail = False

    @property
    def loose(self):
        return self._events

    @loose.setter
    def loose(self, rows):
        self._events = dict(rows)
        self._last_event = max([*rows, *(last for _, last in self._blocks), 0])

    @property
    def packed(self):
        return self._blocks

    @property
    def metas(self):
        return self._metas

    @metas.setter
    def metas(self, metas):
        self._metas = metas

    def append(self, expected, batches):
        if self.fail:
            raise StoreFailure("disk full")
        return super().append(expected, batches)


class SavingView(View):
    """A view that saves each commit at once."""

    def take(self, *parts):
        revision = super().take(*parts)
        self.save()
        return revision


class HmacRing:
    def __init__(self):
        self.keys = [b"key"]
        self.compromised = []

    def rotate(self, *, compromised=False):
        self.compromised = list(self.keys) if compromised else self.compromised
        self.keys.append(b"key %d" % len(self.keys))

    def mac(self, data, purpose):
        return _code(self.keys[-1], data, purpose)

    def authentic(self, data, code, purpose):
        return any(code == _code(key, data, purpose) for key in self.keys if key not in self.compromised)

    def exposed(self, data, code, purpose):
        return any(code == _code(key, data, purpose) for key in self.compromised)


def _code(key, data, purpose):
    return hmac.digest(key, purpose.encode() + b"\0" + data, hashlib.sha256)


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def ring():
    return HmacRing()


@pytest.fixture
def view(store):
    return SavingView(store)


@pytest.fixture
def opened(store, ring):
    """Open the log, as often as wanted."""
    return lambda: EventLog(SavingView(store), ring, lambda: START)


@pytest.fixture
def log(view, ring):
    return EventLog(view, ring, lambda: START)


def user(number=1):
    name, key = f"user{number}", f"AKIA{number:016d}"
    return UserIdentity(
        type="IAMUser",
        principal_id=f"AIDA{number:017d}",
        arn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
        account_id=ACCOUNT,
        access_key_id=key,
        user_name=name,
    )


def session(number=1, name="work"):
    role = f"role{number}"
    issuer = SessionIssuer(
        type="Role",
        principal_id=f"AROA{number:017d}",
        arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        account_id=ACCOUNT,
        user_name=role,
    )
    attributes = SessionAttributes(creation_date="2026-11-24T09:00:00Z", mfa_authenticated="false")
    return UserIdentity(
        type="AssumedRole",
        principal_id=f"AROA{number:017d}:{name}",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        account_id=ACCOUNT,
        access_key_id=f"ASIA{number:016d}",
        session_context=SessionContext(session_issuer=issuer, attributes=attributes),
    )


def event(number=1, *, who=None, name="GetCallerIdentity", source="sts.amazonaws.com", after=timedelta(), **more):
    members = {
        "user_identity": who or user(),
        "event_time": START + after,
        "event_source": source,
        "event_name": name,
        "aws_region": "us-east-1",
        "source_ip_address": "192.0.2.1",
        "user_agent": "aws-cli/1.46.3",
        "request_parameters": None,
        "response_elements": None,
        "request_id": f"00000000-0000-4000-8000-{number:012d}",
        "event_id": f"10000000-0000-4000-8000-{number:012d}",
        "read_only": True,
        "event_type": "AwsApiCall",
        "management_event": True,
        "recipient_account_id": ACCOUNT,
        "event_category": "Management",
    }
    return Event(**members | more)


@pytest.fixture
def make():
    """The makers of events and identities."""

    class Makers:
        ACCOUNT, START = ACCOUNT, START
        event, user, session = staticmethod(event), staticmethod(user), staticmethod(session)

    return Makers
