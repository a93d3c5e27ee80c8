"""Responses: base64 of a stranger becomes the assertion that a provider signed, or the fault to answer.

It runs beside the event loop, on a stranger's bytes. Its budget: 75 KB, 32 levels, 2,000 elements, 4,000 attributes,
1,000 namespaces; a signature of the response and one of the assertion, each held to ten certificates at the most; four
wrapped keys under two private ones. It fetches nothing. The worst that is known takes 50 ms, a genuine one 2.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyreeve.access.saml import assertion, decryption, document, signature
from keyreeve.access.saml.assertion import Assertion
from keyreeve.access.saml.document import SAML, Response, Unfit
from keyreeve.access.saml.signature import NotSigned
from keyreeve.faults import Fault, IDPRejectedClaim, InvalidIdentityToken

if TYPE_CHECKING:
    from lxml import etree

INVALID = "Your request included an invalid SAML response"
UNSIGNED = "Response signature invalid"
NOT_BASE64 = "Invalid base64 SAMLResponse"
NOT_ENCRYPTED = "The provider requires an encrypted assertion"
REJECTED = "The identity provider reported that authentication failed"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a response is held to: the provider's certificates (DER), our private keys (PEM), whether to encrypt."""

    certificates: tuple[bytes, ...]
    private_keys: tuple[bytes, ...] = field(default=(), repr=False)
    encrypted_only: bool = False


def verify(sent: str, trust: Trust) -> Assertion | Fault:
    """The assertion in a response (base64) that the provider signed, or why there is none."""
    try:
        raw = b64decode("".join(sent.split()), validate=True)
    except (binascii.Error, ValueError):
        return InvalidIdentityToken(NOT_BASE64)
    try:
        return _verified(document.response(document.parse(raw)), trust)
    except NotSigned:
        return InvalidIdentityToken(UNSIGNED)
    except Unfit:
        return InvalidIdentityToken(INVALID)


def _verified(found: Response, trust: Trust) -> Assertion | Fault:
    covered = signature.is_signed(found.root)
    if covered:
        found = document.response(signature.verified(found.root, trust.certificates))
    if not found.succeeded:
        return IDPRejectedClaim(REJECTED)
    if found.encrypted is None and trust.encrypted_only:
        return InvalidIdentityToken(NOT_ENCRYPTED)
    element = _assertion(found, trust, covered)
    if signature.is_signed(element) or not covered:
        element = signature.verified(element, trust.certificates)
    said = assertion.read(element)
    issuer = found.root.find(f"{SAML}Issuer")
    if issuer is not None and issuer.text != said.issuer:
        return InvalidIdentityToken(INVALID)
    return said._replace(destination=found.root.get("Destination"))


def _assertion(found: Response, trust: Trust, covered: bool) -> etree._Element:
    """The assertion, which nobody but perhaps the response's signature has vouched for yet."""
    if found.encrypted is not None:
        plain = decryption.decrypted(found.encrypted, trust.private_keys, covered=covered)
        return document.one_assertion(document.parse(plain))
    if found.assertion is None:
        raise Unfit("no assertion")
    return found.assertion
