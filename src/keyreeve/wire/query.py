"""The Query protocol's requests: from form parameters to the values of an operation's input.

Source: AWS Query protocol (Smithy, "AWS Query protocol", serialisation of inputs). Readers are built per operation when
it is first called. Work is bounded by the parameters that came: no index or depth that a client writes allocates.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from keyreeve.faults import MalformedInput
from keyreeve.wire import scalars
from keyreeve.wire.exchange import Request
from keyreeve.wire.model import Operation, Shape, snake

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 10_000
DEEPEST_NAME = 16
"""Parts of a parameter's name; the models go to 8. A deeper name is no parameter of any operation."""

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})").search
_INDEX = re.compile("[1-9][0-9]{0,8}").fullmatch
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search

Branch = dict[str, Any]
"""Parameters whose names begin alike: the next part of the name to the branch under it; under "" the value itself."""
Reader = Callable[[Branch], Any]


def is_form(request: Request) -> bool:
    """Whether the body says that it is a form, whatever the case and the parameters of its content type."""
    return (request.header("content-type") or "").partition(";")[0].strip().lower() == FORM


def form(request: Request) -> dict[str, str]:
    """The parameters: of the query for GET, of the body for everything else.

    Of one that a body repeats the first value holds. Raises MalformedInput for one that a query repeats, for bytes that
    are not UTF-8, broken escapes, characters that no XML answer could carry, and too many parameters.
    """
    raw = request.query.encode("latin-1") if request.method == "GET" else request.body
    if raw.count(b"&") >= MOST_PARAMETERS:
        raise MalformedInput("Too many parameters.")
    try:
        params: dict[str, str] = {}
        for pair in _allowed(raw.decode()).split("&"):
            name, _, value = pair.partition("=")
            if "%" in pair or "+" in pair:
                name, value = _decoded(name), _decoded(value)
            if name in params and request.method == "GET":
                # A signature covers a query without its order: which of two comes first would be anybody's choice.
                raise MalformedInput("The query holds a parameter twice.")
            if name:
                params.setdefault(name, value)
    except UnicodeDecodeError:
        raise MalformedInput("The request is not valid UTF-8.") from None
    return params


def _decoded(text: str) -> str:
    """A text without its escapes. Those are quoted-printable's but for their first character, and read in C as such."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _BAD_ESCAPE(text):
        raise MalformedInput("The request holds an incomplete percent escape.")
    return _allowed(a2b_qp(text.encode().replace(b"=", b"=3D").replace(b"%", b"=")).decode())


def _allowed(text: str) -> str:
    plain = text.isascii() and text.isprintable()  # looked at in a tenth of the time
    if not plain and _NOT_XML(text):
        raise MalformedInput("The request holds characters that are not allowed.")
    return text


def read(operation: Operation, params: Mapping[str, str]) -> dict[str, Any]:
    """The operation's input by member names in snake_case; absent members are absent, unknown parameters ignored.

    Raises MalformedInput for a value that cannot be read as its type. Constraints are `check`'s.
    """
    flat, deep = _readers(operation)
    values: dict[str, Any] = {}
    tree: Branch = {}
    for name, text in params.items():
        plain = flat.get(name)
        if plain is not None:
            member, scalar = plain
            values[member] = scalar(text)
        elif deep:
            _plant(tree, name, text, deep)
    for name, branch in tree.items():
        member, reader = deep[name]
        values[member] = reader(branch)
    return values


@cache
def _readers(
    operation: Operation,
) -> tuple[dict[str, tuple[str, Callable[[str], Any]]], dict[str, tuple[str, Reader]]]:
    """The input's members by parameter: the plain ones, and those whose names go on after a dot."""
    flat: dict[str, tuple[str, Callable[[str], Any]]] = {}
    deep: dict[str, tuple[str, Reader]] = {}
    for name, shape in operation.input.members.items() if operation.input else ():
        if shape.type in {"structure", "list", "map"}:
            deep[shape.wire_name(name)] = snake(name), _reader(shape)
        else:
            flat[shape.wire_name(name)] = snake(name), scalars.reader(shape)
    return flat, deep


def _plant(tree: Branch, name: str, value: str, wanted: Mapping[str, object]) -> None:
    """Put a parameter into the tree, if it belongs to a member that is wanted."""
    parts = name.split(".", DEEPEST_NAME)
    if parts[0] not in wanted or len(parts) > DEEPEST_NAME or "" in parts:
        return
    branch = tree
    for part in parts:
        branch = branch.setdefault(part, {})
    branch[""] = value


@cache
def _reader(shape: Shape) -> Reader:
    match shape.type:
        case "structure":
            return _structure(shape)
        case "list":
            return _list(shape)
        case "map":
            return _map(shape)
    scalar = scalars.reader(shape)
    return lambda branch: scalar(_text(branch))


def _text(branch: Branch) -> str:
    text: str | None = branch.get("")
    if text is None:
        raise MalformedInput("Start of structure or map found where not expected.")
    return text


def _structure(shape: Shape) -> Reader:
    names = {member.wire_name(name): (snake(name), member) for name, member in shape.members.items()}

    def read_structure(branch: Branch) -> dict[str, Any]:
        if "" in branch:
            raise MalformedInput("Unexpected complex element termination")
        return {member: _reader(names[name][1])(branch[name]) for name, (member, _) in names.items() if name in branch}

    return read_structure


def _list(shape: Shape) -> Reader:
    element = shape.member.location_name or "member"
    flattened = shape.flattened

    def read_list(branch: Branch) -> list[Any]:
        return [_reader(shape.member)(item) for item in _elements(branch, None if flattened else element)]

    return read_list


def _map(shape: Shape) -> Reader:
    key, value = shape.key.location_name or "key", shape.value.location_name or "value"
    flattened = shape.flattened

    def read_map(branch: Branch) -> dict[Any, Any]:
        read: dict[Any, Any] = {}
        for entry in _elements(branch, None if flattened else "entry"):
            if key not in entry or value not in entry:
                raise MalformedInput("A map entry needs a key and a value.")
            read.setdefault(_reader(shape.key)(entry[key]), _reader(shape.value)(entry[value]))
        return read

    return read_map


def _elements(branch: Branch, under: str | None) -> list[Branch]:
    """The branches of a list's elements in the order of their indices. An empty value alone is an empty list.

    Anything else under the list's name is refused: to overlook a part of it could widen what the request asks for.
    """
    children = {name: child for name, child in branch.items() if name}
    if branch.get("") or (not children and "" not in branch):
        raise MalformedInput("Unexpected list element termination")
    if under is not None and children:
        if children.keys() != {under} or "" in children[under]:
            raise MalformedInput("Unexpected list element termination")
        children = children[under]
    if not all(map(_INDEX, children)):
        raise MalformedInput("Start of list found where not expected")
    return [children[index] for index in sorted(children, key=int)]
