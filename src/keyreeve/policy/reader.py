"""JSON as policies need it: bounded, duplicate members refused, numbers kept as they were written."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from keyreeve.policy.places import Place, PolicyError, at

LONGEST_TEXT = 2**20
"""Characters. The API takes 131,072; some AWS managed policies are longer with their white space."""

DEEPEST = 16
"""Levels of nesting; the grammar needs six."""

_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A JSON number as it was written: the policy language compares numbers by their text or by their value."""

    __slots__ = ()


class Refusals:
    """How a kind of policy words the two refusals of reading (`not_json` and everything else about form)."""

    def __init__(self, not_json: str, syntax: str) -> None:
        self.not_json = not_json
        self.syntax = syntax


class _DuplicateMember(Exception):
    """One object names a member twice. Which of the two counts would be a guess."""


def read(text: str, refusals: Refusals) -> Any:
    """JSON value of `text`. Raises PolicyError when it is no JSON, too large, too deep, or names a member twice."""
    _refuse_hostile(text, refusals)
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
        _refuse_lone_surrogates(text, value)
    except _DuplicateMember as duplicate:
        raise PolicyError(_last_named(text, str(duplicate)), refusals.syntax) from None
    except json.JSONDecodeError as error:
        raise PolicyError(at(text, error.pos), refusals.not_json) from None
    except ValueError:
        raise PolicyError(Place(""), refusals.not_json) from None
    return value


def _refuse_hostile(text: str, refusals: Refusals) -> None:
    if len(text) > LONGEST_TEXT:
        raise PolicyError(Place(""), refusals.syntax)
    if text.count("[") + text.count("{") <= DEEPEST:
        return  # too few to nest deeper, wherever they stand
    depth = 0
    for token in _NESTING.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > DEEPEST:
            raise PolicyError(at(text, token.start()), refusals.syntax)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _DuplicateMember(name)
        members[name] = value
    return members


def _refuse_lone_surrogates(text: str, value: Any) -> None:
    """Halves of characters could be written by nobody; they come raw or as escapes."""
    plain = text.isascii() and "\\u" not in text
    if not plain and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _last_named(text: str, name: str) -> Place:
    offset = text.rfind(json.dumps(name, ensure_ascii=False))
    return at(text, offset, (name,)) if offset >= 0 else Place(name)
