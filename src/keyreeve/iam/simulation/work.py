"""Work: what a simulation costs before it is done. One thread answers everybody, so that a page has a bound.

A unit is about a microsecond: a pattern or value that is compared with a short text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keyreeve import policy
from keyreeve.iam.simulation.verdicts import Scene

PAGE = 200_000
"""Units of one page. It ends early where the rest would cost more: IAM may return fewer results than MaxItems."""

_STATEMENT = 25
"""Units of a statement about the action, which may be written into the answer."""

_LINE = 64
"""Characters that are compared in a unit."""

_WILDCARDS = 4
"""Wildcards that are tried in a unit, however long the text is."""

_VARIABLE = 12
"""Units of a variable: its value is put in for each request."""


class _Weight(NamedTuple):
    """Units of comparing patterns: `lines` for each line of the text, `tries` for each text."""

    lines: int
    tries: int


class Work:
    """The cost of actions in a scene, on all of the resources."""

    def __init__(self, scene: Scene, resources: Iterable[str]) -> None:
        self._documents = [each.document for _, held in scene.policies.layers() for each in held]
        statements = [each for document in self._documents for each in document.statements]
        self._looking = sum(map(_looking, statements))
        self._compared = {id(each): _compared(each) for each in statements}
        given = max((len(text) for text in _texts(scene.context)), default=0)
        lines = [1 + max(given, len(resource)) // _LINE for resource in resources]
        self._resources, self._lines = len(lines), sum(lines)

    def of(self, action: str) -> int:
        """Units for one action."""
        found = (document.candidates(action.lower()) for document in self._documents)
        about = [self._compared[id(each)] for candidates in found for held in candidates for each in held]
        written = self._resources * _STATEMENT * (1 + len(about))
        compared = sum(self._lines * each.lines + self._resources * each.tries for each in about)
        return self._looking + written + compared


def _looking(statement: policy.Statement) -> int:
    """Finding out whether a statement is about an action."""
    found = _weight(statement.actions, statement.not_actions)
    return 1 + found.lines // 4 + found.tries


def _compared(statement: policy.Statement) -> _Weight:
    values = [condition.values for condition in statement.conditions]
    found = _weight(statement.resources, statement.not_resources, *values)
    return _Weight(found.lines + len(values), found.tries)


def _weight(*patterns: Iterable[str]) -> _Weight:
    lines = tries = 0
    for each in patterns:
        for text in each:
            lines += 1 + len(text) // _LINE
            tries += (text.count("*") + text.count("?")) // _WILDCARDS + _VARIABLE * text.count("${")
    return _Weight(lines, tries)


def _texts(context: policy.Context) -> Iterator[str]:
    for value in context.values():
        yield from (value,) if isinstance(value, str) else value
