"""Request parameters and response elements: what CloudTrail shows of a call, and what nobody may read in a log.

Names are the model's with a lower first letter (`sAMLAssertionID`, `roleArn`), dates look like `Jul 18, 2014, 4:07:39
PM`, and what is larger than 100 KB is left out (CloudTrail User Guide, "CloudTrail record contents").
We differ: AWS keeps session tokens in the records of STS. A token is a live credential and is left out here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import msgspec

from keyreeve.events.event import Event, read_only
from keyreeve.wire.model import Operation, Shape, snake

LEFT_OUT = frozenset(
    {
        "AddPrivateKey",
        "AuthenticationCode1",
        "AuthenticationCode2",
        "Base32StringSeed",
        "ContextAssertion",
        "DecodedMessage",
        "EncodedMessage",
        "NewPassword",
        "OldPassword",
        "Password",
        "PrivateKey",
        "QRCodePNG",
        "SAMLAssertion",
        "SecretAccessKey",
        "ServiceCredentialSecret",
        "ServicePassword",
        "SessionToken",
        "TokenCode",
        "TradeInToken",
        "WebIdentityToken",
    }
)
"""Members that are secret, prove something, or hold what only their reader may see.

What the models call sensitive is left out besides, and a test holds that it stands here too.
"""

LARGEST = 100 * 1024
"""Bytes of request parameters, or of response elements, as JSON."""

OMITTED = {"omitted": True}
"""What stands in the place of what was too large, or held a private key where none belongs."""

MISPLACED = b"PRIVATE KEY-----"
"""How a private key in PEM begins and ends: some hand a whole bundle over where a certificate is wanted."""

_PLAIN = frozenset({str, int, float, bool})
"""Types that JSON has."""

_CREDENTIALS = frozenset({"GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken", "GetWebIdentityToken"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written(event: Event) -> bytes:
    """The event's record. What is too large for it, or holds a private key, is left out."""
    record = event.encode()
    if event.request_parameters is None and event.response_elements is None:
        return record
    if may_stand(record):
        return record
    return msgspec.structs.replace(
        event,
        request_parameters=_bounded(event.request_parameters),
        response_elements=_bounded(event.response_elements),
    ).encode()


def may_stand(record: bytes) -> bool:
    """Whether a record with parameters may be kept as it is."""
    return len(record) <= LARGEST and MISPLACED not in record


def request_parameters(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The handler's input as CloudTrail shows it; None when nothing is left to show."""
    return None if operation.input is None or not values else _structure(operation.input, values) or None


def response_elements(operation: Operation, result: Any) -> dict[str, Any] | None:
    """The handler's result as CloudTrail shows it; None for empty answers, and for reads that issue no credentials."""
    if result is None or operation.output is None or keeps_answer_to_itself(operation.name):
        return None
    return _structure(operation.output, result) or None


@cache
def keeps_answer_to_itself(name: str) -> bool:
    """Whether CloudTrail tells nothing of an operation's answer: those of reads that issue no credentials."""
    return read_only(name) and not name.startswith("Assume") and name not in _CREDENTIALS


def _bounded(shown: dict[str, Any] | None) -> dict[str, Any] | None:
    plain = msgspec.json.encode(shown)
    return dict(OMITTED) if len(plain) > LARGEST or MISPLACED in plain else shown


def _structure(shape: Shape, value: Any) -> dict[str, Any]:
    members = _members(shape)
    items = value.items() if isinstance(value, dict) else [(name, getattr(value, name, None)) for name in members]
    shown = {}
    for attribute, item in items:
        if item is None or (known := members.get(attribute)) is None:
            continue
        name, member = known
        if type(item) in _PLAIN:
            shown[name] = item
        elif (seen := _shown(member, item)) or not isinstance(seen, list | dict):
            shown[name] = seen
    return shown


def _shown(shape: Shape, value: Any) -> Any:
    """A value as JSON; empty for structures of which nothing may be shown."""
    if shape.type == "structure":
        return _structure(shape, value)
    if shape.type == "list":
        return [item if type(item) in _PLAIN else _shown(shape.member, item) for item in value]
    if shape.type == "map":
        return {key: item if type(item) in _PLAIN else _shown(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return java_date(value)
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)


@cache
def _members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """The members that may be shown, by attribute: CloudTrail's name and the shape."""
    return {
        snake(name): (name[0].lower() + name[1:], member)
        for name, member in shape.members.items()
        if name not in LEFT_OUT and not member.sensitive
    }


@lru_cache(maxsize=256)
def java_date(moment: datetime) -> str:
    """A date as AWS's Java services print it, in UTC."""
    moment = moment.astimezone(UTC)
    half = "AM" if moment.hour < 12 else "PM"  # noqa: PLR2004  noon
    day = f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    return f"{day}, {moment.hour % 12 or 12}:{moment.minute:02}:{moment.second:02} {half}"
