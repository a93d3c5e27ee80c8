"""The evaluator. The order of the code is the order of AWS's page.

Source: IAM User Guide, "Policy evaluation logic" with its pages on enforcement code logic, cross-account evaluation,
and what a resource-based policy's grant bypasses.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyreeve.policy.arn import FIELDS, is_account
from keyreeve.policy.decision import Decision
from keyreeve.policy.layer import Layer, Match, Matches
from keyreeve.policy.plan import Plan, Reaches, Says
from keyreeve.policy.principal import STRANGERS, STRENGTH, Caller, Form, Principal, Principals
from keyreeve.policy.question import Policies, Request
from keyreeve.policy.variables import Context


@dataclass(frozen=True, slots=True)
class Bypass:
    """What a grant of the resource's policy makes up for, in the same account."""

    identity: bool
    boundary: bool
    session: bool


# Looking a member up in its enum takes longer than comparing it; these are looked up once.
_ROOT, _FEDERATED_USER = Caller.ROOT.value, Caller.FEDERATED_USER.value
_RESOURCE, _TRUST = Layer.RESOURCE, Layer.TRUST
_SERVICE_CONTROL, _RESOURCE_CONTROL = Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL

_ROOTS_POWER = Decision("allowed", Layer.ROOT)
_UNTRUSTED = Decision("implicit_deny", Layer.TRUST)
_NOT_IDENTITY, _NOT_BOUNDARY, _NOT_SESSION = (
    Decision("implicit_deny", layer) for layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
)

_COLONS = FIELDS - 1

NO_BYPASS = Bypass(identity=False, boundary=False, session=False)

BYPASSES = {
    Form.DIRECT: Bypass(identity=True, boundary=True, session=True),
    Form.WILDCARD: Bypass(identity=True, boundary=True, session=True),
    Form.PARENT: Bypass(identity=True, boundary=False, session=False),
    Form.ACCOUNT: NO_BYPASS,
}


def decide(request: Request, policies: Policies) -> Decision:
    """Decide a request under the policies that bear on it."""
    principal = request.principal
    plan = policies.plans[request.action]
    if plan.denies:
        denied = _denied(plan.denies, request, policies)
        if denied is not None:
            return denied
    if plan.ceilings:
        closed = _closed(plan.ceilings, request, policies)
        if closed is not None:
            return closed
    foreign = _foreign(request.resource_account, request.resource, principal.account_id)
    if plan.resource:
        return _granted(request, policies, plan, foreign)
    if plan.gate or foreign or principal.kind in STRANGERS:
        return plan.ungranted
    return _limited(request, plan, NO_BYPASS, None)


def _denied(denies: Says, request: Request, policies: Policies) -> Decision | None:
    """The decision because of every Deny that applies."""
    resource, context = request.resource, request.context
    denied: Decision | None = None
    for applies, alone in denies:
        if applies(resource, context) and _binds(alone.because[0], request, policies):
            denied = alone if denied is None else Decision(denied.verdict, denied.layer, denied.because + alone.because)
    return denied


def _closed(ceilings: tuple[tuple[Decision, Matches], ...], request: Request, policies: Policies) -> Decision | None:
    """The first ceiling that does not allow the request, of those that bind the caller."""
    for closed, allows in ceilings:
        if not exempt(closed.layer, request.principal) and not any(bites(match, request, policies) for match in allows):
            return closed
    return None


def bites(match: Match, request: Request, policies: Policies) -> bool:
    """Whether a statement about the request's action applies: principal, resource and conditions match."""
    return bool(match.statement.applies(request.resource, request.context)) and _binds(match, request, policies)


def _binds(match: Match, request: Request, policies: Policies) -> bool:
    """Whether a statement is about the caller."""
    element = match.statement.principals
    if element is not None and not _names_caller(match, element, request, policies):
        return False
    return not exempt(match.layer, request.principal)


def _names_caller(match: Match, element: Principals, request: Request, policies: Policies) -> bool:
    ceiling = match.layer is not _RESOURCE and match.layer is not _TRUST
    if ceiling and element.cover_all:
        return True
    form = element.form(request.principal, bounded=policies.boundary is not None)
    return form is not None and not (form is Form.ACCOUNT and _root_alone(match, request))


