"""The evaluator. The order of the code is the order of AWS's page.

Source: IAM User Guide, "Policy evaluation logic" with its pages on enforcement code logic, cross-account evaluation,
and what a resource-based policy's grant bypasses.
"""

from __future__ import annotations

from typing import NamedTuple

from keyreeve.policy.arn import account_of
from keyreeve.policy.decision import Decision
from keyreeve.policy.principal import STRANGERS, STRENGTH, Caller, Form, Principal, Principals
from keyreeve.policy.question import Layer, Match, Matches, Plan, Policies, Request, quickly


class Bypass(NamedTuple):
    """What a grant of the resource's policy makes up for, in the same account."""

    identity: bool
    boundary: bool
    session: bool


# Looking a member up in its enum takes longer than comparing it; these are looked up once.
_ROOT, _FEDERATED_USER = Caller.ROOT.value, Caller.FEDERATED_USER.value
_RESOURCE, _TRUST, _ROOT_ITSELF = Layer.RESOURCE, Layer.TRUST, Layer.ROOT
_SERVICE_CONTROL, _RESOURCE_CONTROL = Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL

_NO_GRANT = (None, None)

NO_BYPASS = Bypass(identity=False, boundary=False, session=False)

BYPASSES = {
    Form.DIRECT: Bypass(identity=True, boundary=True, session=True),
    Form.WILDCARD: Bypass(identity=True, boundary=True, session=True),
    Form.PARENT: Bypass(identity=True, boundary=False, session=False),
    Form.ACCOUNT: NO_BYPASS,
}


def decide(request: Request, policies: Policies) -> Decision:
    """Decide a request under the policies that bear on it."""
    plan = policies.plan(request.action)
    if plan.denies:
        denied = _denying(plan.denies, request, policies)
        if denied:
            return Decision("explicit_deny", denied[0].layer, denied, request, policies)
    if plan.ceilings:
        layer = _closed(plan.ceilings, request, policies)
        if layer is not None:
            return Decision("implicit_deny", layer, (), request, policies)
    return _granted(request, policies, plan)


def _denying(denies: Matches, request: Request, policies: Policies) -> Matches:
    """Every Deny that applies."""
    found: Matches = ()
    for match in denies:
        if bites(match, request, policies):
            found = (*found, match)
    return found


def _closed(ceilings: tuple[tuple[Layer, Matches], ...], request: Request, policies: Policies) -> Layer | None:
    """The first ceiling that does not allow the request, of those that bind the caller."""
    for layer, allows in ceilings:
        if not exempt(layer, request.principal) and not any(bites(match, request, policies) for match in allows):
            return layer
    return None


def bites(match: Match, request: Request, policies: Policies) -> bool:
    """Whether a statement about the request's action applies: principal, resource and conditions match."""
    statement = match.statement
    if statement.principals is not None and not _names_caller(match, statement.principals, request, policies):
        return False
    return bool(statement.applies(request.resource, request.context)) and not exempt(match.layer, request.principal)


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


def _granted(request: Request, policies: Policies, plan: Plan) -> Decision:
    principal = request.principal
    gate = plan.gate
    form, grant = _resource_grant(plan, request, policies) if plan.resource else _NO_GRANT
    stranger = principal.kind in STRANGERS
    foreign = _foreign(request)
    if form is None or grant is None:
        if gate or foreign or stranger:
            return Decision("implicit_deny", gate or Layer.RESOURCE, (), request, policies)
        return _limited(request, policies, plan, NO_BYPASS, None)
    if stranger:
        return Decision("allowed", grant.layer, (grant,), request, policies)
    if gate is _TRUST and principal.kind == _ROOT:  # "Roles may not be assumed by root accounts."
        return Decision("implicit_deny", Layer.TRUST, (), request, policies)
    bypass = NO_BYPASS if foreign else BYPASSES[form]
    if gate is _TRUST:
        bypass = _bypass_of_trust(bypass, request)
    return _limited(request, policies, plan, bypass, grant)


def _resource_grant(plan: Plan, request: Request, policies: Policies) -> tuple[Form | None, Match | None]:
    """The strongest grant of the resource's policy: the form in which it names the caller, and the statement."""
    grants: dict[Form, Match] = {}
    for match in plan.resource:
        element = match.statement.principals
        form = None if element is None else element.form(request.principal, bounded=policies.boundary is not None)
        if form is not None and match.statement.applies(request.resource, request.context):
            grants.setdefault(form, match)
    strongest = next((form for form in STRENGTH if form in grants), None)
    return (strongest, grants[strongest]) if strongest else (None, None)


def _foreign(request: Request) -> bool:
    """Whether the resource belongs to another account than the caller's."""
    owner = request.resource_account or account_of(request.resource)
    own = request.principal.account_id
    return owner != own and owner is not None and own is not None


def _bypass_of_trust(bypass: Bypass, request: Request) -> Bypass:
    """A trust policy never makes up for a boundary ("Update a role trust policy"), nor, read safely, a session policy.

    A source identity that is set by a role session needs the calling role's own permission as well.
    """
    chained = request.principal.kind == Caller.ROLE_SESSION and request.action.lower() == "sts:setsourceidentity"
    return Bypass(identity=bypass.identity and not chained, boundary=False, session=False)


def _limited(request: Request, policies: Policies, plan: Plan, bypass: Bypass, grant: Match | None) -> Decision:
    """The caller's own side: a grant, within the boundary and the session's policies."""
    principal = request.principal
    if principal.kind == _ROOT or principal.of_root:
        because: Matches = ()
    else:
        grant = grant if bypass.identity else _first(plan.identity, request)
        if grant is None:
            return Decision("implicit_deny", Layer.IDENTITY, (), request, policies)
        because = (grant,)
    if plan.boundary is not None and not bypass.boundary and _first(plan.boundary, request) is None:
        return Decision("implicit_deny", Layer.BOUNDARY, (), request, policies)
    session = plan.session
    if session is None and principal.kind == _FEDERATED_USER:
        session = ()  # without session policies a federated user may do nothing of its own
    if session is not None and not bypass.session and _first(session, request) is None:
        return Decision("implicit_deny", Layer.SESSION, (), request, policies)
    return quickly(Decision, ("allowed", because[0].layer if because else _ROOT_ITSELF, because, request, policies))


def _first(matches: Matches, request: Request) -> Match | None:
    """The first statement, of those that name no principals, that applies."""
    resource, context = request.resource, request.context
    for match in matches:
        if match.statement.applies(resource, context):
            return match
    return None
