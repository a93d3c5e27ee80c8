"""Wildcards: `*` stands for any run of characters, `?` for exactly one.

A pattern is compiled once to a function that matches in bounded time, whatever its author wrote: plain patterns to
string comparisons, the others to the set of positions that can be reached, kept as the bits of one integer. No regular
expression is ever made from a policy. Source: IAM User Guide, "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class Wild(Enum):
    """A wildcard of a pattern. The `_IN_FIELD` forms never match a colon."""

    RUN = "*"
    ONE = "?"
    RUN_IN_FIELD = "* within a field"
    ONE_IN_FIELD = "? within a field"


Token = str | Wild
Matcher = Callable[[str], bool]

_WILD = {wild.value: wild for wild in (Wild.RUN, Wild.ONE)}
_PARTS = re.compile(r"(\*+|\?)")


def tokens(pattern: str) -> tuple[Token, ...]:
    """Literal runs and wildcards of a pattern. Asterisks beside each other are one: they stand for no more."""
    return tuple(_WILD.get(part[0], part) for part in _PARTS.split(pattern) if part)


class Patterns(NamedTuple):
    """Alternatives: whole texts, beginnings, and the rest. The first two take the same time however many there are.

    Each of the rest has the longest text that must be somewhere in what it covers: most are ruled out by that alone.
    """

    exact: frozenset[str]
    prefixes: tuple[str, ...]
    others: tuple[tuple[str, Matcher], ...]

    def match(self, text: str) -> bool:
        """Whether one of them covers the text."""
        if text in self.exact or text.startswith(self.prefixes):
            return True
        for needle, match in self.others:  # noqa: SIM110  there may be a thousand, and a loop takes half as long as any()
            if needle in text and match(text):
                return True
        return False


def alternatives(given: Iterable[Sequence[Token]]) -> Patterns:
    """Patterns of tokens, sorted by how they are matched."""
    exact: set[str] = set()
    prefixes: set[str] = set()
    others: list[tuple[str, Matcher]] = []
    for pattern in given:
        if all(isinstance(token, str) for token in pattern):
            exact.add(_literal(pattern))
        elif pattern[-1] is Wild.RUN and all(isinstance(token, str) for token in pattern[:-1]):
            prefixes.add(_literal(pattern[:-1]))
        else:
            others.append((needle(pattern), matcher(pattern)))
    return Patterns(frozenset(exact), tuple(sorted(prefixes)), tuple(others))


def _literal(pattern: Sequence[Token]) -> str:
    return "".join(token for token in pattern if isinstance(token, str))


def needle(pattern: Sequence[Token]) -> str:
    """The longest literal of a pattern."""
    return max((token for token in pattern if isinstance(token, str)), key=len, default="")


def matcher(pattern: Sequence[Token]) -> Matcher:
    """Matcher of tokens: whether they cover a text from its first to its last character."""
    wild = [token for token in pattern if isinstance(token, Wild)]
    if not wild:
        return _literal(pattern).__eq__
    if set(wild) == {Wild.RUN}:
        return _runs(_between_runs(pattern))
    return _reaching(tuple(pattern))


def _between_runs(pattern: Sequence[Token]) -> list[str]:
    parts = [""]
    for token in pattern:
        if isinstance(token, str):
            parts[-1] += token
        else:
            parts.append("")
    return parts


def _runs(parts: list[str]) -> Matcher:
    first, last = parts[0], parts[-1]
    middle = tuple(part for part in parts[1:-1] if part)
    if not middle and not last:
        return _everything if not first else lambda text: text.startswith(first)
    shortest = len(first) + len(last)

    def match(text: str) -> bool:
        if len(text) < shortest or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return match


def _everything(text: str) -> bool:  # noqa: ARG001  a matcher like the others
    return True


def _reaching(pattern: tuple[Token, ...]) -> Matcher:
    first = pattern[0] if isinstance(pattern[0], str) else ""
    last = pattern[-1] if isinstance(pattern[-1], str) else ""
    longest = needle(pattern)

    def match(text: str) -> bool:
        if longest not in text or not text.startswith(first) or not text.endswith(last):
            return False
        reached = 1  # bit n is set when the tokens so far can cover the first n characters
        for token in pattern:
            reached = _step(token, text, reached)
            if not reached:
                return False
        return bool(reached >> len(text) & 1)

    return match


def _step(token: Token, text: str, reached: int) -> int:
    if isinstance(token, str):
        return _past(token, text, reached)
    everywhere = (1 << len(text)) - 1
    if token is Wild.RUN:
        lowest = reached & -reached
        return (everywhere << 1 | 1) & -lowest
    if token is Wild.ONE:
        return (reached & everywhere) << 1
    passable = everywhere & ~_positions(text, ":")
    if token is Wild.ONE_IN_FIELD:
        return (reached & passable) << 1
    # The carry of the addition runs through each stretch without a colon (as in Myers' bit-vector matching).
    return (((reached & passable) + passable) ^ passable) | reached


_LONG = 64
"""Characters of a literal from which looking for it as a whole is cheaper than character by character."""


def _past(literal: str, text: str, reached: int) -> int:
    if len(literal) >= _LONG:
        return (reached & _positions(text, literal)) << len(literal)
    for character in literal:
        reached = (reached & _positions(text, character)) << 1
        if not reached:
            return 0
    return reached


@lru_cache(maxsize=1024)
def _positions(text: str, literal: str) -> int:
    """Where a literal begins in a text, one bit for each position."""
    bits = bytearray(len(text) // 8 + 1)
    at = text.find(literal)
    while at >= 0:
        bits[at >> 3] |= 1 << (at & 7)
        at = text.find(literal, at + 1)
    return int.from_bytes(bits, "little")
