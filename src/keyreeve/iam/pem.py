"""PEM: certificates, chains and private keys as they come in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

LARGEST_RSA_KEY = 4096
"""Bits. A larger one costs seconds of arithmetic to whoever uses it."""

MOST_CERTIFICATES = 20
"""Certificates of a chain. AWS counts characters only; a chain as long as those allow would take seconds to prove."""

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----")


def certificate(text: str) -> x509.Certificate | None:
    """The one certificate that a text holds; None if it holds anything else."""
    found = certificates(text)
    return found[0] if found is not None and len(found) == 1 else None


def certificates(text: str) -> list[x509.Certificate] | None:
    """The certificates that a text holds, in its order, and nothing beside; None if they cannot be read."""
    if _BLOCK.sub("", text).strip() or {match[1] for match in _BLOCK.finditer(text)} != {"CERTIFICATE"}:
        return None
    if text.count("-----BEGIN ") > MOST_CERTIFICATES:
        return None
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None


def is_current(found: x509.Certificate, now: datetime) -> bool:
    """Whether a moment is in a certificate's validity."""
    return found.not_valid_before_utc <= now <= found.not_valid_after_utc


def is_chain(links: Sequence[x509.Certificate]) -> bool:
    """Whether each certificate is signed by the one after it."""
    return all(_signed(*pair) for pair in pairwise(links))


def _signed(found: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def private_key(text: str) -> PrivateKey | None:
    """The unencrypted RSA or elliptic-curve key that a text holds; None if it holds none that could be used.

    Proving that an RSA key's numbers belong together takes a quarter of a second: work for the pool.
    """
    found = _key(text, unproven=True)
    if isinstance(found, RSAPrivateKey):
        return _key(text) if found.key_size <= LARGEST_RSA_KEY else None
    return found


def _key(text: str, *, unproven: bool = False) -> PrivateKey | None:
    try:
        found = load_pem_private_key(text.strip().encode(), None, unsafe_skip_rsa_key_validation=unproven)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, RSAPrivateKey | EllipticCurvePrivateKey) else None


def belong_together(found: x509.Certificate, key: PrivateKey) -> bool:
    """Whether a certificate is for the public half of a key."""
    return _public_bytes(found) == _public_bytes(key)


def _public_bytes(source: x509.Certificate | PrivateKey) -> bytes:
    return source.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
