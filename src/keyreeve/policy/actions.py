"""Actions: the Action and NotAction elements, compared without regard to case.

Patterns stand under their service, so that a policy with a thousand of them looks at the few that can match.
Source: IAM User Guide, "IAM JSON policy elements: Action".
"""

from __future__ import annotations

from typing import NamedTuple

from keyreeve.policy.wildcard import Matcher, glob


class Actions(NamedTuple):
    """A list of actions, in lower case. `patterns` are by service; those for several services stand in `loose`."""

    everything: bool
    exact: frozenset[str]
    patterns: dict[str, tuple[Matcher, ...]]
    loose: tuple[Matcher, ...]

    def match(self, action: str) -> bool:
        """Whether an action, in lower case, is listed."""
        if self.everything or action in self.exact:
            return True
        service = action.partition(":")[0]
        return any(match(action) for match in (*self.patterns.get(service, ()), *self.loose))


def actions(listed: tuple[str, ...]) -> Actions:
    """Actions compiled from their text."""
    lowered = {text.lower() for text in listed}
    wild = {text for text in lowered if "*" in text or "?" in text}
    patterns: dict[str, tuple[Matcher, ...]] = {}
    loose: list[Matcher] = []
    for text in sorted(wild - {"*"}):
        service, colon, _ = text.partition(":")
        if not colon or "*" in service or "?" in service:
            loose.append(glob(text))
        else:
            patterns[service] = (*patterns.get(service, ()), glob(text))
    return Actions("*" in wild, frozenset(lowered - wild), patterns, tuple(loose))
