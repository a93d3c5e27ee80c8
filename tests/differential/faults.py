"""Faults to plant in the engine's evaluation: layers, accounts, bypasses, principals. For the language: mistakes.py."""

from tests.differential.planting import Fault

LAYERS = (
    Fault(
        "the root user shrugs off a Deny",
        "evaluate.py",
        "        if denied is not None:",
        "        if denied is not None and request.principal.kind != _ROOT:",
    ),
    Fault(
        "an RCP binds service-linked roles",
        "evaluate.py",
        "        return principal.service_linked\n",
        "        return False\n",
    ),
    Fault(
        "an SCP binds service-linked roles",
        "evaluate.py",
        "(principal.service_linked or principal.kind in STRANGERS)",
        "principal.kind in STRANGERS",
    ),
    Fault(
        "an SCP binds callers of no account",
        "evaluate.py",
        "(principal.service_linked or principal.kind in STRANGERS)",
        "principal.service_linked",
    ),
    Fault(
        "the levels of SCPs are one",
        "question.py",
        "*((Layer.SERVICE_CONTROL, level) for level in self.service_control),",
        "*(((Layer.SERVICE_CONTROL, tuple(one for level in self.service_control for one in level)),)"
        " if self.service_control else ()),",
    ),
    Fault(
        "RCPs need not allow",
        "plan.py",
        "_CEILINGS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL,",
        "_CEILINGS = (Layer.SERVICE_CONTROL,",
    ),
    Fault(
        "an endpoint's policy need not allow",
        "plan.py",
        "Layer.SERVICE_CONTROL, Layer.ENDPOINT)",
        "Layer.SERVICE_CONTROL)",
    ),
    Fault(
        "a gateway endpoint's account is everyone",
        "evaluate.py",
        "    return allows and gateway and",
        "    return False and",
    ),
    Fault("a boundary is forgotten", "evaluate.py", "if plan.boundary is not None and", "if False and"),
    Fault("session policies are forgotten", "evaluate.py", "if session is not None and", "if False and"),
    Fault(
        "a federated user needs no session policy",
        "evaluate.py",
        "if session is None and principal.kind == _FEDERATED_USER:",
        "if session is None and principal.kind == _FEDERATED_USER and principal.of_root:",
    ),
    Fault(
        "a federated user of root has no more than a user's",
        "evaluate.py",
        "if principal.kind == _ROOT or principal.of_root:",
        "if principal.kind == _ROOT:",
    ),
)

ACCOUNTS = (
    Fault("every resource is at home", "evaluate.py", "    if own is None:", "    if True:"),
    Fault("the owner is read from the ARN alone", "evaluate.py", "    if owner:", "    if False:"),
    Fault(
        "a foreign resource's grant is enough",
        "evaluate.py",
        "bypass = NO_BYPASS if foreign else BYPASSES[form]",
        "bypass = BYPASSES[form]",
    ),
    Fault(
        "a foreign resource need not grant", "evaluate.py", "if gate or foreign or stranger:", "if gate or stranger:"
    ),
    Fault("a key policy need not grant", "evaluate.py", "if gate or foreign or stranger:", "if foreign or stranger:"),
    Fault("a stranger needs no grant", "evaluate.py", "if gate or foreign or stranger:", "if gate or foreign:"),
)

