"""The Query protocol's answers as JSON, for callers that ask with `Accept: application/json`.

Source: recorded answers of STS. The elements are those of the XML, lists are arrays, maps objects, and times seconds
since 1970; members are in alphabetical order.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from functools import cache, partial
from math import isfinite
from typing import Any
from urllib.parse import quote

from keyreeve.faults import Fault
from keyreeve.wire import scalars
from keyreeve.wire.exchange import Request
from keyreeve.wire.model import Operation, Shape
from keyreeve.wire.scalars import epoch
from keyreeve.wire.shown import Member, members

CONTENT_TYPE = "application/json"

Write = Callable[[Any, str], bytes]
Plain = Callable[[Any], Any]

_encode = json.JSONEncoder(separators=(",", ":")).encode


def wanted(request: Request) -> bool:
    """Whether the request asks for JSON: it names it, and no XML, among what it accepts."""
    accepted = request.header("accept")
    if accepted is None or CONTENT_TYPE not in accepted.lower():
        return False
    kinds = {kind.partition(";")[0].strip().lower() for kind in accepted.split(",")}
    return CONTENT_TYPE in kinds and not kinds & {"text/xml", "application/xml"}


@cache
def writer(operation: Operation, without: frozenset[str] = frozenset()) -> Write:
    """What writes the operation's answers, as `xml.writer` does."""
    output, wrapper = operation.output, operation.result_wrapper
    plain = structure(output, without) if output is not None else None

    def write(result: Any, request_id: str) -> bytes:
        body: dict[str, Any] = {}
        if plain is not None:
            content = plain(result)
            body = {wrapper: content} if wrapper else content
        body["ResponseMetadata"] = {"RequestId": request_id}
        return _encode({f"{operation.name}Response": body}).encode()

    return write


def error(fault: Fault, request_id: str) -> bytes:
    """The error document of a fault."""
    shown = {"Code": fault.code}
    if fault.message is not None:
        shown["Message"] = fault.message
    shown["Type"] = "Sender" if fault.status < 500 else "Receiver"  # noqa: PLR2004  HTTP's server errors
    return _encode({"Error": shown, "RequestId": request_id}).encode()


@cache
def structure(shape: Shape, without: frozenset[str]) -> Plain:
    """What turns a structure (a dict or a record) into what JSON has; `without` is as for `xml.writer`."""
    shown = sorted(members(shape, without), key=lambda member: member.tag)

    def plain(value: Any) -> dict[str, Any]:
        known = isinstance(value, dict)
        body = {}
        for member in shown:
            item = value.get(member.name) if known else getattr(value, member.name, None)
            if item is not None and (item or not member.unless_empty):
                body[member.tag] = _member(member, without)(item)
        return body

    return plain


@cache
def _member(member: Member, without: frozenset[str]) -> Plain:
    shape = member.shape
    if shape.traits.get("document"):
        return _itself
    match shape.type:
        case "structure":
            return structure(shape, without)
        case "list":
            each = _member(Member("", "", shape.member), without)
            return lambda items: [each(item) for item in items]
        case "map":
            value = _member(Member("", "", shape.value), without)
            return lambda items: {str(key): value(item) for key, item in items.items()}
    return partial(quote, safe="") if member.encoded else _scalar(shape)


def _scalar(shape: Shape) -> Plain:
    match shape.type:
        case "timestamp":
            given = shape.traits.get("timestampFormat", "unixTimestamp")
            return epoch if given == "unixTimestamp" else scalars.writer(shape)
        case "float" | "double":
            # JSON has no word for what is not a finite number.
            return lambda value: value if isfinite(value) else scalars.writer(shape)(value)
        case "blob":
            return lambda octets: b64encode(octets).decode()
    return _itself


def _itself(value: Any) -> Any:
    return value
