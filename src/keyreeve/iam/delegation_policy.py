"""The policy of a delegation request: what it asks for in plain words, and whether somebody has that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from keyreeve import policy
from keyreeve.access import context
from keyreeve.access.gather import Gathering
from keyreeve.entities import DelegationRequest
from keyreeve.operations import Call
from keyreeve.policy.wildcard import matcher, tokens

LONGEST_SUMMARY = 10_000
_CUT = "\n…"

_ALLOWED, _DENIED, _UNSURE = "ALLOWED", "DENIED", "UNSURE"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(text: str) -> list[dict[str, Any]]:
    return _listed(json.loads(text)["Statement"])


def restrictions(text: str) -> list[str]:
    """The permissions boundaries that a policy demands of the roles it lets make."""
    found = [
        value
        for statement in _statements(text)
        if statement["Effect"] == "Allow" and _makes_roles(statement)
        for keys in statement.get("Condition", {}).values()
        for key, values in keys.items()
        if key.lower() == "iam:permissionsboundary"
        for value in _listed(values)
    ]
    return sorted(set(found))


def _makes_roles(statement: dict[str, Any]) -> bool:
    return any(matcher(tokens(action.lower()))("iam:createrole") for action in _listed(statement.get("Action", [])))


# In plain words.


def summary(request: DelegationRequest) -> str:
    """What the request asks for, a line for each statement and each of its conditions."""
    hours, minutes = divmod(request.session_duration // 60, 60)
    lasting = " and ".join(
        f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in ((hours, "hour"), (minutes, "minute")) if count
    )
    lines = [f"{request.requestor_name} asks for temporary access to this account, for {lasting}."]
    for statement in _statements(request.permission_policy):
        lines += _lines(statement)
    text = "\n".join(lines)
    return text if len(text) <= LONGEST_SUMMARY else text[: LONGEST_SUMMARY - len(_CUT)] + _CUT


def _lines(statement: dict[str, Any]) -> Iterator[str]:
    verb = "Allows" if statement["Effect"] == "Allow" else "Does not allow"
    actions = _said(statement, "Action", "all actions")
    yield f"- {verb} {actions} on {_said(statement, 'Resource', 'all resources')}"
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield f"  if {key} {operator} {' or '.join(map(str, _listed(values)))}"


def _said(statement: dict[str, Any], element: str, everything: str) -> str:
    if element in statement:
        values = _listed(statement[element])
        return everything if values == ["*"] else ", ".join(values)
    return f"{everything} except {', '.join(_listed(statement[f'Not{element}']))}"


# Whether the caller has it.


def check(call: Call, text: str) -> str:
    """Whether the caller's own policies cover what a policy allows: ALLOWED, DENIED, or UNSURE where that depends.

    Wildcards are compared as they are written: one that is as wide or wider covers another. What a condition or a
    denial of the caller's might take away is not followed up.
    """
    bound = call.account_id != call.site.management_account
    own = Gathering(call.tx, call.catalogue).all_of(call.caller, 0, bound=bound).gathered
    if _depends(own):
        return _UNSURE
    results = {_verdict(call, own, action, resource) for action, resource in _asked(text)}
    if _DENIED in results:
        return _DENIED
    return _UNSURE if _UNSURE in results else _ALLOWED


def _depends(own: policy.Policies) -> bool:
    """Whether a policy of the caller's denies anything, or asks for anything beyond action and resource."""
    control = (each for level in own.service_control for each in level)
    return any(
        statement.effect == "Deny" or statement.conditions
        for each in (*own.identity, *([own.boundary] if own.boundary else []), *(own.session or ()), *control)
        for statement in each.document.statements
    )


def _asked(text: str) -> Iterator[tuple[str, str]]:
    for statement in _statements(text):
        if statement["Effect"] == "Allow":
            for action in _listed(statement.get("Action", "*")):
                for resource in _listed(statement.get("Resource", "*")):
                    yield action, resource


def _verdict(call: Call, own: policy.Policies, action: str, resource: str) -> str:
    keys = context.of_caller(call.caller)
    asked = policy.Request(call.caller.principal, action, resource, keys, resource_account=call.caller.account_id)
    if policy.decide(asked, own).verdict == "allowed":
        return _ALLOWED
    wild = {"*", "?"}
    hopeless = not wild & set(action) and not own.plans[action].identity
    return _UNSURE if wild & set(action + resource) and not hopeless else _DENIED