BYPASSES = (
    Fault(
        "naming the caller leaves the boundary",
        "evaluate.py",
        "Form.DIRECT: Bypass(identity=True, boundary=True,",
        "Form.DIRECT: Bypass(identity=True, boundary=False,",
    ),
    Fault(
        "naming the session leaves the session policy",
        "evaluate.py",
        "Form.DIRECT: Bypass(identity=True, boundary=True, session=True)",
        "Form.DIRECT: Bypass(identity=True, boundary=True, session=False)",
    ),
    Fault(
        "everyone leaves the boundary",
        "evaluate.py",
        "Form.WILDCARD: Bypass(identity=True, boundary=True,",
        "Form.WILDCARD: Bypass(identity=True, boundary=False,",
    ),
    Fault(
        "naming the role lifts the boundary",
        "evaluate.py",
        "Form.PARENT: Bypass(identity=True, boundary=False,",
        "Form.PARENT: Bypass(identity=True, boundary=True,",
    ),
    Fault(
        "naming the role lifts the session policy",
        "evaluate.py",
        "Form.PARENT: Bypass(identity=True, boundary=False, session=False)",
        "Form.PARENT: Bypass(identity=True, boundary=False, session=True)",
    ),
    Fault(
        "naming the account is a grant",
        "evaluate.py",
        "Form.ACCOUNT: NO_BYPASS",
        "Form.ACCOUNT: Bypass(identity=True, boundary=False, session=False)",
    ),
    Fault(
        "a trust policy lifts the boundary",
        "evaluate.py",
        "not chained, boundary=False, session=False)",
        "not chained, boundary=bypass.boundary, session=False)",
    ),
    Fault(
        "a trust policy lifts the session policy",
        "evaluate.py",
        "not chained, boundary=False, session=False)",
        "not chained, boundary=False, session=bypass.session)",
    ),
    Fault(
        "a chain sets its source identity freely", "evaluate.py", "bypass.identity and not chained", "bypass.identity"
    ),
    Fault(
        "the root user assumes roles",
        "evaluate.py",
        "if gate is _TRUST and principal.kind == _ROOT:",
        "if False:",
    ),
)

PRINCIPALS = (
    Fault("a session is not its role", "principal.py", "{caller.role_arn, caller.user_arn,", "{caller.user_arn,"),
    Fault(
        "a federated user is not its user's", "principal.py", "{caller.role_arn, caller.user_arn,", "{caller.role_arn,"
    ),
    Fault("a role's unique id is nobody", "principal.py", "caller.user_arn, caller.entity_id}", "caller.user_arn}"),
    Fault(
        "a user's unique id is nobody",
        "principal.py",
        "(caller.kind == Caller.USER and caller.entity_id in self.aws)",
        "False",
    ),
    Fault(
        "an account id is no account",
        "principal.py",
        "frozenset(found[1] or found[2] for found",
        "frozenset(found[1] for found",
    ),
    Fault(
        "a root ARN is no account",
        "principal.py",
        "frozenset(found[1] or found[2] for found",
        "frozenset(found[2] for found",
    ),
    Fault("a canonical user is nobody", "principal.py", " or caller.canonical_id in self.canonical else", " else"),
    Fault("a service has one name", "principal.py", "(caller.arn, *caller.services)", "(caller.arn,)"),
    Fault("any provider will do", "principal.py", "caller.arn in self.federated", "bool(self.federated)"),
    Fault("an account is as good as a name", "principal.py", "return Form.ACCOUNT if", "return Form.DIRECT if"),
    Fault(
        "a role is as good as its session",
        "principal.py",
        "            return Form.PARENT",
        "            return Form.DIRECT",
    ),
    Fault(
        "everyone is not the anonymous",
        "principal.py",
        "        if caller.kind in TOKEN_BEARERS:\n            return False",
        "        if caller.kind in TOKEN_BEARERS or caller.kind == Caller.ANONYMOUS:\n            return False",
    ),
    Fault(
        "everyone holds the bearer of any token",
        "principal.py",
        "        if caller.kind in TOKEN_BEARERS:\n            return False",
        "        if caller.kind in TOKEN_BEARERS:\n            return True",
    ),
    Fault(
        'a service is part of {"AWS": "*"}',
        "principal.py",
        "(self.every_aws and caller.kind != Caller.SERVICE)",
        "self.every_aws",
    ),
    Fault("NotPrincipal spares who has a boundary", "principal.py", "if spared and not bounded else", "if spared else"),
    Fault(
        "NotPrincipal spares on one level",
        "principal.py",
        "return parent and (caller.kind",
        "return parent or (caller.kind",
    ),
    Fault("NotPrincipal needs no account", "principal.py", "if caller.account_id not in self.accounts:", "if False:"),
    Fault("NotPrincipal is Principal", "principal.py", "        if self.negated:", "        if False:"),
)

ALL = (*LAYERS, *ACCOUNTS, *BYPASSES, *PRINCIPALS)
