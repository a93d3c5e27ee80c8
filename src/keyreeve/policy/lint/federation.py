"""Trust in identity providers: who of all their users may assume the role, and by which action.

Source: IAM User Guide, "Create a role for a third-party identity provider" and "OIDC federation".
"""

from __future__ import annotations

import re

from keyreeve.policy.actions import actions as listing
from keyreeve.policy.document import Kind
from keyreeve.policy.lint.seen import Note, Notes, Seen, Stated

_ASSUMING = {
    "sts:assumerole": "sts:AssumeRole",
    "sts:assumerolewithsaml": "sts:AssumeRoleWithSAML",
    "sts:assumerolewithwebidentity": "sts:AssumeRoleWithWebIdentity",
}
_BESIDES = ("sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
_HOSTING = frozenset(
    (
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "app.terraform.io",
        "agent.buildkite.com",
        "oidc.codefresh.io",
        "scalr.io",
    )
)
"""Issuers for many tenants whose `sub` begins with a word and the tenant's name."""

_ANY_TENANT = re.compile(r"[*?].*|[a-z_]+:[*?].*", re.DOTALL)


def actions(seen: Seen, stated: Stated) -> Notes:
    """Principals that cannot use the action, and actions that no principal listed can use."""
    if seen.kind is not Kind.TRUST or not stated.allows or "Action" not in stated.value:
        return
    listed = listing(stated.texts("Action"))
    needed = {}
    for path, type_, name in stated.principals():
        needed[action := _action_of(type_, name)] = path
        if not any(listed.match(each) for each in (action, *_BESIDES)):
            yield Note(
                "MISMATCHED_ACTION_FOR_PRINCIPAL", path, f"{name} uses {_ASSUMING[action]}, which is not listed."
            )
    for path, text in stated.located("Action"):
        if text.lower() in _ASSUMING and text.lower() not in needed:
            yield Note("MISMATCHED_ACTION_FOR_PRINCIPAL", path, f"No principal of the statement can use {text}.")


def _action_of(type_: str, name: str) -> str:
    if type_ != "Federated":
        return "sts:assumerole"
    return "sts:assumerolewithsaml" if ":saml-provider/" in name else "sts:assumerolewithwebidentity"


def claims(seen: Seen, stated: Stated) -> Notes:
    """Providers all of whose users are let in, or those of every tenant."""
    if seen.kind is not Kind.TRUST or not stated.allows:
        return
    required = [asked for asked in stated.conditions() if asked.requires and any(v.strip("*?") for v in asked.values)]
    for path, type_, name in stated.principals():
        if type_ != "Federated":
            continue
        issuer = _issuer(name)
        if not any(asked.key.lower().startswith(f"{issuer}:") for asked in required):
            yield Note("UNRESTRICTED_FEDERATION", path, f"Every user of {name} may assume the role.")
        for asked in required:
            if issuer in _HOSTING and asked.key.lower() == f"{issuer}:sub" and any(map(_any_tenant, asked.values)):
                yield asked.note("WIDE_TENANT_CLAIM", f"The values let every tenant of {issuer} in.")


def _issuer(name: str) -> str:
    if ":saml-provider/" in name:
        return "saml"
    return (name.partition(":oidc-provider/")[2] or name).lower()


def _any_tenant(value: str) -> bool:
    return _ANY_TENANT.fullmatch(value) is not None
