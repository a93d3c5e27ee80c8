"""The trail: what an event says of a request, its caller and its outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

import msgspec

from keyreeve.access.bearer import Bearer
from keyreeve.access.caller import Caller
from keyreeve.entities import Role, RootUser
from keyreeve.events import (
    Bare,
    Event,
    Resource,
    SessionAttributes,
    SessionContext,
    SessionIssuer,
    Stem,
    UserIdentity,
    Written,
    error_code,
    read_only,
)
from keyreeve.events.event import LONGEST_TEXT, IdentityType
from keyreeve.events.parameters import keeps_answer_to_itself, may_stand, request_parameters, response_elements
from keyreeve.events.stem import BLANK_ID
from keyreeve.faults import AccessDenied, Fault
from keyreeve.operations import Call
from keyreeve.service.exchange import Exchange
from keyreeve.wire.exchange import Request
from keyreeve.wire.model import Operation

_TYPES: dict[str, IdentityType] = {
    "root": "Root",
    "user": "IAMUser",
    "role_session": "AssumedRole",
    "federated_user": "FederatedUser",
    "saml": "SAMLUser",
    "web_identity": "WebIdentityUser",
}

STEMS = 1024
"""Kinds of calls whose stems are kept: a caller's, of one operation, from one place with one agent."""

_ROLE = ("role_arn", "AWS::IAM::Role")
_ASSUMED = {
    "AssumeRole": _ROLE,
    "AssumeRoleWithSAML": _ROLE,
    "AssumeRoleWithWebIdentity": _ROLE,
    "AssumeRoot": ("target_principal", "AWS::IAM::RootUser"),
}
"""The member that says who is assumed, and the type of that resource."""

LONGEST_ARN = 2048
"""What is longer names nobody, and is refused: unlike parameters, resources are recorded however large they are."""

_is_account = re.compile(r"\d{12}", re.ASCII).fullmatch


def identity_of(caller: Caller | Bearer) -> UserIdentity:
    """The userIdentity of a caller (CloudTrail User Guide, "CloudTrail userIdentity element")."""
    if isinstance(caller, Caller):
        return _identity_of(caller)
    return UserIdentity(
        type=_TYPES[caller.kind],
        principal_id=caller.user_id,
        user_name=caller.user_name,
        identity_provider=caller.identity_provider,
    )


@lru_cache(maxsize=4096)
def _identity_of(caller: Caller) -> UserIdentity:
    """The same of a caller who comes again; who bears a token comes once."""
    user = caller.user
    return UserIdentity(
        type=_TYPES[caller.kind],
        principal_id=caller.user_id,
        arn=caller.arn,
        account_id=caller.account_id,
        access_key_id=caller.access_key_id,
        user_name=None if user is None else user.user_name,
        invoked_by_delegate=_delegate(caller),
        session_context=_session_context(caller),
    )


def _delegate(caller: Caller) -> dict[str, str] | None:
    """The partner that acts with delegated credentials, as CloudTrail tells it."""
    delegate = None if caller.session is None else caller.session.delegate
    return None if delegate is None else {"accountId": delegate}


def _session_context(caller: Caller) -> SessionContext | None:
    session = caller.session
    if session is None:
        return None
    attributes = SessionAttributes(
        creation_date=f"{session.issued:%Y-%m-%dT%H:%M:%SZ}",
        mfa_authenticated="false" if session.mfa_time is None else "true",
    )
    issuer = _issuer(caller) if caller.kind in {"role_session", "federated_user"} else None
    return SessionContext(
        session_issuer=issuer,
        attributes=attributes,
        source_identity=session.source_identity,
        assumed_root="true" if session.assumed_root else None,
    )


def _issuer(caller: Caller) -> SessionIssuer:
    identity = caller.identity
    if isinstance(identity, RootUser):
        return SessionIssuer(type="Root", principal_id=identity.key, arn=identity.arn, account_id=identity.account_id)
    role = isinstance(identity, Role)
    return SessionIssuer(
        type="Role" if role else "IAMUser",
        principal_id=identity.key,
        arn=identity.arn,
        account_id=identity.account_id,
        user_name=identity.role_name if isinstance(identity, Role) else identity.user_name,
    )


def event(
    exchange: Exchange, event_id: str, *, alias: str | None = None, result: Any = None, fault: Fault | None = None
) -> Event:
    """The record of one authenticated call. A denial keeps its parameters to itself, as AWS's records do."""
    operation, caller, request = exchange.asked, exchange.proven, exchange.request
    silent = isinstance(fault, AccessDenied)
    who, told = identity_of(caller), _told(operation)
    return Event(
        user_identity=who if alias is None else msgspec.structs.replace(who, user_name=alias),
        event_time=_second(exchange.now).time,
        event_source=told.source,
        event_name=told.name,
        aws_region=told.region or exchange.region,
        source_ip_address=request.source_ip,
        user_agent=request.header("user-agent") or "",
        error_code=None if fault is None else error_code(fault),
        error_message=None if fault is None else fault.message,
        request_parameters=None if silent else _parameters(operation, caller, exchange.values),
        response_elements=None if fault is not None else response_elements(operation, result),
        request_id=exchange.request_id,
        event_id=event_id,
        read_only=told.read_only,
        resources=_resources(*told.assumed, exchange.values) if told.assumed else (),
        event_type="AwsApiCall",
        management_event=True,
        recipient_account_id=caller.account_id,
        event_category="Management",
        session_credential_from_console="true" if _is_of_console(caller) else None,
    )


