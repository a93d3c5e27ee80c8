"""Places in a policy's text: where a refusal or a deciding statement stands, as path, line and column.

Policies are read by the fast JSON reader; this scanner runs only when a place is asked for. It expects JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s,:\[\]{}]+')


class Place(NamedTuple):
    """A place in a policy's text. Line and column count from 1; 0 where the text has no such place."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.line else ""
        return ", ".join(part for part in (self.path, where) if part)


class Span(NamedTuple):
    """A value of the document: its path and where its text starts and ends."""

    path: Path
    start: int
    end: int


class PolicyError(Exception):
    """A policy document is refused. `sentence` is AWS's, `place` is where the document breaks the rule."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place
        self.sentence = sentence


def place(text: str, path: Path) -> Place:
    """Place of the value at `path`, or of the nearest value around it that exists."""
    starts = {span.path: span.start for span in spans(text)}
    known = path
    while known and known not in starts:
        known = known[:-1]
    return at(text, starts.get(known, 0), path)


def at(text: str, offset: int, path: Path = ()) -> Place:
    """Place of a character offset."""
    line = text.count("\n", 0, offset) + 1
    return Place(written(path), line, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def written(path: Path) -> str:
    """A path as people write it: `Statement[0].Action`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def spans(text: str) -> Iterator[Span]:
    """Every value of JSON text, inner ones before the ones around them."""
    _, found = _value(text, _skip(text, 0), ())
    yield from found


def _skip(text: str, offset: int) -> int:
    blank = _BLANK.match(text, offset)
    return blank.end() if blank else offset


def _value(text: str, start: int, path: Path) -> tuple[int, list[Span]]:
    opening = text[start : start + 1]
    if opening == "{":
        end, inner = _members(text, start, path)
    elif opening == "[":
        end, inner = _items(text, start, path)
    else:
        end, inner = _scalar_end(text, start), []
    return end, [*inner, Span(path, start, end)]


def _scalar_end(text: str, start: int) -> int:
    scalar = _SCALAR.match(text, start)
    return scalar.end() if scalar else start + 1


def _members(text: str, start: int, path: Path) -> tuple[int, list[Span]]:
    found: list[Span] = []
    offset = _skip(text, start + 1)
    while text[offset : offset + 1] == '"':
        end = _scalar_end(text, offset)
        name = json.loads(text[offset:end])
        offset = _skip(text, _skip(text, end) + 1)
        end, inner = _value(text, offset, (*path, name))
        found += inner
        offset = _skip(text, end)
        if text[offset : offset + 1] == ",":
            offset = _skip(text, offset + 1)
    return offset + 1, found


def _items(text: str, start: int, path: Path) -> tuple[int, list[Span]]:
    found: list[Span] = []
    offset = _skip(text, start + 1)
    index = 0
    while offset < len(text) and text[offset] != "]":
        end, inner = _value(text, offset, (*path, index))
        found += inner
        index += 1
        offset = _skip(text, end)
        if text[offset : offset + 1] == ",":
            offset = _skip(text, offset + 1)
    return offset + 1, found
