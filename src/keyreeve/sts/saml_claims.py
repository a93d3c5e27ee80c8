"""SAML claims: whom a verified assertion is for, when it may be used, and what it says of its bearer.

Sources: IAM User Guide, "Configure SAML assertions for the authentication response" and "Troubleshoot SAML federation
with IAM", whose sentences these are where it has any.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha1
from typing import NamedTuple

from keyreeve.access.bearer import Bearer
from keyreeve.access.saml import Assertion
from keyreeve.entities import SAMLProvider, Tag
from keyreeve.faults import ExpiredTokenException, InvalidIdentityToken
from keyreeve.operations import Context
from keyreeve.sts import saml_keys
from keyreeve.wire import patterns

SKEW = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""

REDEEMED_WITHIN = timedelta(minutes=5)

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
AUDIENCE = "urn:amazon:webservices"

_SIGN_IN = re.compile(r"https://(?:[a-z0-9-]{2,32}\.)?signin\.aws\.amazon\.com/saml", re.ASCII).fullmatch
_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}", re.ASCII).fullmatch
_SECONDS = re.compile(r"[0-9]{3,5}", re.ASCII).fullmatch
_TAG_KEY = patterns.matcher(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}")
_TAG_VALUE = patterns.matcher(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}")
_TAGS = 50
_SHORTEST_SECONDS, _LONGEST_SECONDS = 900, 43200

_SHORT_FORMATS = {f"urn:oasis:names:tc:SAML:2.0:nameid-format:{word}": word for word in ("persistent", "transient")}


class Claims(NamedTuple):
    """What of an assertion the operation needs beside its bearer."""

    session_name: str
    roles: frozenset[frozenset[str]]
    duration_seconds: int | None
    subject_type: str
    name_qualifier: str


def hold(said: Assertion, provider: SAMLProvider, public_url: str, now: datetime) -> None:
    """Return if the assertion is this provider's, for us, and for now; raise what AWS answers if not."""
    if said.issuer != provider.entity_id:
        raise InvalidIdentityToken("Issuer not present in specified provider")
    if not _is_ours(said.recipient, provider, public_url):
        raise InvalidIdentityToken("Response is for another recipient")
    if said.destination is not None and not _is_ours(said.destination, provider, public_url):
        raise InvalidIdentityToken("Response is for another destination")
    for_us = [any(each == AUDIENCE or _is_ours(each, provider, public_url) for each in one) for one in said.audiences]
    if not for_us or not all(for_us):
        raise InvalidIdentityToken("Response does not contain the required audience.")
    if now + SKEW < max(said.issued, said.begins or said.issued):
        raise InvalidIdentityToken("Response is not valid yet")
    if now - SKEW >= said.issued + REDEEMED_WITHIN:
        raise ExpiredTokenException("Token must be redeemed within 5 minutes of issuance")
    if now - SKEW >= said.ends or (said.session_ends is not None and now >= said.session_ends):
        raise ExpiredTokenException("Response has expired")
    if now >= provider.valid_until:
        raise InvalidIdentityToken("Specified provider's metadata has expired.")


def _is_ours(url: str, provider: SAMLProvider, public_url: str) -> bool:
    """Whether a URL is a sign-in endpoint: AWS's, which providers are set up with, or this server's own."""
    plain = url.removesuffix(f"/acs/{provider.saml_provider_uuid}")
    return _SIGN_IN(plain) is not None or plain == f"{public_url}/saml"


def claims(said: Assertion, provider: SAMLProvider) -> Claims:
    """The claims of an assertion. Raises InvalidIdentityToken for those that cannot be taken."""
    attributes = dict(said.attributes)
    name = _single(attributes, "RoleSessionName")
    if name is None:
        raise InvalidIdentityToken("RoleSessionName is required in AuthnResponse")
    if not _NAME(name):
        raise InvalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    pairs = attributes.get(f"{ATTRIBUTES}Role", ())
    hashed = sha1(f"{said.issuer}{provider.account_id}/{provider.name}".encode(), usedforsecurity=False)
    return Claims(
        session_name=name,
        roles=frozenset(frozenset(part.strip() for part in pair.split(",")) for pair in pairs if pair.count(",") == 1),
        duration_seconds=_duration(_single(attributes, "SessionDuration")),
        subject_type=_SHORT_FORMATS.get(said.subject_format, said.subject_format),
        name_qualifier=b64encode(hashed.digest()).decode(),
    )


def bearer(said: Assertion, provider: SAMLProvider) -> Bearer:
    """Whom the assertion makes known. Raises InvalidIdentityToken for claims that cannot be taken."""
    found, attributes = claims(said, provider), dict(said.attributes)
    source = _source_identity(_single(attributes, "SourceIdentity"))
    tags, transitive = _tags(attributes), attributes.get(f"{ATTRIBUTES}TransitiveTagKeys", ())
    kept = {
        "saml:namequalifier": found.name_qualifier,
        "saml:sub": said.subject,
        "saml:sub_type": found.subject_type,
    }
    keys: Context = {
        **saml_keys.of_attributes(said.attributes),
        **kept,
        "saml:aud": said.recipient,
        "saml:iss": said.issuer,
        "saml:doc": f"{provider.account_id}/{provider.name}",
    }
    shown = {
        "sAMLAssertionID": said.id,
        "roleSessionName": found.session_name,
        "principalTags": {tag.key: tag.value for tag in tags},
        "transitiveTagKeys": list(transitive),
        "sourceIdentity": source,
    }
    return Bearer(
        kind="saml",
        account_id=provider.account_id,
        arn=provider.arn,
        identity_provider=found.name_qualifier,
        user_name=said.subject,
        keys=keys,
        kept=tuple(kept.items()),
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=source,
        shown={name: value for name, value in shown.items() if value},
        token=said,
    )


def _single(attributes: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    values = attributes.get(f"{ATTRIBUTES}{name}")
    if values is None:
        return None
    if len(values) != 1:
        raise InvalidIdentityToken(f"{name} in AuthnResponse must have one value")
    return values[0]


def _duration(text: str | None) -> int | None:
    if text is None:
        return None
    if not _SECONDS(text) or not _SHORTEST_SECONDS <= int(text) <= _LONGEST_SECONDS:
        raise InvalidIdentityToken("SessionDuration in AuthnResponse must be between 900 and 43200")
    return int(text)


def _source_identity(text: str | None) -> str | None:
    if text is not None and (not _NAME(text) or text.lower().startswith("aws:")):
        raise InvalidIdentityToken('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return text


def _tags(attributes: Mapping[str, tuple[str, ...]]) -> tuple[Tag, ...]:
    start = "PrincipalTag:"
    names = [name.removeprefix(ATTRIBUTES) for name in attributes if name.startswith(f"{ATTRIBUTES}{start}")]
    tags = tuple(Tag(name.removeprefix(start), _single(attributes, name) or "") for name in names)
    if len(tags) > _TAGS or not all(_TAG_KEY(tag.key) and _TAG_VALUE(tag.value) for tag in tags):
        raise InvalidIdentityToken("PrincipalTag in AuthnResponse must be at most 50 tags of AWS's form")
    return tags