class Records:
    """Writes the records of calls that succeeded, as `event` has them, from stems that are kept."""

    def __init__(self) -> None:
        self._stems: dict[tuple[Operation, Caller, str, str, str], Stem] = {}
        self._second = _second(_LONG_AGO)

    def of(self, exchange: Exchange, result: Any, new_id: Callable[[], str]) -> Written | Bare | None:
        """The record of a call; None where `event` has more to say, or `copies`."""
        operation, caller, request = exchange.asked, exchange.caller, exchange.request
        if not isinstance(caller, Caller) or caller.kind == "root":
            return None
        told = _told(operation)
        resources = _resources(*told.assumed, exchange.values) if told.assumed else ()
        if resources and resources[0].account_id != caller.account_id:
            return None
        agent = (request.header("user-agent") or "")[:LONGEST_TEXT]
        kind = (operation, caller, exchange.region, request.source_ip, agent)
        stem = self._stems.get(kind) or self._begun(kind, exchange)
        second, text, over = self._second
        if not second <= exchange.now < over:
            second, text, over = self._second = _second(exchange.now)
        shown = request_parameters(operation, exchange.values) if exchange.values else None
        elements = None if told.keeps_answer else response_elements(operation, result)
        event_id = new_id()
        if shown is None and elements is None and not resources:
            return Bare(stem, second, text, exchange.request_id, event_id)
        record = stem.record(text, exchange.request_id, event_id, shown, elements, resources)
        return Written(stem.event, second, record) if may_stand(record) else None

    def _begun(self, kind: tuple[Operation, Caller, str, str, str], exchange: Exchange) -> Stem:
        if len(self._stems) >= STEMS:
            self._stems.clear()
        like = event(exchange, BLANK_ID)
        stem = Stem(msgspec.structs.replace(like, request_parameters=None, resources=(), request_id=BLANK_ID))
        self._stems[kind] = stem
        return stem


def called(
    operation: Operation, request: Request, call: Call, event_id: str, values: Mapping[str, Any], fault: Fault | None
) -> Event:
    """The record of an operation that sign-in calls for somebody, with these values."""
    exchange = Exchange(
        request, call.request_id, call.now, caller=call.caller, operation=operation, values=dict(values)
    )
    return event(exchange, event_id, fault=fault)


class _Told(NamedTuple):
    """What an event tells of an operation, whatever was asked of it. `region` is that of a service that has one."""

    source: str
    name: str
    region: str | None
    read_only: bool
    keeps_answer: bool
    assumed: tuple[str, str] | None


@cache
def _told(operation: Operation) -> _Told:
    service, name = operation.service.name, operation.name
    region = "us-east-1" if service == "iam" else None
    return _Told(
        source=f"{service}.amazonaws.com",
        name=name,
        region=region,
        read_only=read_only(name),
        keeps_answer=keeps_answer_to_itself(name),
        assumed=_ASSUMED.get(name),
    )


class _Second(NamedTuple):
    """A second in whole, as text, and when it is over; many events share one."""

    time: datetime
    text: str
    over: datetime


def _second(now: datetime) -> _Second:
    second = now.astimezone(UTC).replace(microsecond=0)
    return _Second(second, f"{second:%Y-%m-%dT%H:%M:%SZ}", second + timedelta(seconds=1))


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _parameters(operation: Operation, caller: Caller | Bearer, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request's parameters, and what the token of a bearer says in the place of further ones."""
    shown = request_parameters(operation, values)
    return {**caller.shown, **(shown or {})} if isinstance(caller, Bearer) else shown


def _is_of_console(caller: Caller | Bearer) -> bool:
    return isinstance(caller, Caller) and caller.session is not None and caller.session.console


def _resources(member: str, kind: str, values: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Whom an AssumeRole or AssumeRoot call is about: the resources that CloudTrail names for these services."""
    arn = values.get(member)
    return _assumed(kind, arn) if isinstance(arn, str) and len(arn) <= LONGEST_ARN else ()


@lru_cache(maxsize=1024)
def _assumed(kind: str, arn: str) -> tuple[Resource, ...]:
    if _is_account(arn):
        arn = f"arn:aws:iam::{arn}:root"
    parts = arn.split(":", 5)
    account = parts[4] if len(parts) > 4 else ""  # noqa: PLR2004  the ARN's account
    return (Resource(account_id=account, resource_type=kind, resource_arn=arn),)


def copies(event: Event, new_id: Callable[[], str]) -> tuple[Event, ...]:
    """The event, and its copy for the account of the role where that is another: it learns less of who came."""
    account = event.resources[0].account_id if event.resources else event.recipient_account_id
    if event.error_code is not None or account == event.recipient_account_id:
        return (event,)
    who, shared_event_id = event.user_identity, new_id()
    stranger = UserIdentity(type="AWSAccount", principal_id=who.principal_id, account_id=who.account_id)
    theirs = msgspec.structs.replace(
        event,
        user_identity=stranger,
        event_id=new_id(),
        recipient_account_id=account,
        shared_event_id=shared_event_id,
    )
    return msgspec.structs.replace(event, shared_event_id=shared_event_id), theirs
