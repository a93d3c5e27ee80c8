"""Work: what a simulation costs before it is done. One thread answers everybody, so that a page has a bound.

A unit is about a microsecond: a pattern or value that is compared with a short text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyreeve import policy
from keyreeve.iam.simulation.verdicts import Scene

PAGE = 200_000
"""Units of one page. It ends early where the rest would cost more: IAM may return fewer results than MaxItems."""

_STATEMENT = 25
"""Units of a statement about the action, which may be written into the answer."""

_LINE = 64
"""Characters that are compared in a unit."""


class Work:
    """The cost of actions in a scene, on all of the resources."""

    def __init__(self, scene: Scene, resources: Iterable[str]) -> None:
        documents = (each.document for _, held in scene.policies.layers() for each in held)
        self._documents = list(documents)
        self._looking = sum(_looking(each) for document in self._documents for each in document.statements)
        given = max((len(text) for text in _texts(scene.context)), default=0)
        self._lines = [1 + max(given, len(resource)) // _LINE for resource in resources]

    def of(self, action: str) -> int:
        """Units for one action."""
        found = (document.candidates(action.lower()) for document in self._documents)
        about = [each for candidates in found for statements in candidates for each in statements]
        written = len(self._lines) * _STATEMENT * (1 + len(about))
        return self._looking + written + sum(self._lines) * sum(_compared(each) for each in about)


def _looking(statement: policy.Statement) -> int:
    """Finding out whether a statement is about an action."""
    return 1 + (len(statement.actions) + len(statement.not_actions)) // 4


def _compared(statement: policy.Statement) -> int:
    conditions = sum(1 + len(condition.values) for condition in statement.conditions)
    return len(statement.resources) + len(statement.not_resources) + conditions


def _texts(context: policy.Context) -> Iterator[str]:
    for value in context.values():
        yield from (value,) if isinstance(value, str) else value
