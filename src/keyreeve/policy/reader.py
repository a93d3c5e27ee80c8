"""JSON as policies need it: bounded, duplicate members refused, numbers kept as they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from keyreeve.policy.places import Path, Place, PolicyError, Span, at, spans

LONGEST_TEXT = 2**20
"""Characters. The API takes 131,072; some AWS managed policies are longer with their white space."""

DEEPEST = 16
"""Levels of nesting; the grammar needs six."""

_NESTING = re.compile(r'(?:[^\[\]{}"]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))*+([\[\]{}]|\Z)', re.DOTALL)
"""All up to the next bracket in no string, or to the end. It matches anywhere, so no text makes it try again."""
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1, "": 0}

_STRINGS = re.compile(r'("(?:[^"\\]|\\.)*+")(?:[ \t\r\n]*:[ \t\r\n]*)?')  # a name with all that is before its value
_CONSTANTS = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?Infinity|NaN)')
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A JSON number as it was written: the policy language compares numbers by their text or by their value."""

    __slots__ = ()


class Refusals(NamedTuple):
    """How a kind of policy words the two refusals of reading (`not_json` and everything else about form)."""

    not_json: str
    syntax: str


class _DuplicateMember(Exception):
    """One object names a member twice. Which of the two counts would be a guess."""


class _Constant(Exception):
    """A NaN or Infinity, which Python's reader takes and JSON does not have."""


def read(text: str, refusals: Refusals) -> Any:
    """JSON value of `text`. Raises PolicyError when it is no JSON, too large, too deep, or names a member twice."""
    _refuse_hostile(text, refusals)
    try:
        value = _loaded(text, refusals, _VALUES)
    except _DuplicateMember:
        _refuse_lone_surrogates(text, _loaded(text, refusals, _PAIRS), refusals)  # only of JSON the members have places
        raise PolicyError(_named_twice(text), refusals.syntax) from None
    _refuse_lone_surrogates(text, value, refusals)
    return value


def _loaded(text: str, refusals: Refusals, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise PolicyError(at(text, error.pos), refusals.not_json) from None
    except _Constant:
        start = next(token.start() for token in _CONSTANTS.finditer(text) if token[1])
        raise PolicyError(at(text, start), refusals.not_json) from None


def _refuse_hostile(text: str, refusals: Refusals) -> None:
    if len(text) > LONGEST_TEXT:
        raise PolicyError(at(text, 0), refusals.syntax)
    if text.count("[") + text.count("{") <= DEEPEST:
        return  # too few to nest deeper, wherever they stand
    depth = 0
    for token in _NESTING.finditer(text):
        depth += _STEPS[token[1]]
        if depth > DEEPEST:
            raise PolicyError(at(text, token.start(1)), refusals.syntax)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _DuplicateMember
    return members


def _refuse_lone_surrogates(text: str, value: Any, refusals: Refusals) -> None:
    """Halves of characters could be written by nobody; they come raw or as escapes."""
    plain = text.isascii() and "\\u" not in text
    if not plain and _is_halved(value):
        start = next(token.start() for token in _STRINGS.finditer(text) if _is_halved(json.loads(token[1])))
        raise PolicyError(at(text, start), refusals.not_json)


def _is_halved(value: Any) -> bool:
    return _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)) is not None


def _no_constant(name: str) -> NoReturn:
    raise _Constant(name)


def _decoder(members: Callable[[list[tuple[str, Any]]], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=members, parse_int=Number, parse_float=Number, parse_constant=_no_constant
    )


_VALUES, _PAIRS = _decoder(_members), _decoder(list)
"""To make a decoder takes as long as to read a small policy."""


def _named_twice(text: str) -> Place:
    """Where the first member begins whose object has one of its name already."""
    names = {string.end(): string.start() for string in _STRINGS.finditer(text)}
    seen: set[Path] = set()
    again: list[Span] = []
    for span in spans(text):
        if span.path in seen:
            again.append(span)
        seen.add(span.path)
    first = min(again, key=lambda span: span.start)
    return at(text, names[first.start], first.path)
