"""Scalars: texts on the wire to values and back.

Sources: Smithy "AWS Query protocol" and "timestampFormat"; integers as STS was seen to read them (signed, 32 bits,
`+900` and `0900` accepted, and a refusal without a sentence for what is no integer).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from msgspec.json import encode

from keyreeve.faults import MalformedInput
from keyreeve.wire.model import Shape

_DECIMAL = re.compile("[+-]?[0-9]{1,40}").fullmatch
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?|NaN|-?Infinity").fullmatch
_BITS = {"integer": 32, "long": 64}
_BOOLEANS = {"true": True, "false": False}


def reader(shape: Shape) -> Callable[[str], Any]:
    """What turns a parameter's text into a value of this scalar shape; it raises MalformedInput."""
    match shape.type:
        case "integer" | "long":
            return _integer_reader(1 << _BITS[shape.type] - 1)
        case "timestamp":
            return _timestamp_reader(shape.traits.get("timestampFormat", "iso8601"))
    return {"boolean": _boolean, "blob": _blob, "float": _float, "double": _float}.get(shape.type, str)


def _integer_reader(limit: int) -> Callable[[str], int]:
    def integer(text: str) -> int:
        if not text:
            raise MalformedInput("missing value for decimal type")
        if not _DECIMAL(text) or not -limit <= int(text) < limit:
            raise MalformedInput
        return int(text)

    return integer


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise MalformedInput
    return _BOOLEANS[text]


def _blob(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MalformedInput from None


def _float(text: str) -> float:
    if not _FLOAT(text):
        raise MalformedInput
    return float(text)


def _timestamp_reader(kind: str) -> Callable[[str], datetime]:
    formats: dict[str, Callable[[str], datetime]] = {
        "iso8601": datetime.fromisoformat,
        "rfc822": parsedate_to_datetime,
        "unixTimestamp": lambda text: datetime.fromtimestamp(_float(text), UTC),
    }
    read = formats[kind]

    def timestamp(text: str) -> datetime:
        try:
            moment = read(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise MalformedInput from None

    return timestamp


def writer(shape: Shape, name: str = "") -> Callable[[Any], str]:
    """What turns a value of this shape into text for an answer, not yet escaped. `name` is the member that holds it."""
    match shape.type:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "blob":
            return lambda value: b64encode(value).decode()
        case "float" | "double":
            return _written_float
        case "timestamp":
            kind = shape.traits.get("timestampFormat", "iso8601")
            # AWS was seen to write milliseconds here alone (last-accessed jobs).
            return _milliseconds if name == "JobCreationDate" else _TIMESTAMPS[kind]
    return str


def _written_float(value: float) -> str:
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(text := repr(float(value)), text)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _seconds(moment: datetime) -> str:
    return f"{encode(_utc(moment))[1:20].decode()}Z"  # several times as fast as isoformat


def _milliseconds(moment: datetime) -> str:
    return f"{_utc(moment).isoformat(timespec='milliseconds')[:23]}Z"


def epoch(moment: datetime) -> int | float:
    """Seconds since 1970, whole where they are."""
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


_TIMESTAMPS: dict[str, Callable[[datetime], str]] = {
    "iso8601": _seconds,
    "rfc822": lambda moment: format_datetime(_utc(moment), usegmt=True),
    "unixTimestamp": lambda moment: str(epoch(moment)),
}
