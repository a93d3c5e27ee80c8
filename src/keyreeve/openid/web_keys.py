"""Web keys: the public keys of an issuer (RFC 7517), and which algorithms each of them fits.

An algorithm is bound to a type of key here and nowhere else, so that no token can have an RSA key taken for a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import InvalidKeyError
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

MOST = 100
"""Keys of one type that an issuer may publish (STS API reference, AssumeRoleWithWebIdentity)."""

LISTED = 4 * MOST
"""Keys of all kinds that are looked at."""

SMALLEST_RSA, LARGEST_RSA = 2048, 8192
"""Bits of a modulus: smaller is weak, larger takes too long to verify for whoever has proven nothing."""

LARGEST_EXPONENT = 0xFFFF_FFFF

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "RS256": ("RSA", ""),
    "RS384": ("RSA", ""),
    "RS512": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
"""The signatures that AWS takes, with the type and the curve of the key that each needs."""


@dataclass(frozen=True, slots=True)
class WebKey:
    """A public key as published. `algorithm` is None where the issuer leaves it open."""

    kid: str | None
    kty: str
    curve: str
    algorithm: str | None
    key: RSAPublicKey | EllipticCurvePublicKey

    def fits(self, algorithm: str) -> bool:
        """Whether a signature by this algorithm may be by this key."""
        return ALGORITHMS.get(algorithm) == (self.kty, self.curve) and self.algorithm in {None, algorithm}


def read(keys: object) -> tuple[WebKey, ...]:
    """The keys of a set that can verify tokens; what is for something else is left out. Raises ValueError if too many.

    A number of unfit ones does not spoil the set: issuers publish keys for encryption too, and of kinds to come.
    """
    if not isinstance(keys, list) or len(keys) > LISTED:
        raise ValueError("no list of keys, or one that is too long")
    found = tuple(key for each in keys if (key := _one(each)) is not None)
    if any(sum(key.kty == kty for key in found) > MOST for kty in ("RSA", "EC")):
        raise ValueError("too many keys")
    return found


def _one(jwk: object) -> WebKey | None:
    if not isinstance(jwk, dict) or not _for_signatures(jwk):
        return None
    kid, algorithm, kty = jwk.get("kid"), jwk.get("alg"), jwk.get("kty")
    if not (kid is None or isinstance(kid, str)) or not (algorithm is None or isinstance(algorithm, str)):
        return None
    curve = str(jwk.get("crv")) if kty == "EC" else ""
    if (kty, curve) not in ALGORITHMS.values():
        return None
    key = _key(jwk)
    return None if key is None else WebKey(kid, str(kty), curve, algorithm, key)


def _for_signatures(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    # A private key that is published is no key any more.
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations and "d" not in jwk


def _key(jwk: dict[str, Any]) -> RSAPublicKey | EllipticCurvePublicKey | None:
    try:
        key = RSAAlgorithm.from_jwk(jwk) if jwk["kty"] == "RSA" else ECAlgorithm.from_jwk(jwk)
    except (InvalidKeyError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(key, EllipticCurvePublicKey):
        return key
    if not isinstance(key, RSAPublicKey) or not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        return None
    exponent = key.public_numbers().e
    return key if exponent % 2 and 3 <= exponent <= LARGEST_EXPONENT else None  # noqa: PLR2004  the smallest there is
