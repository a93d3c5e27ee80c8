"""AssumeRoleWithSAML: a session of a role for whom a SAML provider vouches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.access.bearer import Bearer
from keyreeve.access.saml import Assertion, Trust, verify
from keyreeve.entities import SAMLProvider
from keyreeve.faults import AccessDenied, Fault, InvalidIdentityToken, ValidationError
from keyreeve.operations import Ask, Call, operation
from keyreeve.seal import SealBroken
from keyreeve.sts import federation, saml_claims

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/(?:[\x21-\x7e]*/)?([\w+=,.@-]+)", re.ASCII).fullmatch
_PROVIDER_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):saml-provider/[\w._-]+", re.ASCII).fullmatch
_OF_IDENTITY_CENTER = "AWSReservedSSO_"


def _provider(call: Call, arn: str) -> SAMLProvider:
    form = _PROVIDER_ARN(arn)
    if form is None:
        raise ValidationError("Request ARN is invalid")
    found = call.tx.find(SAMLProvider, form[1], "arn", arn)
    if found is None:
        raise InvalidIdentityToken("Specified provider doesn't exist.")
    return found


def _trust(call: Call, provider: SAMLProvider) -> Trust:
    """What of the provider the response is held to. A private key that does not open decrypts nothing."""
    keys = []
    for each in provider.private_keys:
        try:
            keys.append(call.ring.unseal(each.sealed_key, each.key_id))
        except SealBroken:
            continue
    only = provider.assertion_encryption_mode == "Required"
    return Trust(provider.signing_certificates, tuple(keys), encrypted_only=only)


def _bearer(call: Call, values: Mapping[str, Any]) -> Bearer:
    """Whom the response makes known. It was verified with what the provider is now, or is verified anew."""
    if not _ROLE_ARN(values["role_arn"]):
        raise ValidationError("Request ARN is invalid")
    provider = _provider(call, values["principal_arn"])
    said = call.slow(verify, values["saml_assertion"], _trust(call, provider))
    if isinstance(said, Fault):
        raise said
    saml_claims.hold(said, provider, call.public_url, call.now)
    return saml_claims.bearer(said, provider)


def _claims(call: Call, provider_arn: str) -> saml_claims.Claims:
    return saml_claims.claims(call.caller.token, _provider(call, provider_arn))


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the role, if the provider names it for this bearer."""
    role_arn, provider_arn = values["role_arn"], values["principal_arn"]
    claims, form = _claims(call, provider_arn), _ROLE_ARN(role_arn)
    reserved = form is None or form[1].startswith(_OF_IDENTITY_CENTER)
    if reserved or frozenset({role_arn, provider_arn}) not in claims.roles:
        raise AccessDenied(f"Not authorized to perform {action}")
    yield from federation.asks(action, call, values, claims.session_name)


def _longest_seconds(call: Call, said: Assertion, asked: int | None) -> int | None:
    """How long the assertion lets the session last: until SessionNotOnOrAfter, or for SessionDuration."""
    bounds = [] if asked is None else [asked]
    if said.session_ends is not None:
        bounds.append(int((said.session_ends - call.moment()).total_seconds()))
    return min(bounds, default=None)


@operation("AssumeRoleWithSAML", on=_asks, slow=(verify,), bearer=_bearer)
def assume_role_with_saml(
    call: Call,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,  # noqa: ARG001  verified before anything else, see _bearer
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Temporary credentials of a role that the provider names for the bearer of its assertion."""
    said: Assertion = call.caller.token
    claims = _claims(call, principal_arn)
    answer = federation.session(
        call,
        role_arn=role_arn,
        session_name=claims.session_name,
        policy=policy,
        policy_arns=policy_arns,
        asked_seconds=duration_seconds,
        longest_seconds=_longest_seconds(call, said, claims.duration_seconds),
        minimum_size=minimum_session_token_size,
    )
    return {
        **answer,
        "subject": said.subject,
        "subject_type": claims.subject_type,
        "issuer": said.issuer,
        "audience": said.recipient,
        "name_qualifier": claims.name_qualifier,
    }
