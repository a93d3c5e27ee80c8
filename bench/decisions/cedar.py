"""Cedar by cedarpy: the policies rewritten in Cedar, parsed once to a PolicySet, with prepared entities.

Cedar has no wildcards in names of actions and entities, so that both come as texts of the context, and no variables in
patterns, so that these have the caller's values written in. A statement of more than a hundred patterns becomes several
policies. Who holds a policy is said as Cedar says it: the principal is in the policy's group. Boundaries, session
policies and SCPs are sets of their own that are asked in turn.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import cedarpy
from bench.decisions.timed import run

CHUNK = 100


def listed(given: Any) -> list[Any]:
    """A value or a list of values, as a list."""
    return given if isinstance(given, list) else [given]


def text(value: str) -> str:
    """A literal of Cedar."""
    return json.dumps(value.replace("${aws:username}", "alice"))


def any_of(attribute: str, patterns: list[str]) -> str:
    """Whether an attribute matches one of some patterns."""
    plain = [pattern for pattern in patterns if "*" not in pattern]
    tests = [f"{attribute} like {text(pattern)}" for pattern in patterns if "*" in pattern]
    if plain:
        tests.append(f"[{', '.join(map(text, plain))}].contains({attribute})")
    return f"({' || '.join(tests)})"


def condition(operator: str, key: str, values: list[Any]) -> str:
    """A condition. Raises LookupError for an operator that the works do not use."""
    attribute = f"context[{text(key)}]"
    if operator == "Bool":
        test = f"{attribute} == {str(values[0]).lower()}"
    elif operator in ("StringEquals", "StringLike"):
        test = any_of(attribute, [str(value) for value in values])
    else:
        raise LookupError(operator)
    return f"(context has {text(key)} && {test})"


def cedar(document: dict[str, Any], group: str) -> str:
    """A policy in Cedar."""
    return "\n".join(rule for statement in listed(document["Statement"]) for rule in rules(statement, group))


def rules(statement: dict[str, Any], group: str) -> list[str]:
    """A statement in Cedar."""
    effect = "permit" if statement["Effect"] == "Allow" else "forbid"
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    tests = [
        condition(operator, key, listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    if "*" not in resources:
        tests.insert(0, any_of("context.resource", resources))
    chunks = [actions[start : start + CHUNK] for start in range(0, len(actions), CHUNK)]
    return [
        f"{effect}(principal in {group}, action, resource) when"
        f" {{ {' && '.join([any_of('context.action', chunk), *tests])} }};"
        for chunk in chunks
    ]


class Cedar:
    """The sets of a work."""

    def __init__(self, work: dict[str, Any]) -> None:
        held = "\n".join(cedar(each, f'Policy::"{number}"') for number, each in enumerate(work["policies"]))
        limits = work["limits"]
        levels = [[limits["boundary"]], [limits["session"]], *limits["service_control"]] if limits else []
        bounds = ["\n".join(cedar(each, 'Policy::"all"') for each in level) for level in levels]
        self.sets = [cedarpy.PolicySet.from_str(found) for found in (held, *bounds)]
        self.entities = cedarpy.Entities.from_json_str(json.dumps(self._entities(work["holders"])))

    def _entities(self, holders: dict[str, list[int]]) -> list[dict[str, Any]]:
        return [
            {
                "uid": {"type": "User", "id": arn},
                "attrs": {},
                "parents": [{"type": "Policy", "id": str(number)} for number in (*held, "all")],
            }
            for arn, held in holders.items()
        ]

    def request(self, plain: dict[str, Any]) -> dict[str, Any]:
        """The request as Cedar has it."""
        return {
            "principal": {"type": "User", "id": plain["principal"]["arn"]},
            "action": {"type": "Action", "id": plain["action"]},
            "resource": {"type": "Resource", "id": plain["resource"]},
            "context": {**plain["context"], "action": plain["action"], "resource": plain["resource"]},
        }

    def decide(self, request: dict[str, Any]) -> str:
        """Allowed if every set allows."""
        for found in self.sets:
            if not cedarpy.is_authorized(request, found, self.entities).allowed:
                return "denied"
        return "allowed"


if __name__ == "__main__":
    run("cedarpy", version("cedarpy"), Cedar)
