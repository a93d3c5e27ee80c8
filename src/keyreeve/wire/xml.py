"""The Query protocol's answers as XML: a result written by walking its output shape, and error documents.

Writers are built per operation when it first answers: every tag, indent and member name is known by then, and what is
left to do is to take the values. The text of a frozen record is kept and used again: most of a listing was written
before. Source: recorded answers of IAM and STS (two-space indents, a final newline, empty lists as empty elements,
absent members left out).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import quote

from keyreeve.faults import Fault
from keyreeve.wire import scalars
from keyreeve.wire.fragments import Fragments
from keyreeve.wire.model import Operation, Shape
from keyreeve.wire.shown import Member, holds_secrets, members

DISPATCH = "http://webservices.amazon.com/AWSFault/2005-15-09"
"""The namespace of errors found before an operation is: unknown actions and versions."""

Write = Callable[[Any, str], bytes]
Element = Callable[[Any], str]

_TEXTS = frozenset({"string", "character"})

# All but what stands for itself: "&", "<", ">", carriage returns and what is no character of XML. One class is twice as
# fast as an alternation.
_SPECIAL = re.compile("[^\t\n -%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_has_special = _SPECIAL.search
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


def escape(text: str) -> str:
    """Text for an element's content. What XML 1.0 cannot carry at all becomes U+FFFD."""
    if _has_special(text):
        return _SPECIAL.sub(lambda found: _ESCAPES.get(found.group(), "\ufffd"), text)
    return text


@cache
def writer(operation: Operation, without: frozenset[str] = frozenset()) -> Write:
    """What writes the operation's answers: `write(result, request_id)` gives the body.

    A result is a dict or a record with the output's members in snake_case; the members it lacks, or has as None, are
    left out. `without` names members by the shape that holds them: "User.Tags" is left out, "User.Tags?" when empty.
    """
    head = f'<{operation.name}Response xmlns="{operation.service.namespace}">\n'
    tail = f"</RequestId>\n  </ResponseMetadata>\n</{operation.name}Response>\n"
    metadata = "  <ResponseMetadata>\n    <RequestId>"
    wrapper, output = operation.result_wrapper, operation.output
    if output is None:
        start = head + metadata
        return lambda _, request_id: f"{start}{request_id}{tail}".encode()
    plan = _Plan(without)
    content = plan.structure(output, wrapper, 1, keep=False) if wrapper else plan.content(output, 1)
    return lambda result, request_id: f"{head}{content(result)}{metadata}{request_id}{tail}".encode()


def error(namespace: str, fault: Fault, request_id: str) -> bytes:
    """The error document of a fault."""
    message = "" if fault.message is None else f"    <Message>{escape(fault.message)}</Message>\n"
    kind = "Sender" if fault.status < 500 else "Receiver"  # noqa: PLR2004  HTTP's server errors
    return (
        f'<ErrorResponse xmlns="{namespace}">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{fault.code}</Code>\n'
        f"{message}  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
    ).encode()


