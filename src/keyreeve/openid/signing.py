"""Signing: tokens under keys of our own, and those keys as others need them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ALGORITHMS = ("RS256", "ES384")
"""The signatures that AWS offers for its own tokens."""

RSA_BITS = 2048
_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def generate(algorithm: str) -> tuple[bytes, bytes]:
    """A new key for the algorithm: private (PKCS #8) and public (SPKI), in DER. An RSA key takes up to a second."""
    made: _PrivateKey = (
        rsa.generate_private_key(65537, RSA_BITS) if algorithm == "RS256" else ec.generate_private_key(ec.SECP384R1())
    )
    private = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(private: bytes, algorithm: str, kid: str, claims: dict[str, Any]) -> str:
    """The token of these claims."""
    return jwt.encode(claims, _loaded(private), algorithm, {"kid": kid})


@lru_cache(maxsize=64)
def _loaded(private: bytes) -> _PrivateKey:
    """A key ready for use. It was made here and comes from under a seal: to check its numbers would take 40 ms."""
    found = load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(found, _PrivateKey):
        raise TypeError("a key of another kind than is made here")
    return found


def published(public: bytes, algorithm: str, kid: str) -> dict[str, Any]:
    """The public key as others look it up: a JWK."""
    found = load_der_public_key(public)
    if isinstance(found, rsa.RSAPublicKey):
        jwk = RSAAlgorithm.to_jwk(found, as_dict=True)
    elif isinstance(found, ec.EllipticCurvePublicKey):
        jwk = ECAlgorithm.to_jwk(found, as_dict=True)
    else:
        raise TypeError("a key of another kind than is made here")
    return {
        **{name: value for name, value in jwk.items() if name != "key_ops"},
        "alg": algorithm,
        "kid": kid,
        "use": "sig",
    }
