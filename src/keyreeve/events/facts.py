"""Facts: what the log says about when keys, roles and passwords were last used, folded as events arrive.

Sources: GetAccessKeyLastUsed ("if the key was used more than once within 15 minutes, only the first use is recorded"),
RoleLastUsed (the use of a role's credentials, not AssumeRole itself, over the trailing 400 days), "Getting credential
reports" (password uses within five minutes count once) and "Refine permissions using last accessed information" (every
authenticated attempt counts, allowed or denied). Facts outlive the events they were folded from.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from keyreeve.events.chain import Ring
from keyreeve.events.event import Event, UserIdentity
from keyreeve.events.rows import Rows, readable
from keyreeve.store.engine import Engine

SNAPSHOT = "event facts"
"""The name and the purpose of the saved facts."""

KEY_USE_COUNTS_ONCE_IN = timedelta(minutes=15)
PASSWORD_USE_COUNTS_ONCE_IN = timedelta(minutes=5)
SET_BACK = timedelta(hours=1)
"""By so much an event is older than the one before it only where the clock was set back: what was used then was told of
a time that has not come, and would stand for good.
"""
TRACKED = timedelta(days=400)
"""How far back AWS tracks the use of roles and services."""


class KeyUse(NamedTuple):
    """The last recorded use of an access key: when, the service's namespace, the region."""

    time: datetime
    service: str
    region: str


class RoleUse(NamedTuple):
    """The last use of a role's credentials: when and in which region."""

    time: datetime
    region: str


class Access(NamedTuple):
    """The last authenticated attempt on a service: when, where, and the caller's ARN (a session has its own)."""

    time: datetime
    region: str
    caller_arn: str | None


class _State(msgspec.Struct):
    sequence: int = 0
    keys: dict[str, KeyUse] = {}
    roles: dict[str, RoleUse] = {}
    passwords: dict[str, datetime] = {}
    services: dict[str, dict[str, Access]] = {}
    actions: dict[str, dict[str, Access]] = {}


