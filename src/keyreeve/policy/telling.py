"""Explanations as JSON, for programs: what `keyreeve decide --json` prints and DecodeAuthorizationMessage gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keyreeve.policy.denial import denial
from keyreeve.policy.explain import Compared, Explanation, Traced
from keyreeve.policy.layer import Match


def told(found: Explanation) -> dict[str, Any]:
    """The explanation as JSON."""
    decision = found.decision
    return {
        "verdict": decision.verdict,
        "layer": decision.layer.value,
        "sentence": None if decision.verdict == "allowed" else denial(found.request, decision),
        "because": [_match(match) for match in decision.because],
        "missing_keys": list(found.missing_keys),
        "statements": [_traced(each) for each in found.trace],
    }


def _match(match: Match) -> dict[str, Any]:
    place = match.place
    return {
        "layer": match.layer.value,
        "policy": match.policy.name,
        "effect": match.statement.effect,
        "sid": match.statement.sid,
        "path": place.path,
        "line": place.line,
        "column": place.column,
    }


def _traced(traced: Traced) -> dict[str, Any]:
    return {
        **_match(traced.match),
        "applies": traced.applies,
        "action": traced.action,
        "resource": traced.resource,
        "principal": None if traced.principal is None else traced.principal.value,
        "conditions": list(_conditions(traced.conditions)),
    }


def _conditions(given: Iterable[Compared]) -> Iterable[dict[str, Any]]:
    for each in given:
        yield {
            "operator": each.condition.operator,
            "key": each.condition.key,
            "values": list(each.condition.values),
            "given": list(each.given) if isinstance(each.given, tuple) else each.given,
            "holds": each.holds,
        }