class _Plan:
    """How the shapes of one answer are written, each at its depth. Built as far as answers reach: shapes recur."""

    def __init__(self, without: frozenset[str]) -> None:
        self._without = without
        self._contents: dict[tuple[Shape, int], Element] = {}

    def element(self, member: Member, depth: int) -> Element:
        """What writes one member, with its tags."""
        shape, tag = member.shape, member.tag
        if member.unless_empty:
            element = self.element(member._replace(unless_empty=False), depth)
            return lambda value: element(value) if value else ""
        match shape.type:
            case "structure":
                return self.structure(shape, tag, depth)
            case "list":
                return self._list(shape, tag, depth)
            case "map":
                return self._map(shape, tag, depth)
        return _scalar(member, depth)

    def structure(self, shape: Shape, tag: str, depth: int, *, keep: bool = True) -> Element:
        """What writes a structure with its tags. `keep`: the text of records may be kept, but for secrets."""
        indent = "  " * depth
        first, last = f"{indent}<{tag}{_namespace(shape)}>\n", f"{indent}</{tag}>\n"
        empty = f"{indent}<{tag}{_namespace(shape)}/>\n"
        content = self.content(shape, depth + 1)

        def write(value: Any) -> str:
            inner = content(value)
            return f"{first}{inner}{last}" if inner else empty

        return Fragments(write) if keep and not holds_secrets(shape) else write

    def content(self, shape: Shape, depth: int) -> Element:
        """What writes a structure's members, without the structure's own tags."""
        key = shape, depth
        if key not in self._contents:
            self._contents[key] = self._members(shape, depth)
        return self._contents[key]

    def _members(self, shape: Shape, depth: int) -> Element:
        plan: list[tuple[str, str, str, Element | None]] = []

        def write(value: Any) -> str:
            if not plan:
                plan.extend(self._steps(shape, depth))
            get = value.get if type(value) is dict else partial(getattr, value)
            parts = []
            for name, first, last, element in plan:
                if (item := get(name, None)) is None:
                    continue
                if element is not None:
                    parts.append(element(item))
                elif _has_special(item):
                    parts.append(f"{first}{escape(item)}{last}")
                else:
                    parts.append(f"{first}{item}{last}")
            return "".join(parts)

        return write

    def _steps(self, shape: Shape, depth: int) -> Iterator[tuple[str, str, str, Element | None]]:
        """Each member's name with what writes it; None for a plain text, which stands between its two tags."""
        for member in members(shape, self._without):
            plain = member.shape.type in _TEXTS and not (member.encoded or member.unless_empty)
            yield member.name, *_tags(member, depth), None if plain else self.element(member, depth)

    def _list(self, shape: Shape, tag: str, depth: int) -> Element:
        if shape.flattened:
            each = self.element(Member("", tag, shape.member), depth)
            return lambda items: "".join(map(each, items))
        each = self.element(Member("", shape.member.location_name or "member", shape.member), depth + 1)
        return _around(tag, shape, depth, lambda items: map(each, items))

    def _map(self, shape: Shape, tag: str, depth: int) -> Element:
        inner = depth if shape.flattened else depth + 1
        key = self.element(Member("", shape.key.location_name or "key", shape.key), inner + 1)
        value = self.element(Member("", shape.value.location_name or "value", shape.value), inner + 1)
        indent = "  " * inner
        entry = tag if shape.flattened else "entry"

        def each(items: Mapping[Any, Any]) -> Iterable[str]:
            for name, item in items.items():
                yield f"{indent}<{entry}>\n{key(name)}{value(item)}{indent}</{entry}>\n"

        if shape.flattened:
            return lambda items: "".join(each(items))
        return _around(tag, shape, depth, each)


def _around(tag: str, shape: Shape, depth: int, each: Callable[[Any], Iterable[str]]) -> Element:
    """A collection with an element of its own, empty when the collection is."""
    indent = "  " * depth
    first, last = f"{indent}<{tag}{_namespace(shape)}>\n", f"{indent}</{tag}>\n"
    empty = f"{indent}<{tag}{_namespace(shape)}/>\n"
    return lambda items: f"{first}{''.join(each(items))}{last}" if items else empty


def _scalar(member: Member, depth: int) -> Element:
    shape = member.shape
    first, last = _tags(member, depth)
    if member.encoded:
        return lambda value: f"{first}{quote(value, safe='')}{last}"
    text = scalars.writer(shape, member.model_name)
    if shape.type in _TEXTS:
        return lambda value: f"{first}{escape(value)}{last}" if _has_special(value) else f"{first}{value}{last}"
    return lambda value: f"{first}{text(value)}{last}"


def _tags(member: Member, depth: int) -> tuple[str, str]:
    return f"{'  ' * depth}<{member.tag}{_namespace(member.shape)}>", f"</{member.tag}>\n"


def _namespace(shape: Shape) -> str:
    declared = shape.traits.get("xmlNamespace")
    if not isinstance(declared, dict):
        return ""
    prefix = f":{declared['prefix']}" if "prefix" in declared else ""
    return f' xmlns{prefix}="{declared["uri"]}"'
