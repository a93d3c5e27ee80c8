"""Actions: the Action and NotAction elements, compared without regard to case.

Patterns stand under their service, so that a policy with a thousand of them looks at the few that can match.
Source: IAM User Guide, "IAM JSON policy elements: Action".
"""

from __future__ import annotations

from typing import NamedTuple

from keyreeve.policy.wildcard import Patterns, alternatives, tokens


class Actions(NamedTuple):
    """A list of actions, in lower case, by service; patterns that several services can match stand in `loose`."""

    by_service: dict[str, Patterns]
    loose: Patterns

    def match(self, action: str) -> bool:
        """Whether an action, in lower case, is listed."""
        found = self.by_service.get(action.partition(":")[0])
        return (found is not None and found.match(action)) or self.loose.match(action)


def actions(listed: tuple[str, ...]) -> Actions:
    """Actions compiled from their text."""
    sorted_out: dict[str, set[str]] = {}
    for text in {text.lower() for text in listed}:
        service, colon, _ = text.partition(":")
        single = colon and "*" not in service and "?" not in service
        sorted_out.setdefault(service if single else "", set()).add(text)
    compiled = {service: alternatives(tokens(text) for text in sorted(found)) for service, found in sorted_out.items()}
    return Actions(compiled, compiled.pop("", alternatives(())))
