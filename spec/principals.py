"""The Principal and NotPrincipal elements.

IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal".

The caller is a dict of facts, see README.md.
"""

from typing import Any

from .logic import NO, OPEN, YES, Answer, all_of, any_of, negation

Caller = dict[str, Any]

# By what a Principal element may name a caller, from the most to the least direct.
DIRECT, WILDCARD, ROLE, PARENT, ACCOUNT = "direct", "wildcard", "role", "parent", "account"
FORMS = (DIRECT, WILDCARD, ROLE, PARENT, ACCOUNT)


def values(element: Any) -> list[tuple[str, str]]:
    """(kind, value) of everything that a Principal element lists; the bare star is of kind "*"."""
    if element == "*":
        return [("*", "*")]
    return [(kind, value) for kind, value in pairs(element)]


def pairs(element: dict[str, Any]) -> list[tuple[str, str]]:
    """The members of the principal map, lists taken apart."""
    found = []
    for kind, value in element.items():
        found += [(kind, one) for one in (value if isinstance(value, list) else [value])]
    return found


def named(caller: Caller, element: Any, form: str) -> Answer:
    """Whether an element names a caller in this form."""
    return any_of(names(caller, kind, value, form) for kind, value in values(element))


def names(caller: Caller, kind: str, value: str, form: str) -> Answer:
    """Whether one listed value is the caller, in this form."""
    if form == WILDCARD:
        return everyone(caller, kind, value)
    if kind == "AWS":
        return aws(caller, value, form)
    if kind == "Service":
        return form == DIRECT and caller["kind"] == "service" and value in services(caller)
    if kind == "Federated":
        return form == DIRECT and caller["kind"] in {"web_identity", "saml"} and value == caller["arn"]
    if kind == "CanonicalUser":  # S3: another name of an account
        return form == ACCOUNT and value == (caller.get("canonical_id") or NO)
    return NO


def services(caller: Caller) -> list[str]:
    """The names of a service principal: a service may have several."""
    return [caller["arn"], *(caller.get("services") or ())]


def everyone(caller: Caller, kind: str, value: str) -> Answer:
    """The star is everyone, anonymous callers too; so is {"AWS": "*"} for principals of accounts and anonymous ones.

    Whether the latter takes in services is open, and whether either takes in a caller for whom an identity provider
    vouches, for AWS shows no trust policy that does not name the provider.
    """
    if value != "*" or kind not in {"*", "AWS"}:
        return NO
    if caller["kind"] in {"web_identity", "saml"} or (kind == "AWS" and caller["kind"] == "service"):
        return OPEN
    return YES


def aws(caller: Caller, value: str, form: str) -> Answer:
    """A value of kind AWS: account, user, role, session, federated user, or the unique id of a user or role."""
    if caller["kind"] in {"service", "web_identity", "saml", "anonymous"}:
        return NO
    return value in known_as(caller)[form]


def known_as(caller: Caller) -> dict[str, list[str | None]]:
    """The texts by which a Principal element names a caller, in each form.

    "Matching order": a session also answers to its role, a federated user to the user who called for it, everyone to
    the account. "IAM unique identifiers": a deleted and saved principal stands as its id.
    """
    kind, arn, unique = caller["kind"], caller.get("arn"), caller.get("unique_id")
    account = [caller["account_id"], root_arn(caller)]
    if kind == "role_session":
        return {DIRECT: [arn], ROLE: [caller.get("role_arn"), unique], PARENT: [], ACCOUNT: account}
    if kind == "federated_user":
        return {DIRECT: [arn], ROLE: [], PARENT: [caller.get("user_arn"), unique], ACCOUNT: account}
    if kind == "user":
        return {DIRECT: [arn, unique], ROLE: [], PARENT: [], ACCOUNT: account}
    return {DIRECT: [], ROLE: [], PARENT: [], ACCOUNT: account}


def root_arn(caller: Caller) -> str:
    """The other spelling of an account: `arn:aws:iam::111122223333:root`, within the caller's partition."""
    partition = caller["arn"].split(":")[1]
    return f"arn:{partition}:iam::{caller['account_id']}:root"


def not_principal_matches(caller: Caller, element: Any, *, bounded: bool) -> Answer:
    """A Deny with NotPrincipal reaches everyone whom the element does not list on every level.

    User: account and user. Role session: account, role and session. Federated user: account, user and session. Root
    user: account. AWS says that a partial list "might" deny; read so that it does. Principals with a permissions
    boundary are "always" denied.
    """
    if bounded:
        return YES
    if isinstance(element, dict):  # that a canonical id lists an account on this level is said nowhere
        element = {kind: value for kind, value in element.items() if kind != "CanonicalUser"}
    listed = any_of([named(caller, element, WILDCARD), all_of(named(caller, element, form) for form in levels(caller))])
    return negation(listed)


def levels(caller: Caller) -> list[str]:
    """The forms in which NotPrincipal must list a caller for the Deny to pass it by."""
    kind = caller["kind"]
    if kind == "anonymous":
        return [WILDCARD]
    if kind in {"service", "web_identity", "saml"}:
        return [DIRECT]
    if kind == "root":
        return [ACCOUNT]
    if kind == "role_session":
        return [ACCOUNT, ROLE, DIRECT]
    if kind == "federated_user" and not caller.get("of_root"):
        return [ACCOUNT, PARENT, DIRECT]
    return [ACCOUNT, DIRECT]
