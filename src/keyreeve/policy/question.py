"""What is asked and what is known: the request, and the policies that bear on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from keyreeve.policy.document import CACHED_ACTIONS
from keyreeve.policy.layer import Layer, Layers, Levels, Policy
from keyreeve.policy.memory import Remembered
from keyreeve.policy.plan import Plan, plan
from keyreeve.policy.principal import Principal
from keyreeve.policy.variables import Context


@dataclass(slots=True)
class Request:
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
class Policies:
    """Every policy that bears on a principal's requests.

    `service_control` and `resource_control` have one tuple of policies for each level from the organization's root to
    the account; no levels: the account is bound by none. `session` is None when the session was made without policies.
    `resource_must_allow` is for resources like KMS keys, where the resource's own policy has to let the account in.
    `plans` has the statements about an action by its name; remembered, since the policies never change.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    service_control: Levels = ()
    resource_control: Levels = ()
    endpoint: Policy | None = None
    resource_must_allow: bool = False
    plans: Remembered[Plan] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trust = self.resource is not None and self.resource.is_trust
        gate = Layer.TRUST if trust else Layer.RESOURCE if self.resource_must_allow else None
        object.__setattr__(self, "plans", Remembered(partial(plan, self.layers(), gate), CACHED_ACTIONS))

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
