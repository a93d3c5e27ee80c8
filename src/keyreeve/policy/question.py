"""What is asked and what is known: the request, and the policies that bear on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from keyreeve.policy.document import CACHED_ACTIONS, Candidates, Document, Kind
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


class Match(NamedTuple):
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


class Plan(NamedTuple):
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
    _plans: dict[str, Plan] = field(default_factory=dict, init=False, repr=False)

    def plan(self, action: str) -> Plan:
        """The statements that are about an action; remembered, since the policies never change."""
        found = self._plans.get(action)
        if found is None:
            found = _plan(self, action.lower())
            if len(self._plans) >= CACHED_ACTIONS:
                self._plans.clear()
            self._plans[action] = found
        return found

    def layers(self) -> tuple[tuple[Layer, tuple[Policy, ...]], ...]:
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


def _single(layer: Layer, policy: Policy | None) -> tuple[tuple[Layer, tuple[Policy, ...]], ...]:
    return () if policy is None else ((layer, (policy,)),)


_CEILINGS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL, Layer.ENDPOINT)
_OWN = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SERVICE_CONTROL)


def _plan(policies: Policies, action: str) -> Plan:
    denies: list[Match] = []
    ceilings: list[tuple[Layer, Matches]] = []
    allows: dict[Layer, Matches] = {}
    for layer, held in policies.layers():
        found = [(policy, policy.document.candidates(action)) for policy in held]
        denies += (Match(layer, policy, each) for policy, about in found for each in about.denies)
        allowing = _allowing(layer, found)
        if layer in _CEILINGS:
            if not any(match.statement.always for match in allowing):
                ceilings.append((layer, allowing))
        else:
            allows[layer] = allowing
    trust = policies.resource is not None and policies.resource.is_trust
    return Plan(
        tuple(denies),
        tuple(ceilings),
        Layer.TRUST if trust else Layer.RESOURCE if policies.resource_must_allow else None,
        allows.get(Layer.TRUST, ()) or allows.get(Layer.RESOURCE, ()),
        allows[Layer.IDENTITY],
        allows.get(Layer.BOUNDARY),
        allows.get(Layer.SESSION),
    )


def _allowing(layer: Layer, found: list[tuple[Policy, Candidates]]) -> Matches:
    allows = tuple(Match(layer, policy, each) for policy, about in found for each in about.allows)
    if layer in _OWN:  # an Allow that names principals has no place here: it grants nothing
        return tuple(match for match in allows if match.statement.principals is None)
    return allows
