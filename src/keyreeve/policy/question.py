"""What is asked and what is known: the request, and the policies that bear on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from keyreeve.policy.document import CACHED_ACTIONS, Document, Kind
from keyreeve.policy.memory import Remembered
from keyreeve.policy.places import Place
from keyreeve.policy.principal import Principal
from keyreeve.policy.statement import Statement
from keyreeve.policy.variables import Context


class Layer(StrEnum):
    """Types of policy that can decide, in the order of reporting; `ROOT` is the account root's own power."""

    RESOURCE_CONTROL = "resource_control"
    SERVICE_CONTROL = "service_control"
    RESOURCE = "resource"
    TRUST = "trust"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    ENDPOINT = "endpoint"
    SESSION = "session"
    ROOT = "root"


quickly = tuple.__new__
"""Makes a named tuple of its values in half the time of a call of its class; for where each request passes."""


class Request(NamedTuple):
    """One authorisation question.

    `action` is written as AWS writes it (`iam:GetUser`); `resource` is an ARN, or `*` for actions without resources.
    `context` has lower-case keys; a tuple marks a multivalued key. `resource_account` owns the resource; None means the
    account in the ARN or, where there is none, the caller's own.
    """

    principal: Principal
    action: str
    resource: str
    context: Context
    resource_account: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A named policy. `type` is the label that the caller of the engine gives; "trust" says a role's trust policy."""

    document: Document
    type: str
    name: str
    arn: str | None = None

    @property
    def is_trust(self) -> bool:
        """Whether this is a role's trust policy."""
        return self.type == "trust" or self.document.kind is Kind.TRUST


@dataclass(frozen=True, slots=True)
class Match:
    """A statement of a policy in its layer."""

    layer: Layer
    policy: Policy
    statement: Statement

    @property
    def place(self) -> Place:
        """Where the statement stands in the policy's text."""
        return self.policy.document.place(self.statement)


Matches = tuple[Match, ...]
Levels = tuple[tuple[Policy, ...], ...]
Layers = tuple[tuple[Layer, tuple[Policy, ...]], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The statements about one action, sorted by what they can do. None: no policy of that type bears on the request.

    `ceilings` must each allow: the levels of RCPs and SCPs, and the endpoint's policy, but for those that allow always.
    `gate` is the layer of a resource's policy that has to let everyone in, the caller's own account included.
    """

    denies: Matches
    ceilings: tuple[tuple[Layer, Matches], ...]
    gate: Layer | None
    resource: Matches
    identity: Matches
    boundary: Matches | None
    session: Matches | None


@dataclass(frozen=True, slots=True, eq=False)
class Policies:
    """Every policy that bears on a principal's requests.

    `service_control` and `resource_control` have one tuple of policies for each level from the organization's root to
    the account; no levels: the account is bound by none. `session` is None when the session was made without policies.
    `resource_must_allow` is for resources like KMS keys, where the resource's own policy has to let the account in.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    service_control: Levels = ()
    resource_control: Levels = ()
    endpoint: Policy | None = None
    resource_must_allow: bool = False
    _plans: Remembered[Plan] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trust = self.resource is not None and self.resource.is_trust
        gate = Layer.TRUST if trust else Layer.RESOURCE if self.resource_must_allow else None
        object.__setattr__(self, "_plans", Remembered(partial(_plan, self.layers(), gate), CACHED_ACTIONS))

    def plan(self, action: str) -> Plan:
        """The statements that are about an action; remembered, since the policies never change."""
        return self._plans[action]

    def layers(self) -> Layers:
        """Policies by type, each level of control policies by itself, in the order of reporting."""
        resource = Layer.TRUST if self.resource is not None and self.resource.is_trust else Layer.RESOURCE
        return (
            *((Layer.RESOURCE_CONTROL, level) for level in self.resource_control),
            *((Layer.SERVICE_CONTROL, level) for level in self.service_control),
            *_single(resource, self.resource),
            (Layer.IDENTITY, self.identity),
            *_single(Layer.BOUNDARY, self.boundary),
            *_single(Layer.ENDPOINT, self.endpoint),
            *(((Layer.SESSION, self.session),) if self.session is not None else ()),
        )


def _single(layer: Layer, policy: Policy | None) -> Layers:
    return () if policy is None else ((layer, (policy,)),)


# Looking a member up in its enum takes longer than comparing it; these are looked up once.
_RESOURCE, _TRUST, _IDENTITY = Layer.RESOURCE, Layer.TRUST, Layer.IDENTITY
_BOUNDARY, _SESSION = Layer.BOUNDARY, Layer.SESSION
_CEILINGS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL, Layer.ENDPOINT)
_OWN = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SERVICE_CONTROL)


def _plan(layers: Layers, gate: Layer | None, action: str) -> Plan:
    action = action.lower()
    denies: list[Match] = []
    ceilings: list[tuple[Layer, Matches]] = []
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
            ceilings.append((layer, tuple(allowing)))
    return Plan(
        tuple(denies),
        tuple(ceilings),
        gate,
        allows.get(_TRUST, ()) or allows.get(_RESOURCE, ()),
        allows[_IDENTITY],
        allows.get(_BOUNDARY),
        allows.get(_SESSION),
    )


def _may_grant(layer: Layer, allow: Statement) -> bool:
    """An Allow that names principals has no place in a policy of one's own: it grants nothing."""
    return allow.principals is None or layer not in _OWN