class Facts:
    """Facts folded up to the event numbered `sequence`; they live in memory and advance no revision of the store."""

    def __init__(self) -> None:
        self._state = _State()
        self._second: datetime | None = None
        self._told: dict[tuple[int, str, str, str], UserIdentity] = {}

    @classmethod
    def load(cls, engine: Engine, ring: Ring, rows: Rows) -> Facts:
        """The saved facts and what happened since; without a snapshot under our seal, all that the log still tells."""
        facts = cls()
        facts._state = _saved(engine.meta(SNAPSHOT), ring) or _State()
        for segment in rows.segments(facts.sequence):
            for sequence, record in enumerate(rows.records(segment), segment.first):
                if sequence > facts.sequence and (event := readable(record)):
                    facts.fold(event, sequence)
        return facts

    @property
    def sequence(self) -> int:
        """The number of the last event that was folded in; 0 for none."""
        return self._state.sequence

    def access_key_last_used(self, access_key_id: str) -> KeyUse | None:
        """The last recorded use of a long-term access key, None if it was never used."""
        return self._state.keys.get(access_key_id)

    def role_last_used(self, role_id: str) -> RoleUse | None:
        """The last use of the role's credentials (by its unique id), None if never."""
        return self._state.roles.get(role_id)

    def password_last_used(self, principal_id: str) -> datetime | None:
        """The last successful sign-in of a user, or of the root user by the account's id."""
        return self._state.passwords.get(principal_id)

    def services_last_accessed(self, principal_id: str) -> dict[str, Access]:
        """By service namespace, the last attempt of a user, role or root user (by unique id)."""
        return dict(self._state.services.get(principal_id, {}))

    def actions_last_accessed(self, principal_id: str) -> dict[str, Access]:
        """By action (`iam:GetUser`), the last attempt of a user, role or root user (by unique id)."""
        return dict(self._state.actions.get(principal_id, {}))

    def fold(self, event: Event, sequence: int, time: datetime | None = None) -> None:
        """Take one event in, at another time than its own where one is given; events come in the order of the log."""
        state, identity = self._state, event.user_identity
        state.sequence = sequence
        time = time or event.event_time
        signs_in = event.event_type == "AwsConsoleSignIn"
        if not signs_in and self._is_told(event, time):
            return
        principal_id = identity.entity_id
        if principal_id is None or identity.type in _NOT_OURS:
            return
        if signs_in:
            self._signed_in(event, principal_id)
            return
        service = event.event_source.partition(".")[0]
        self._used(identity.access_key_id, time, service, event.aws_region)
        if identity.type == "AssumedRole" and _newer(time, state.roles.get(principal_id)):
            state.roles[principal_id] = RoleUse(time, event.aws_region)
        access = Access(time, event.aws_region, identity.arn)
        _note(state.services.setdefault(principal_id, {}), service, access)
        _note(state.actions.setdefault(principal_id, {}), f"{service}:{event.event_name}", access)

    def _is_told(self, event: Event, time: datetime) -> bool:
        """Whether the same caller did the same in the same second: times are whole seconds, so it tells nothing new."""
        if time != self._second:
            self._second, self._told = time, {}
        identity = event.user_identity
        same = (id(identity), event.event_source, event.event_name, event.aws_region)
        if same in self._told:
            return True
        self._told[same] = identity  # is kept, so that its id is nobody else's
        return False

    def _used(self, access_key_id: str | None, time: datetime, service: str, region: str) -> None:
        if access_key_id is None or not access_key_id.startswith("AKIA"):
            return  # the keys of sessions are nobody's to ask about
        last = self._state.keys.get(access_key_id)
        if last is None or time - last.time >= KEY_USE_COUNTS_ONCE_IN or last.time - time > SET_BACK:
            self._state.keys[access_key_id] = KeyUse(time, service, region)

    def _signed_in(self, event: Event, principal_id: str) -> None:
        elements = event.response_elements or {}
        if elements.get("ConsoleLogin") != "Success" or event.user_identity.type not in ("IAMUser", "Root"):
            return
        last = self._state.passwords.get(principal_id)
        time = event.event_time
        if last is None or time - last >= PASSWORD_USE_COUNTS_ONCE_IN or last - time > SET_BACK:
            self._state.passwords[principal_id] = time

    def snapshot(self, ring: Ring, now: datetime) -> bytes:
        """The facts as the store keeps them. Roles and services unused for longer than AWS tracks are dropped."""
        state, since = self._state, now - TRACKED
        state.roles = {role_id: use for role_id, use in state.roles.items() if use.time >= since}
        state.services, state.actions = _since(since, state.services), _since(since, state.actions)
        plain = msgspec.msgpack.encode(state)
        return msgspec.msgpack.encode((plain, ring.mac(plain, SNAPSHOT)))


_NOT_OURS = {"AWSAccount", "AWSService", "SAMLUser", "WebIdentityUser", "Unknown"}
"""Callers that are not a principal of the account whose event it is."""


def _saved(snapshot: bytes | None, ring: Ring) -> _State | None:
    if snapshot is None:
        return None
    try:
        plain, code = msgspec.msgpack.decode(snapshot, type=tuple[bytes, bytes])
        return msgspec.msgpack.decode(plain, type=_State) if ring.authentic(plain, code, SNAPSHOT) else None
    except msgspec.MsgspecError:
        return None


def _note(seen: dict[str, Access], name: str, access: Access) -> None:
    if _newer(access.time, seen.get(name)):
        seen[name] = access


def _since(since: datetime, accesses: dict[str, dict[str, Access]]) -> dict[str, dict[str, Access]]:
    kept = {who: {name: a for name, a in seen.items() if a.time >= since} for who, seen in accesses.items()}
    return {who: seen for who, seen in kept.items() if seen}


def _newer(time: datetime, last: RoleUse | Access | None) -> bool:
    return last is None or time >= last.time or last.time - time > SET_BACK
