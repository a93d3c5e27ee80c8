"""Positions: where a matched statement stands in its policy's text.

As recorded, lines and columns count from 1 and stand just behind a token. A statement that is no member of a list
starts behind its `{`; the first of a list behind the `[`; those that follow, presumably, where the one before ends.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from keyreeve.policy.places import at, spans


class Position(NamedTuple):
    """A position, with the names of the model."""

    line: int
    column: int


@lru_cache(maxsize=64)
def positions(text: str) -> tuple[tuple[Position, Position], ...]:
    """Start and end of every statement of an accepted document."""
    found = {span.path: span for span in spans(text) if len(span.path) <= 2}  # noqa: PLR2004  ("Statement", index)
    whole = found["Statement",]
    if text[whole.start] == "{":
        return ((_position(text, whole.start + 1), _position(text, whole.end)),)
    start = whole.start + 1
    listed: list[tuple[Position, Position]] = []
    for index in range(len(found)):
        span = found.get(("Statement", index))
        if span is None:
            break
        listed.append((_position(text, start), _position(text, span.end)))
        start = span.end
    return tuple(listed)


def _position(text: str, offset: int) -> Position:
    place = at(text, offset)
    return Position(place.line, place.column)
