"""The evaluation: which policies concern a request, and what they come to.

IAM User Guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates requests to allow or deny access",
"Cross-account policy evaluation logic"; AWS Organizations User Guide, "SCP evaluation" and "Resource control policies".
"""

from typing import Any

from .principals import DIRECT, FORMS, PARENT, ROLE, WILDCARD
from .statements import some

# The policy types in the order in which the enforcement code goes through them.
ORDER = ("resource_control", "service_control", "endpoint", "resource", "identity", "boundary", "session")
LEVELS = ("resource_control", "service_control")
OUTSIDE = {"service", "anonymous", "web_identity", "saml"}  # callers that are principals of no account


def decide(case: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a case, and the layers that it rests on: see README.md."""
    policies = case["policies"]
    asked = normal(case["request"], bounded=policies.get("boundary") is not None)
    denying = [layer for layer in ORDER if some("Deny", layer, documents(layer, asked, policies), asked)]
    if denying:
        return {"verdict": "explicit_deny", "layers": denying}
    lacking = lacking_layers(asked, policies)
    if lacking:
        return {"verdict": "implicit_deny", "layers": [layer for layer in ORDER if layer in lacking]}
    return {"verdict": "allowed", "layers": []}


def normal(request: dict[str, Any], *, bounded: bool) -> dict[str, Any]:
    """The request with the names of its context keys in lower case: they are "not case-sensitive"."""
    context = {key.lower(): value for key, value in request["context"].items()}
    return {**request, "context": context, "bounded": bounded}


def levels(layer: str, asked: dict[str, Any], policies: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The levels of SCPs or RCPs that concern the caller, root first.

    SCPs concern principals of member accounts; neither SCPs nor RCPs "any service-linked role".
    """
    caller = asked["principal"]
    if caller.get("service_linked") or (layer == "service_control" and caller["kind"] in OUTSIDE):
        return []
    return policies.get(layer) or []


def documents(layer: str, asked: dict[str, Any], policies: dict[str, Any]) -> list[dict[str, Any]]:
    """All policies of a layer that concern the caller."""
    if layer in LEVELS:
        return [document for level in levels(layer, asked, policies) for document in level]
    found = policies.get(layer)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def allows(layer: str, asked: dict[str, Any], policies: dict[str, Any], forms: tuple[str, ...] = FORMS) -> bool:
    """Whether a policy of the layer has an Allow that applies."""
    return some("Allow", layer, documents(layer, asked, policies), asked, forms)


def lacking_layers(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """The layers for want of whose Allow the request is refused."""
    lacking = {
        layer
        for layer in LEVELS
        for level in levels(layer, asked, policies)
        if not some("Allow", layer, level, asked)  # "at every level"
    }
    if not within_ceiling("endpoint", asked, policies):
        lacking |= {"endpoint"}
    caller = asked["principal"]
    if caller["kind"] in OUTSIDE:
        return lacking | lacking_grant_of_resource(asked, policies)
    if caller["account_id"] != account_of_resource(asked):
        root_assumes = {"resource"} if policies.get("trust") and caller["kind"] == "root" else set()
        return lacking | root_assumes | lacking_grant_of_resource(asked, policies) | lacking_of_caller(asked, policies)
    if policies.get("trust"):
        return lacking | lacking_under_trust(asked, policies)
    if policies.get("resource_must_allow"):
        return lacking | lacking_under_key_policy(asked, policies)
    return lacking | lacking_in_account(asked, policies)


def account_of_resource(asked: dict[str, Any]) -> str:
    """Whose resource it is: as told, else by its ARN, else the caller's."""
    parts = asked["resource"].split(":")
    in_arn = parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 -- the components of an ARN
    return asked.get("resource_account") or in_arn or asked["principal"]["account_id"]


def within_ceiling(layer: str, asked: dict[str, Any], policies: dict[str, Any]) -> bool:
    """A policy type that permits nothing by itself: where there is one, it must allow."""
    return policies.get(layer) is None or allows(layer, asked, policies)


def within_session(asked: dict[str, Any], policies: dict[str, Any]) -> bool:
    """Session policies: those passed must together allow; a federated user with none passed may do nothing."""
    if policies.get("session") is None:
        return asked["principal"]["kind"] != "federated_user"
    return allows("session", asked, policies)


def lacking_ceilings(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """The boundary and the session policies, where they do not allow."""
    lacking = set() if within_ceiling("boundary", asked, policies) else {"boundary"}
    return lacking if within_session(asked, policies) else lacking | {"session"}


def granted(asked: dict[str, Any], policies: dict[str, Any]) -> bool:
    """What the caller's own policies say. The root user, and a federated user whom it called for, has full access."""
    caller = asked["principal"]
    return caller["kind"] == "root" or bool(caller.get("of_root")) or allows("identity", asked, policies)


def lacking_of_caller(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """The caller's side: identity policies, limited by boundary and session policies."""
    lacking = lacking_ceilings(asked, policies)
    return lacking if granted(asked, policies) else lacking | {"identity"}


def lacking_grant_of_resource(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """The resource's side: its policy must name the caller in whatever form."""
    return set() if allows("resource", asked, policies) else {"resource"}


def lacking_in_account(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """AWS: "Policy evaluation for requests within a single account".

    A resource policy that names the very user or session, or everyone, is a grant that boundary and session policies
    do not limit; one that names the role, or the user behind a federated one, is a grant that they do limit; one that
    names the account leaves it to the identity policies.
    """
    if allows("resource", asked, policies, (DIRECT, WILDCARD)):
        return set()
    if allows("resource", asked, policies, (ROLE, PARENT)):
        return lacking_ceilings(asked, policies)
    return lacking_of_caller(asked, policies)


def lacking_under_key_policy(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """KMS: key policies "must explicitly allow", the root user too; naming the account turns on identity policies."""
    return lacking_grant_of_resource(asked, policies) or lacking_in_account(asked, policies)


def lacking_under_trust(asked: dict[str, Any], policies: dict[str, Any]) -> set[str]:
    """Role trust policies "must explicitly allow", and all that they allow goes with AssumeRole.

    "You cannot call AssumeRole by using AWS account root user credentials" (AssumeRole). Naming the account leaves it
    to the identity policies, any closer form is a grant; a boundary on the caller limits it even then ("Update a role
    trust policy"), and that a session policy does is open for a session that is named itself.
    """
    if asked["principal"]["kind"] == "root" or lacking_grant_of_resource(asked, policies):
        return {"resource"}
    named = allows("resource", asked, policies, (DIRECT, WILDCARD, ROLE, PARENT))
    if named and not sets_identity_in_chain(asked):
        return lacking_ceilings(asked, policies)
    return lacking_of_caller(asked, policies)


def sets_identity_in_chain(asked: dict[str, Any]) -> bool:
    """A role session that sets a source identity in a further session.

    "Monitor and control actions taken with assumed roles": then "permissions to … sts:SetSourceIdentity" are needed in
    the trust policy and in the calling role's own policies too.
    """
    return asked["principal"]["kind"] == "role_session" and asked["action"].lower() == "sts:setsourceidentity"