def _root_alone(match: Match, request: Request) -> bool:
    """Whether an account named here might mean its root user alone, and the caller is another.

    "Principals for gateway endpoints" (AWS PrivateLink) says that it does in an Allow of their policies. Only S3 and
    DynamoDB have such endpoints, and of which kind this one is cannot be seen.
    """
    gateway = request.action.lower().startswith(("s3:", "dynamodb:"))
    allows = match.layer is Layer.ENDPOINT and match.statement.effect == "Allow"
    return allows and gateway and request.principal.kind != _ROOT


def exempt(layer: Layer, principal: Principal) -> bool:
    """Control policies leave service-linked roles alone; SCPs bind principals of an account only."""
    if layer is _RESOURCE_CONTROL:
        return principal.service_linked
    return layer is _SERVICE_CONTROL and (principal.service_linked or principal.kind in STRANGERS)


def _granted(request: Request, policies: Policies, plan: Plan, foreign: bool) -> Decision:
    """The decision where the resource's policy may grant."""
    form, grant = _resource_grant(plan, request, policies)
    principal, gate = request.principal, plan.gate
    stranger = principal.kind in STRANGERS
    if form is None or grant is None:
        if gate or foreign or stranger:
            return plan.ungranted
        return _limited(request, plan, NO_BYPASS, None)
    if stranger:
        return Decision("allowed", grant.layer, (grant,))
    if gate is _TRUST and principal.kind == _ROOT:  # "Roles may not be assumed by root accounts."
        return _UNTRUSTED
    bypass = NO_BYPASS if foreign else BYPASSES[form]
    if gate is _TRUST:
        bypass = _bypass_of_trust(bypass, request)
    return _limited(request, plan, bypass, grant)


def _resource_grant(plan: Plan, request: Request, policies: Policies) -> tuple[Form | None, Match | None]:
    """The strongest grant of the resource's policy: the form in which it names the caller, and the statement."""
    strongest: Form | None = None
    grant: Match | None = None
    behind = len(STRENGTH)  # how many forms are stronger than the strongest so far
    for match in plan.resource:
        element = match.statement.principals
        form = None if element is None else element.form(request.principal, bounded=policies.boundary is not None)
        if form is None or STRENGTH.index(form) >= behind:
            continue
        if match.statement.applies(request.resource, request.context):
            strongest, grant, behind = form, match, STRENGTH.index(form)
    return strongest, grant


def _foreign(owner: str | None, resource: str, own: str | None) -> bool:
    """Whether the resource belongs to another account than the caller's: to its owner, or to the account of its ARN."""
    if own is None:
        return False
    if owner:
        return owner != own
    fields = resource.split(":", _COLONS)
    return len(fields) > _COLONS and fields[4] != own and is_account(fields[4])


def _bypass_of_trust(bypass: Bypass, request: Request) -> Bypass:
    """A trust policy never makes up for a boundary ("Update a role trust policy"), nor, read safely, a session policy.

    A source identity that is set by a role session needs the calling role's own permission as well.
    """
    chained = request.principal.kind == Caller.ROLE_SESSION and request.action.lower() == "sts:setsourceidentity"
    return Bypass(identity=bypass.identity and not chained, boundary=False, session=False)


def _limited(request: Request, plan: Plan, bypass: Bypass, grant: Match | None) -> Decision:
    """The caller's own side: a grant, within the boundary and the session's policies."""
    principal, resource, context = request.principal, request.resource, request.context
    if principal.kind == _ROOT or principal.of_root:
        allowed: Decision | None = _ROOTS_POWER
    elif bypass.identity and grant is not None:
        allowed = Decision("allowed", grant.layer, (grant,))
    else:
        allowed = _first(plan.identity, resource, context)
    if allowed is None:
        return _NOT_IDENTITY
    if plan.boundary is not None and not bypass.boundary and not _reached(plan.boundary, resource, context):
        return _NOT_BOUNDARY
    session = plan.session
    if session is None and principal.kind == _FEDERATED_USER:
        session = ()  # without session policies a federated user may do nothing of its own
    if session is not None and not bypass.session and not _reached(session, resource, context):
        return _NOT_SESSION
    return allowed


def _first(allows: Says, resource: str, context: Context) -> Decision | None:
    """The decision because of the first statement that applies, of those that name no principals."""
    for applies, allowed in allows:
        if applies(resource, context):
            return allowed
    return None


def _reached(bound: Reaches, resource: str, context: Context) -> bool:
    """Whether a statement of a bound applies; those name no principals."""
    for applies in bound:  # noqa: SIM110  a loop takes half as long as any()
        if applies(resource, context):
            return True
    return False
