"""Role trust policies: what CreateRole and UpdateAssumeRolePolicy refuse.

Sources: IAM User Guide, "Update a role trust policy", "AWS JSON policy elements: Principal", and "OIDC federation:
identity-provider controls for shared OIDC providers"; the sentences are those of the service.
"""

from __future__ import annotations

import re
from typing import Any

from keyreeve.policy.condition import FOR_ALL, name, texts
from keyreeve.policy.grammar import TRUST, Located, Refusal, listed, principal_form
from keyreeve.policy.operators import OPERATORS
from keyreeve.policy.stages import dates, variables

_AWS = re.compile(
    r"\*|[0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(?:root|(?:user|role)/[!-)+->@-~]+)"
    r"|arn:aws[a-z-]*:sts::[0-9]{12}:(?:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+)"
    r"|(?:AIDA|AROA)[A-Z0-9]{12,124}",
    re.ASCII,
)
_SERVICE = re.compile(r"(?:[A-Za-z0-9-]+\.)+(?:amazonaws\.com(?:\.cn)?|amazon\.com)", re.ASCII)
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:saml-provider/[\w._-]+|oidc-provider/[!-)+->@-~]+)", re.ASCII)
_CANONICAL = re.compile(r"[0-9a-f]{64}")

_COGNITO = "cognito-identity.amazonaws.com"
_CLAIMS = {
    "token.actions.githubusercontent.com": "sub",
    "vstoken.actions.githubusercontent.com": "sub",
    "oidc-configuration.audit-log.githubusercontent.com": "sub",
    "gitlab.com": "sub",
    "agent.buildkite.com": "sub",
    "app.terraform.io": "sub",
    "oidc.codefresh.io": "sub",
    "studio.datachain.ai/api": "sub",
    "scalr.io": "sub",
    "tokens.cloud.shisho.dev": "sub",
    "proidc.upbound.io": "sub",
    "api.pulumi.com/oidc": "aud",
    "sandboxes.cloud": "aud",
    "oidc.vercel.com": "aud",
    _COGNITO: "aud",
}
"""Issuers that many tenants share, and the claim that tells the tenants apart."""


def check(statements: tuple[Located, ...]) -> None:
    """Refuse what AWS refuses in a trust policy. Raises Refusal."""
    sids = [each.value["Sid"] for each in statements if each.value.get("Sid")]
    if len(set(sids)) < len(sids):
        raise Refusal(("Statement",), "The Statement Ids in the policy are not unique")
    for each in statements:
        form(each)
        _actions(each)
        _no_resources(each)
        dates(each, TRUST.syntax)
        variables(each, TRUST.syntax)
        principal_names(each)
        _shared_issuers(each)


def form(found: Located) -> None:
    """Principal and Action are there and have the form of a trust policy's. Raises Refusal."""
    if "NotPrincipal" in found.value:
        allows = found.value["Effect"] == "Allow"
        found.refuse(
            "NotPrincipal",
            "Allow with NotPrincipal is not allowed."
            if allows
            else "AssumeRole policy must not contain NotPrincipal field.",
        )
    if "Principal" not in found.value:
        raise Refusal(found.path, "Missing required field Principal")
    if found.value["Principal"] == "*":
        found.refuse("Principal", 'AssumeRolepolicy contained an invalid principal: "STAR":"*".')
    if not isinstance(found.value["Principal"], dict):
        found.refuse("Principal", "Principal must be a JSON object.")
    if not any(listed(names) for names in found.value["Principal"].values()):
        found.refuse("Principal", "Missing required field Principal cannot be empty!")
    principal_form(found, TRUST)


def _actions(found: Located) -> None:
    given = [*listed(found.value.get("Action", [])), *listed(found.value.get("NotAction", []))]
    if not given:
        raise Refusal(found.path, "Missing required field Action")
    if not all(action.lower().startswith("sts:") and action.count(":") == 1 for action in given):
        found.refuse("Action", "AssumeRole policy may only specify STS AssumeRole actions.")


def _no_resources(found: Located) -> None:
    if "Resource" in found.value:
        found.refuse("Resource", "Has prohibited field Resource")
    if "NotResource" in found.value:
        found.refuse("NotResource", "AssumeRole policy must not contain resources.")


def principal_names(found: Located) -> None:
    """Every name of a Principal or NotPrincipal has the form of its type. Raises Refusal."""
    for member in ("Principal", "NotPrincipal"):
        element = found.value.get(member)
        for kind, names in element.items() if isinstance(element, dict) else ():
            for text in listed(names):
                _principal_name(found, kind, text)


def _principal_name(found: Located, kind: str, text: str) -> None:
    known = {"AWS": (_AWS,), "Service": (_SERVICE,), "Federated": (_DOMAIN, _PROVIDER), "CanonicalUser": (_CANONICAL,)}
    if any(pattern.fullmatch(text) for pattern in known[kind]):
        return
    if kind == "Federated":
        found.refuse("Principal", "Federated principals must be valid domain names or SAML metadata ARNs")
    word = kind if kind == "AWS" else kind.upper()
    found.refuse("Principal", f'Invalid principal in policy: "{word}":"{text}"')


def _shared_issuers(found: Located) -> None:
    """A statement that trusts a shared issuer says which tenant. AWS's sentence is known for Cognito only."""
    if found.value["Effect"] != "Allow":
        return
    for provider in listed(found.value["Principal"].get("Federated", [])):
        issuer = provider.partition(":oidc-provider/")[2] or provider
        claim = _CLAIMS.get(issuer)
        if claim is not None and not _holds_tenant(found.value.get("Condition", {}), f"{issuer}:{claim}"):
            raise Refusal(
                found.path,
                "A condition block must be present for the Cognito provider"
                if issuer == _COGNITO
                else f"Missing required condition on {issuer}:{claim} for the provider",
            )


def _holds_tenant(block: dict[str, Any], key: str) -> bool:
    return any(
        written.lower() == key and _compares(operator) and all(_says_something(text) for text in texts(given))
        for operator, keys in block.items()
        for written, given in keys.items()
        if listed(given)
    )


def _compares(operator: str) -> bool:
    taken = name(operator)
    if taken is None or taken.if_exists or taken.quantifier == FOR_ALL:
        return False
    return taken.operator.startswith(("String", "Arn")) and not OPERATORS[taken.operator].negated


def _says_something(text: str) -> bool:
    return bool(text.strip("*?"))
