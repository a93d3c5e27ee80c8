"""Plans: what a set of policies has to say about one action, sorted by what it can do.

Everything that hangs on policies and action alone is settled here, once; what is left are resources, conditions and
callers. A decision says nothing of the request, so that those of a plan are made here as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyreeve.policy.arn import Reach
from keyreeve.policy.decision import Decision
from keyreeve.policy.layer import Layer, Layers, Match, Matches
from keyreeve.policy.statement import Statement

Says = tuple[tuple[Reach, Decision], ...]
"""Statements: whether each applies, and what is decided if it alone does."""

Reaches = tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The statements about one action. None: no policy of that type bears on the request.

    `ceilings` must each allow: the levels of RCPs and SCPs, and the endpoint's policy, but for those that allow always.
    `gate` is the layer of a resource's policy that has to let everyone in, the caller's own account included;
    `ungranted` is decided where a resource's policy should have granted.
    """

    denies: Says
    ceilings: tuple[tuple[Decision, Matches], ...]
    gate: Layer | None
    ungranted: Decision
    resource: Matches
    identity: Says
    boundary: Reaches | None
    session: Reaches | None


# Looking a member up in its enum takes longer than comparing it; these are looked up once.
_RESOURCE, _TRUST, _IDENTITY = Layer.RESOURCE, Layer.TRUST, Layer.IDENTITY
_BOUNDARY, _SESSION = Layer.BOUNDARY, Layer.SESSION
_CEILINGS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL, Layer.ENDPOINT)
_OWN = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SERVICE_CONTROL)


def plan(layers: Layers, gate: Layer | None, action: str) -> Plan:
    """The plan of an action, as a request writes it."""
    action = action.lower()
    denies: list[Match] = []
    ceilings: list[tuple[Decision, Matches]] = []
    allows: dict[Layer, Matches] = {}
    for layer, held in layers:
        allowing: list[Match] = []
        for policy in held:
            about = policy.document.candidates(action)
            denies += [Match(layer, policy, each) for each in about.denies]
            allowing += [Match(layer, policy, each) for each in about.allows if _may_grant(layer, each)]
        if layer not in _CEILINGS:
            allows[layer] = tuple(allowing)
        elif not any(match.statement.always for match in allowing):
            ceilings.append((Decision("implicit_deny", layer), tuple(allowing)))
    return Plan(
        tuple((each.statement.applies, Decision("explicit_deny", each.layer, (each,))) for each in denies),
        tuple(ceilings),
        gate,
        Decision("implicit_deny", gate or _RESOURCE),
        allows.get(_TRUST, ()) or allows.get(_RESOURCE, ()),
        tuple((each.statement.applies, Decision("allowed", each.layer, (each,))) for each in allows[_IDENTITY]),
        _reaches(allows.get(_BOUNDARY)),
        _reaches(allows.get(_SESSION)),
    )


def _may_grant(layer: Layer, allow: Statement) -> bool:
    """An Allow that names principals has no place in a policy of one's own: it grants nothing."""
    return allow.principals is None or layer not in _OWN


def _reaches(bound: Matches | None) -> Reaches | None:
    return None if bound is None else tuple(each.statement.applies for each in bound)
