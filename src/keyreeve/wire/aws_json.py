"""AWS's JSON protocol 1.1: from a body to the values of an operation's input, and answers and error documents back.

Sources: AWS JSON 1.1 protocol (Smithy, "AWS JSON 1.1 protocol"); the words of refusals as recorded of AWS's services.
Readers are built per operation when it is first called.
"""

from __future__ import annotations

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from keyreeve.faults import Fault, MalformedInput, RequestEntityTooLarge
from keyreeve.wire import json_answer, scalars
from keyreeve.wire.model import Operation, Shape, snake

CONTENT_TYPE = "application/x-amz-json-1.1"
TARGET = "x-amz-target"
"""The header that names the operation: the service's prefix, a dot, the operation."""

MOST_BYTES = 1 << 20
MOST_VALUES = 10_000
"""What a body may hold, as the Query protocol bounds parameters: it is read in the one thread that answers everybody.
The largest request that CloudTrail takes, 500 values of selectors, is within both.
"""

Reader = Callable[[Any], Any]
Write = Callable[[Any], bytes]

# What is said of authentication, dispatch and shape differs from the Query protocol in name, not in cause.
_CODES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MalformedInput": "SerializationException",
    "MissingAction": "UnknownOperationException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "RequestEntityTooLarge": "RequestEntityTooLargeException",
    "ServiceFailure": "InternalFailure",
    "ServiceUnavailable": "ServiceUnavailableException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "Throttling": "ThrottlingException",
    "ValidationError": "ValidationException",
}
_TOKENS = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    bool: "BOOLEAN_VALUE",
    dict: "START_OBJECT",
    list: "START_ARRAY",
    type(None): "NULL_VALUE",
}
_BITS = {"integer": 32, "long": 64}
_NAMED_FLOATS = frozenset({"NaN", "Infinity", "-Infinity"})
_FIRST_SERVER_ERROR = 500
_KEPT = frozenset({413})
"""Of the client's errors: AWS, "Common Errors", RequestEntityTooLargeException."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def read(operation: Operation, body: bytes) -> dict[str, Any]:
    """The operation's input by member names in snake_case; absent and null members are absent, unknown ones ignored.

    Raises RequestEntityTooLarge, and MalformedInput for what is no JSON object, names a member twice, or holds a value
    of another type or too many.
    """
    _bound(body)
    document = _parsed(body) if body else {}
    if not isinstance(document, dict):
        raise MalformedInput("Start of structure or map expected.")
    if operation.input is None:
        return {}
    values: dict[str, Any] = _reader(operation.input)(document)
    return values


def _bound(body: bytes) -> None:
    """Refuse what takes long to read, before it is. Every value follows a bracket or a comma, but for the outermost."""
    if len(body) > MOST_BYTES:
        raise RequestEntityTooLarge(f"A request has at most {MOST_BYTES} bytes.")
    if sum(map(body.count, (b"{", b"[", b","))) > MOST_VALUES:
        raise MalformedInput("The request holds too many values.")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedInput("The request is not valid JSON.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # We differ: AWS takes one of the two. Which one, a reader of the request could not know.
        raise MalformedInput("The request holds a member twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


@cache
def _reader(shape: Shape) -> Reader:
    """What turns a JSON value into a value of this shape."""
    if shape.traits.get("document"):
        return lambda value: value
    match shape.type:
        case "structure":
            return _structure(shape)
        case "list":
            return lambda items: [_present(shape.member, item) for item in _typed(items, list, "a List")]
        case "map":
            return lambda items: {
                _text(key): _present(shape.value, item) for key, item in _typed(items, dict, "a Map").items()
            }
    return _scalar(shape)


def _structure(shape: Shape) -> Reader:
    members = [(member.wire_name(name), snake(name), member) for name, member in shape.members.items()]

    def structure(value: Any) -> dict[str, Any]:
        found = _typed(value, dict, "a Structure")
        return {
            name: _reader(member)(found[tag])  # not before it is asked: shapes may recur
            for tag, name, member in members
            if found.get(tag) is not None
        }

    return structure


def _present(shape: Shape, value: Any) -> Any:
    if value is None:
        raise MalformedInput("NULL can not be an element of a collection")
    return _reader(shape)(value)


def _typed(value: Any, kind: type, words: str) -> Any:
    if type(value) is not kind:
        raise MalformedInput(f"{_TOKENS[type(value)]} can not be converted to {words}")
    return value


def _text(value: Any) -> str:
    text: str = _typed(value, str, "a String")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which is no character
        raise MalformedInput("The request holds characters that are not allowed.") from None
    return text


def _scalar(shape: Shape) -> Reader:
    match shape.type:
        case "boolean":
            return lambda value: _typed(value, bool, "a Boolean")
        case "blob":
            return _blob
        case "integer" | "long":
            return _integer(1 << _BITS[shape.type] - 1)
        case "float" | "double":
            return _float
        case "timestamp":
            return _timestamp(shape)
    return _text


def _integer(limit: int) -> Reader:
    def integer(value: Any) -> int:
        whole = int(value) if type(value) is float and value.is_integer() else _typed(value, int, "an Integer")
        if not -limit <= whole < limit:
            raise MalformedInput(f"Numeric value ({whole}) out of range")
        return int(whole)

    return integer


def _float(value: Any) -> float:
    if type(value) is str and value in _NAMED_FLOATS:
        return float(value)
    try:
        return float(value) if type(value) is int else float(_typed(value, float, "a Double"))
    except OverflowError:
        raise MalformedInput("Numeric value out of range") from None


def _blob(value: Any) -> bytes:
    try:
        return a2b_base64(_text(value), strict_mode=True)
    except (Base64Error, ValueError):
        raise MalformedInput("Invalid base64 in a blob") from None


def _timestamp(shape: Shape) -> Reader:
    if shape.traits.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
        of_text = scalars.reader(shape)
        return lambda value: of_text(_text(value))

    def timestamp(value: Any) -> datetime:
        try:
            return datetime.fromtimestamp(_float(value), UTC)
        except (ValueError, OverflowError, OSError):
            raise MalformedInput("Numeric value is no time") from None

    return timestamp


@cache
def writer(operation: Operation, without: frozenset[str] = frozenset()) -> Write:
    """What writes the operation's answers; results and `without` are as for `xml.writer`."""
    output = operation.output
    if output is None:
        return lambda _: b"{}"
    plain = json_answer.structure(output, without)
    return lambda result: _encode(plain({} if result is None else result)).encode()


def error(fault: Fault) -> bytes:
    """The error document of a fault."""
    shown = {"__type": code(fault)}
    if fault.message is not None:
        shown["message"] = fault.message
    return _encode(shown).encode()


def code(fault: Fault) -> str:
    """The name that the services of this protocol have for a fault."""
    return _CODES.get(fault.code, fault.code)


def status(fault: Fault) -> int:
    """The status that they answer it with: what is the caller's to change is 400, but for what is too large."""
    return fault.status if fault.status >= _FIRST_SERVER_ERROR or fault.status in _KEPT else 400
