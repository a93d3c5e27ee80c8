"""GetWebIdentityToken: a token that proves to others who the caller is, signed by the account's issuer.

Sources: STS API reference, GetWebIdentityToken; IAM User Guide, "Understanding token claims".
We differ: AWS does not offer this on its global endpoint; here every region does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from keyreeve.access import outbound
from keyreeve.faults import (
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
    ValidationError,
)
from keyreeve.openid import signing
from keyreeve.operations import Ask, Call, Context, operation, tag_context
from keyreeve.sts import session_tags
from keyreeve.wire import identifiers

DEFAULT_SECONDS = 300
LARGEST_PAYLOAD = 8192
"""Bytes of claims. AWS has a limit and does not tell it."""

NAMESPACE = "https://sts.amazonaws.com/"


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    seconds = values.get("duration_seconds")
    tags = tag_context(values.get("tags"))
    context: Context = {
        "sts:identitytokenaudience": tuple(values["audience"]),
        "sts:signingalgorithm": values["signing_algorithm"],
        "sts:durationseconds": str(DEFAULT_SECONDS if seconds is None else seconds),
        **tags,
    }
    yield Ask(action, context=context)
    if tags:
        yield Ask("sts:TagGetWebIdentityToken", context=tags)


@operation("GetWebIdentityToken", on=_asks, slow=(signing.generate,))
def get_web_identity_token(
    call: Call,
    audience: list[str],
    signing_algorithm: str,
    duration_seconds: int | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A token for these audiences, which ends no later than the session that asks for it."""
    found = outbound.federation(call.tx, call.account_id)
    if found is None or not found.enabled:
        raise OutboundWebIdentityFederationDisabledException(
            "The outbound web identity federation feature is not enabled for this account."
        )
    if signing_algorithm not in signing.ALGORITHMS:
        raise ValidationError(
            f"1 validation error detected: Value '{signing_algorithm}' at 'signingAlgorithm' failed to satisfy "
            "constraint: Member must satisfy enum value set: [RS256, ES384]"
        )
    expires = call.moment() + timedelta(seconds=DEFAULT_SECONDS if duration_seconds is None else duration_seconds)
    session = call.caller.session
    if session is not None and session.expires < expires:
        raise SessionDurationEscalationException(
            "The requested token duration would extend the session beyond its original expiration time."
        )
    payload = {
        "iss": outbound.issuer(call.public_url, found),
        "aud": audience[0] if len(audience) == 1 else audience,
        "sub": call.caller.identity.arn,
        "iat": int(call.moment().timestamp()),
        "exp": int(expires.timestamp()),
        "jti": identifiers.uuid(call.chance(identifiers.RANDOM_BYTES)),
        NAMESPACE: _identity(call, tags),
    }
    return {"web_identity_token": _signed(call, signing_algorithm, payload), "expiration": expires}


def _signed(call: Call, algorithm: str, payload: dict[str, Any]) -> str:
    if len(json.dumps(payload, ensure_ascii=False).encode()) > LARGEST_PAYLOAD:
        raise JWTPayloadSizeExceededException("The requested token payload size exceeds the maximum allowed size.")
    key = outbound.signing_key(call, algorithm)
    call.issued = True
    return signing.sign(call.ring.unseal(key.sealed_key, key.key_id), algorithm, key.key_id, payload)


def _identity(call: Call, tags: list[dict[str, str]] | None) -> dict[str, Any]:
    """What AWS says of the principal; what there is none of is left out."""
    caller, session = call.caller, call.caller.session
    asked = session_tags.passed(None, tags, None).tags
    claims = {
        "aws_account": call.account_id,
        "source_region": call.region,
        "principal_tags": {tag.key: tag.value for tag in caller.tags},
        "request_tags": {tag.key: tag.value for tag in asked},
        "original_session_exp": None if session is None else f"{session.expires:%Y-%m-%dT%H:%M:%SZ}",
        "source_identity": None if session is None else session.source_identity,
    }
    return {name: value for name, value in claims.items() if value}
