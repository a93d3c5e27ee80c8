"""A store, a ring and events, for the log alone."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from keyreeve.events import Event, EventLog, SessionAttributes, SessionContext, SessionIssuer, UserIdentity

ACCOUNT = "111122223333"
START = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


class Memory:
    """What the log asks of an engine and its view, with a plain list and dictionaries. `fail` makes commits raise."""

    def __init__(self):
        self.loose, self.packed, self.metas, self.fail = {}, {}, {}, False

    def events(self, first):
        return [(number, self.loose[number]) for number in sorted(self.loose) if number >= first]

    def blocks(self, first):
        return [(*span, self.packed[span]) for span in sorted(self.packed) if span[1] >= first]

    def replace_events(self, first, last, block):
        self.loose = {number: row for number, row in self.loose.items() if not first <= number <= last}
        self.packed = {span: data for span, data in self.packed.items() if not first <= span[0] <= last}
        if block is not None:
            self.packed[first, last] = block

    def meta(self, name):
        return self.metas.get(name)

    def set_meta(self, name, value):
        self.metas[name] = value

    def begin(self):
        return Batch(self)


class Batch:
    def __init__(self, store):
        self.store, self.rows, self.metas = store, [], {}

    def record_event(self, row):
        self.rows.append(row)

    def set_meta(self, name, value):
        self.metas[name] = value

    def commit(self):
        if self.store.fail:
            raise OSError("disk full")
        last = max([*self.store.loose, *(span[1] for span in self.store.packed), 0])
        self.store.loose.update(enumerate(self.rows, last + 1))
        self.store.metas.update(self.metas)
        return 1


class HmacRing:
    def mac(self, data, purpose):
        return hmac.digest(b"key", purpose.encode() + b"\0" + data, hashlib.sha256)

    def authentic(self, data, code, purpose):
        return code == self.mac(data, purpose)


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def ring():
    return HmacRing()


@pytest.fixture
def opened(store, ring):
    """Open the log, as often as wanted."""
    return lambda: EventLog(store, store, ring, lambda: START)


@pytest.fixture
def log(opened):
    return opened()


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
