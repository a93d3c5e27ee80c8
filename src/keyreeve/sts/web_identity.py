"""AssumeRoleWithWebIdentity: a session of a role for the bearer of an OpenID Connect token.

Sources: STS API reference, AssumeRoleWithWebIdentity; IAM User Guide, "OIDC federation". The sentences are recorded of
AWS. What a stranger can have done here: two documents fetched, at most every ten seconds for each provider that an
account has registered, and one signature verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.access import outbound
from keyreeve.access.bearer import Bearer
from keyreeve.entities import OpenIDConnectProvider
from keyreeve.faults import IDPCommunicationError, InvalidIdentityToken, ValidationError
from keyreeve.openid import FetchError, Issuers, Unreachable, Untrusted, WebKey, web_token
from keyreeve.openid.strict_json import NotStrict
from keyreeve.openid.web_token import NotAToken, NotSigned, Presented
from keyreeve.operations import Ask, Call, operation
from keyreeve.sts import federation, web_claims, web_keys

_SCHEME = "https://"
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/[\x21-\x7e]+", re.ASCII)
_NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity"
    " documentation for requirements"
)
_THUMBPRINT = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
_UNREACHABLE = (
    "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming"
    " identity token could not be reached."
)


def fetched(issuers: Issuers, issuer: str, thumbprints: tuple[str, ...]) -> None:
    """Have an issuer asked for its keys; `issuers` keeps what it answers."""
    issuers.fetch(issuer, thumbprints)


def bearer(call: Call, values: Mapping[str, Any]) -> Bearer:
    """Who bears the token. Raises what AWS answers where the provider, the signature or the claims do not hold."""
    presented, provider = _presented(call, values)
    claims = _verified(presented, _keys(call, presented, provider))
    web_claims.in_time(claims, call.now)
    audience = web_claims.audience(claims, provider.client_id_list)
    subject = web_claims.subject(claims)
    tags, travelling = web_claims.tags(claims)
    keys, kept = web_keys.of_token(provider.url, audience, web_claims.audiences(claims), claims)
    source = web_claims.source_identity(claims)
    from_provider = {"aws:federatedprovider": provider.arn}
    shown = {
        "principalTags": {tag.key: tag.value for tag in tags},
        "transitiveTagKeys": list(travelling),
        "sourceIdentity": source,
    }
    return Bearer(
        "web_identity",
        provider.account_id,
        provider.arn,
        provider.arn,
        subject,
        audience=audience,
        keys={**keys, **from_provider},
        kept=tuple({**kept, **from_provider}.items()),
        tags=tags,
        transitive_tag_keys=travelling,
        source_identity=source,
        shown={name: value for name, value in shown.items() if value},
    )


def _presented(call: Call, values: Mapping[str, Any]) -> tuple[Presented, OpenIDConnectProvider]:
    """The token as it came, and the provider of the role's account that it says it is from."""
    role = _ROLE.fullmatch(values["role_arn"])
    if role is None:
        raise ValidationError("Request ARN is invalid")
    if values.get("provider_id") is not None:
        raise ValidationError("OAuth 2.0 access tokens are not supported by this server; leave ProviderId out.")
    try:
        presented = web_token.present(values["web_identity_token"])
    except NotAToken:
        raise InvalidIdentityToken(_NO_JWT) from None
    issuer = presented.issuer
    arn = f"arn:aws:iam::{role[1]}:oidc-provider/{issuer.removeprefix(_SCHEME)}"
    provider = call.tx.find(OpenIDConnectProvider, role[1], "arn", arn)
    # As on AWS, what GetWebIdentityToken made is for others, not for roles of this server.
    if provider is None or not issuer.startswith(_SCHEME) or outbound.is_ours(call.public_url, issuer):
        raise InvalidIdentityToken(f"No OpenIDConnect provider found in your account for {issuer}")
    return presented, provider


def _keys(call: Call, presented: Presented, provider: OpenIDConnectProvider) -> tuple[WebKey, ...]:
    """The issuer's keys, from memory or fetched just now."""
    thumbprints = tuple(sorted(thumbprint.lower() for thumbprint in provider.thumbprint_list))
    place = (presented.issuer, thumbprints)
    try:
        found = call.issuers.held(*place, presented.kid)
        if found is None:
            call.outside(provider.account_id, fetched, call.issuers, *place)
            found = call.issuers.held(*place, presented.kid)
    except Untrusted:
        raise InvalidIdentityToken(_THUMBPRINT) from None
    except Unreachable:
        raise IDPCommunicationError(_UNREACHABLE) from None
    except FetchError:
        raise InvalidIdentityToken(_NO_KEY) from None
    if found is None:  # it came and went while others were asked for
        raise IDPCommunicationError(_UNREACHABLE)
    return found


def _verified(presented: Presented, keys: tuple[WebKey, ...]) -> dict[str, Any]:
    try:
        claims = web_token.claims(presented, keys)
    except web_token.NoKey:
        raise InvalidIdentityToken(_NO_KEY) from None
    except (NotSigned, NotStrict):
        raise InvalidIdentityToken("Token signature invalid") from None
    if claims.get("iss") != presented.issuer:
        raise InvalidIdentityToken(_NO_JWT)
    return claims


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    return federation.asks(action, call, values, values["role_session_name"])


@operation("AssumeRoleWithWebIdentity", on=_asks, slow=(fetched,), bearer=bearer)
def assume_role_with_web_identity(
    call: Call,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,  # noqa: ARG001  its bearer is the caller
    provider_id: str | None = None,  # noqa: ARG001  refused with the token
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Temporary credentials of a role that trusts the token's issuer. The token's own end does not shorten them."""
    who: Bearer = call.caller
    answer = federation.session(
        call,
        role_arn=role_arn,
        session_name=role_session_name,
        policy=policy,
        policy_arns=policy_arns,
        asked_seconds=duration_seconds,
        minimum_size=minimum_session_token_size,
    )
    shown = {"subject_from_web_identity_token": who.user_name, "audience": who.audience, "provider": who.arn}
    return {**answer, **shown}
