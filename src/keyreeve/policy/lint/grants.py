"""Grants that are wider than they look, or wider than anyone should have."""

from __future__ import annotations

from keyreeve.policy.actions import actions
from keyreeve.policy.arn import FIELDS
from keyreeve.policy.document import Kind
from keyreeve.policy.lint.seen import Asked, Note, Notes, Seen, Stated

_OWN = (Kind.IDENTITY, Kind.INLINE, Kind.SESSION)
"""Kinds that give an identity what it has; others bound it, or stand on a resource of one service."""

_STANDING = (Kind.RESOURCE, Kind.TRUST)
"""Kinds that let others in."""

_NARROWING = frozenset(
    key.lower()
    for key in (
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
        "aws:VpcSourceIp",
        "aws:userid",
        "aws:username",
        "kms:CallerAccount",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "sts:ExternalId",
    )
)
"""Keys that tell who asks, or from where, by something a stranger cannot choose."""

_OF_SERVICES = frozenset(
    key.lower() for key in ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
)


def wildcards(seen: Seen, stated: Stated) -> Notes:
    """Everything on everything, and every action of a service on everything."""
    if not stated.allows or seen.kind not in _OWN or "*" not in stated.texts("Resource"):
        return
    for path, action in stated.located("Action"):
        if not action.strip("*") or action == "*:*":
            yield Note("STAR_ACTION_WITH_STAR_RESOURCE", path, "It allows every action on every resource.")
        elif action.endswith(":*") and not stated.value.get("Condition"):
            yield Note("SERVICE_STAR_WITH_STAR_RESOURCE", path, f"It allows {action} on every resource.")


def negations(seen: Seen, stated: Stated) -> Notes:
    """Allow with everything but what is listed."""
    if not stated.allows or seen.kind is Kind.SCP:
        return
    for member, code in (
        ("NotAction", "ALLOW_WITH_NOT_ACTION"),
        ("NotResource", "ALLOW_WITH_NOT_RESOURCE"),
        ("NotPrincipal", "ALLOW_WITH_NOT_PRINCIPAL"),
    ):
        if member in stated.value:
            yield stated.note(code, f"It allows everything but what {member} lists.", member)


def passed_roles(seen: Seen, stated: Stated) -> Notes:
    """Passing roles to services: who may pass any role has the power of the strongest."""
    if not stated.allows or seen.kind not in _OWN or not _passes_roles(stated):
        return
    if any(asked.requires and asked.key.lower() == "iam:passedtoservice" for asked in stated.conditions()):
        return
    named = any(action.lower() == "iam:passrole" for action in stated.texts("Action"))
    if "NotResource" in stated.value:
        yield stated.note("PASS_ROLE_WITH_NOT_RESOURCE", "It lets pass all roles but those listed.", "NotResource")
    elif any(_any_role(resource) for resource in stated.texts("Resource")):
        code = "PASS_ROLE_WITH_STAR_IN_RESOURCE" if named else "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"
        yield stated.note(code, "It lets pass every role to every service.", "Resource")
    elif named:
        yield stated.note("PASS_ROLE_WITHOUT_PASSED_TO_SERVICE", "It lets pass a role to every service.")


def _passes_roles(stated: Stated) -> bool:
    if "NotAction" in stated.value:
        return not actions(stated.texts("NotAction")).match("iam:passrole")
    return actions(stated.texts("Action")).match("iam:passrole")


def _any_role(resource: str) -> bool:
    """Whether a resource stands for roles of any name."""
    if resource == "*":
        return True
    fields = resource.split(":", FIELDS - 1)
    return fields[2:3] == ["iam"] and (len(fields) < FIELDS or fields[-1] in ("*", "role*", "role/*"))


def everyone(seen: Seen, stated: Stated) -> Notes:
    """Everyone, without a condition that says who."""
    if not stated.allows or seen.kind not in _STANDING:
        return
    for path, type_, name in stated.principals():
        if type_ == "AWS" and name == "*" and not any(_narrows(asked) for asked in stated.conditions()):
            yield Note("PUBLIC_PRINCIPAL", path, "It lets everyone in, of every account.")


def _narrows(asked: Asked) -> bool:
    key = asked.key.lower()
    tells = key in _NARROWING or key.startswith("aws:principaltag/") or key.endswith((":sub", ":aud"))
    return tells and asked.requires and bool(asked.values) and not any(_says_nothing(each) for each in asked.values)


def _says_nothing(value: str) -> bool:
    return not value.strip("*?") or value.endswith("/0")


def service_principals(seen: Seen, stated: Stated) -> Notes:
    """A service, for whichever customer of it: the confused deputy."""
    if not stated.allows or seen.kind is not Kind.RESOURCE:
        return
    if any(asked.requires and asked.key.lower() in _OF_SERVICES for asked in stated.conditions()):
        return
    for path, type_, name in stated.principals():
        if type_ == "Service":
            yield Note("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", path, f"{name} may come on behalf of any account.")
