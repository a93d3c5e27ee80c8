"""vakt: each statement as a policy of rules in a memory storage, patterns as regular expressions.

Who holds a policy is a rule on the subject. Variables have the caller's value written in; what bounds is a guard more.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import vakt
from bench.decisions.timed import run
from vakt.rules import Any as Anything
from vakt.rules import AnyIn, Eq, In, Or, RegexMatch


def listed(given: Any) -> list[Any]:
    """A value or a list of values, as a list."""
    return given if isinstance(given, list) else [given]


def rule(pattern: str) -> Any:
    """A pattern as a rule."""
    pattern = pattern.replace("${aws:username}", "alice")
    if pattern == "*":
        return Anything()
    return RegexMatch(f"^{re.escape(pattern).replace(chr(92) + '*', '.*')}$") if "*" in pattern else Eq(pattern)


def condition(operator: str, values: list[Any]) -> Any:
    """A condition as a rule. Raises LookupError for an operator that the works do not use."""
    if operator == "Bool":
        return Eq(str(values[0]).lower() == "true")
    if operator == "StringEquals":
        return In(*values)
    if operator == "StringLike":
        return Or(*map(rule, values))
    raise LookupError(operator)


def guard(documents: list[tuple[str, dict[str, Any]]]) -> vakt.Guard:
    """A guard over policies by the name of their group."""
    storage = vakt.MemoryStorage()
    for group, document in documents:
        for number, statement in enumerate(listed(document["Statement"])):
            conditions = statement.get("Condition", {}).items()
            storage.add(
                vakt.Policy(
                    f"{group}/{number}",
                    actions=[rule(each) for each in listed(statement["Action"])],
                    resources=[rule(each) for each in listed(statement["Resource"])],
                    subjects=[{"policies": AnyIn(group)}],
                    effect=vakt.ALLOW_ACCESS if statement["Effect"] == "Allow" else vakt.DENY_ACCESS,
                    context={
                        key: condition(operator, listed(given))
                        for operator, keys in conditions
                        for key, given in keys.items()
                    },
                )
            )
    return vakt.Guard(storage, vakt.RulesChecker())


class Vakt:
    """The guards of a work."""

    def __init__(self, work: dict[str, Any]) -> None:
        limits = work["limits"]
        levels = [[limits["boundary"]], [limits["session"]], *limits["service_control"]] if limits else []
        self.guards = [
            guard([(str(number), each) for number, each in enumerate(work["policies"])]),
            *(guard([(f"all{number}", each) for number, each in enumerate(level)]) for level in levels),
        ]
        self.holders = work["holders"]

    def request(self, plain: dict[str, Any]) -> dict[str, Any]:
        """The members of an inquiry."""
        return {**plain, "subject": plain["principal"]["arn"]}

    def decide(self, request: dict[str, Any]) -> str:
        """Allowed if every guard allows."""
        groups = [*map(str, self.holders[request["subject"]]), "all0", "all1"]
        inquiry = vakt.Inquiry(
            action=request["action"],
            resource=request["resource"],
            subject={"policies": groups},
            context=request["context"],
        )
        return "allowed" if all(guard.is_allowed(inquiry) for guard in self.guards) else "denied"


if __name__ == "__main__":
    run("vakt", version("vakt"), Vakt)
