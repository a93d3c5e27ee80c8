"""Verdicts: one action on one resource decided and told, and an action's resources taken together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

from keyreeve import policy
from keyreeve.iam.simulation.missing import missing
from keyreeve.iam.simulation.positions import positions
from keyreeve.operations import Context
from keyreeve.policy.arn import account_of
from keyreeve.policy.evaluate import bites

ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitDeny", "explicitDeny"

_WORDS = {"allowed": ALLOWED, "implicit_deny": IMPLICIT, "explicit_deny": EXPLICIT}
_STRICTEST_FIRST = (EXPLICIT, IMPLICIT, ALLOWED)
_IDENTITY, _RESOURCE, _BOUNDARY = "IAM Policy", "Resource Policy", "Permissions Boundary Policy"
_TYPES = {
    policy.Layer.IDENTITY: _IDENTITY,
    policy.Layer.RESOURCE: _RESOURCE,
    policy.Layer.TRUST: _RESOURCE,
    policy.Layer.BOUNDARY: _BOUNDARY,
}
"""The layers whose statements are shown, by the SourcePolicyType of their policies; those of SCPs never are."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who calls under which policies, with what context; `owner` has the resources whose ARN names no account."""

    principal: policy.Principal
    policies: policy.Policies
    context: Context
    owner: str | None = None

    def without_resource_policy(self) -> Scene:
        """The same without the resource's policy."""
        return replace(self, policies=replace(self.policies, resource=None))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one action on one resource.

    `details` has the decision by type of policy, across accounts only; None where nothing is said of it. `boundary` and
    `organizations` are None where there is none.
    """

    resource: str
    decision: str
    matched: tuple[policy.Match, ...]
    missing: tuple[str, ...]
    details: Mapping[str, str] | None
    boundary: bool | None
    organizations: bool | None


def verdict(scene: Scene, action: str, resource: str) -> Verdict:
    """Decide an action on a resource, and tell what contributed."""
    owner = account_of(resource) or scene.owner
    asked = policy.Request(scene.principal, action, resource, scene.context, resource_account=owner)
    policies = scene.policies
    decision = policy.decide(asked, policies)
    trace = [Said(match, bites(match, asked, policies)) for match in _about(asked.action, policies)]
    boundary = None if policies.boundary is None else _of(trace, (policies.boundary,)) == ALLOWED
    levels = [_of(trace, level) == ALLOWED for level in policies.service_control]
    return Verdict(
        resource=resource,
        decision=_WORDS[decision.verdict],
        matched=_matched(decision, trace),
        missing=missing((said.match for said in trace if said.match.layer in _TYPES), asked, policies),
        details=None if levels and not all(levels) else _details(trace, policies, asked),
        boundary=boundary,
        organizations=all(levels) if levels else None,
    )


class Said(NamedTuple):
    """A statement about the action, and whether it applies as a whole: asked by the evaluator's own code."""

    match: policy.Match
    applies: bool


def _about(action: str, policies: policy.Policies) -> Iterator[policy.Match]:
    """The statements about an action, as they stand in their policies."""
    for layer, held in policies.layers():
        for each in held:
            found = each.document.candidates(action.lower())
            ordered = sorted((*found.denies, *found.allows), key=lambda statement: statement.index)
            yield from (policy.Match(layer, each, statement) for statement in ordered)


def _of(trace: Iterable[Said], held: Collection[policy.Policy]) -> str:
    """What some of the policies say by themselves."""
    chosen = frozenset(held)
    effects = {said.match.statement.effect for said in trace if said.applies and said.match.policy in chosen}
    return EXPLICIT if "Deny" in effects else ALLOWED if "Allow" in effects else IMPLICIT


def _matched(decision: policy.Decision, trace: Iterable[Said]) -> tuple[policy.Match, ...]:
    """The statements that brought the decision about: of an explicit deny the denying ones alone."""
    if decision.verdict == "implicit_deny":
        return ()
    if decision.verdict == "explicit_deny":
        return tuple(match for match in decision.because if match.layer in _TYPES)
    return tuple(said.match for said in trace if said.applies and said.match.layer in _TYPES)


def _details(trace: Iterable[Said], policies: policy.Policies, asked: policy.Request) -> Mapping[str, str] | None:
    own, owner = asked.principal.account_id, asked.resource_account
    if own is None or owner in {None, own}:
        return None if asked.resource == "*" else {}
    resource = () if policies.resource is None else (policies.resource,)
    details = {_IDENTITY: _of(trace, policies.identity), _RESOURCE: _of(trace, resource)}
    if policies.boundary is not None:
        details[_BOUNDARY] = _of(trace, (policies.boundary,))
    return details


def result(action: str, verdicts: list[Verdict]) -> dict[str, Any]:
    """An EvaluationResult: an action on all resources, of which the strictest decision stands."""
    decision = _strictest(each.decision for each in verdicts)
    names = dict.fromkeys(each.resource for each in verdicts)
    matched = (match for each in verdicts if each.decision == decision for match in each.matched)
    details = [each.details for each in verdicts if each.details is not None]
    return {
        "eval_action_name": action,
        "eval_resource_name": next(iter(names)) if len(names) == 1 else "*",
        "eval_decision": decision,
        "matched_statements": _statements(dict.fromkeys(matched)),
        "missing_context_values": tuple(dict.fromkeys(key for each in verdicts for key in each.missing)),
        "organizations_decision_detail": _all("allowed_by_organizations", [each.organizations for each in verdicts]),
        "permissions_boundary_decision_detail": _all(
            "allowed_by_permissions_boundary", [each.boundary for each in verdicts]
        ),
        "eval_decision_details": reduce(_stricter, details) if details else None,
        "resource_specific_results": None if list(names) == ["*"] else [_specific(each) for each in verdicts],
    }


def _specific(found: Verdict) -> dict[str, Any]:
    return {
        "eval_resource_name": found.resource,
        "eval_resource_decision": found.decision,
        "matched_statements": _statements(found.matched),
        "missing_context_values": found.missing,
        "eval_decision_details": found.details,
        "permissions_boundary_decision_detail": _all("allowed_by_permissions_boundary", [found.boundary]),
    }


def _strictest(words: Iterable[str]) -> str:
    return min(words, key=_STRICTEST_FIRST.index)


def _stricter(one: Mapping[str, str], other: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _strictest(each[name] for each in (one, other) if name in each) for name in {**one, **other}}


def _all(member: str, answers: list[bool | None]) -> dict[str, bool] | None:
    known = [answer for answer in answers if answer is not None]
    return {member: all(known)} if known else None


def _statements(matches: Iterable[policy.Match]) -> list[dict[str, Any]]:
    shown = []
    for match in matches:
        start, end = positions(match.policy.document.text)[match.statement.index]
        shown.append(
            {
                "source_policy_id": match.policy.name,
                "source_policy_type": _TYPES[match.layer],
                "start_position": start,
                "end_position": end,
            }
        )
    return shown
