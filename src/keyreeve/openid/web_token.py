"""Web tokens: a JWT (RFC 7519) signed by an issuer's key, read strictly and verified with PyJWT.

A token is `presented` until its signature is verified; only then its claims are told. Of the header just `alg`, `kid`
and the refusal of `crit` count: `jwk`, `jku`, `x5u` and `x5c` would let the token bring its own key.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jwt import PyJWS, PyJWTError

from keyreeve.openid import strict_json
from keyreeve.openid.web_keys import ALGORITHMS, WebKey

LARGEST = 20_000
"""Characters of a token (the model of AssumeRoleWithWebIdentity)."""

LARGEST_HEADER = 4096
LONGEST_KID = 1024
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class NotAToken(Exception):
    """A text that is no JWT of a kind that is accepted."""


class NotSigned(Exception):
    """A signature that none of the issuer's keys made."""


class NoKey(NotSigned):
    """A token for which the issuer has no key, or more than one."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A token of which nothing is proven yet. `issuer` says whom to ask for keys, and no more."""

    text: str
    algorithm: str
    kid: str | None
    issuer: str


def present(text: str) -> Presented:
    """What a token's form says. Raises NotAToken."""
    parts = _FORM.fullmatch(text) if len(text) <= LARGEST else None
    if parts is None or len(parts[1]) > LARGEST_HEADER:
        raise NotAToken("not three parts")
    header, claims = _object(parts[1]), _object(parts[2])
    _decoded(parts[3])
    algorithm, kid, issuer = header.get("alg"), header.get("kid"), claims.get("iss")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotAToken("an algorithm that is not accepted")
    # What is critical to its author and unknown to us, b64 for one, may not be passed over (RFC 7515 §4.1.11).
    if "crit" in header or "b64" in header:
        raise NotAToken("a critical extension")
    if not (kid is None or (isinstance(kid, str) and len(kid) <= LONGEST_KID)) or not isinstance(issuer, str):
        raise NotAToken("a key id or an issuer that is no text")
    return Presented(text, algorithm, kid, issuer)


def claims(presented: Presented, keys: Iterable[WebKey]) -> dict[str, Any]:
    """The claims of a token that one of the issuer's keys signed. Raises NotSigned.

    Without a `kid` there must be one key alone that fits; nothing is tried out.
    """
    fitting = [key for key in keys if key.fits(presented.algorithm) and presented.kid in {None, key.kid}]
    if len(fitting) != 1:
        raise NoKey("no key, or more than one, fits")
    allowed = [presented.algorithm]
    try:
        payload = PyJWS(algorithms=allowed).decode(presented.text, fitting[0].key, algorithms=allowed)
    except PyJWTError:
        raise NotSigned("the signature is wrong") from None
    if not isinstance(payload, bytes):
        raise NotSigned("no bytes were signed")
    return strict_json.load(payload)


def _object(part: str) -> dict[str, Any]:
    try:
        return strict_json.load(_decoded(part))
    except strict_json.NotStrict:
        raise NotAToken("a part that is not JSON") from None


def _decoded(part: str) -> bytes:
    """The bytes of a part, which has one spelling: bits that say nothing are zero (RFC 4648 §3.5)."""
    try:
        found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise NotAToken("a part that is not base64url") from None
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise NotAToken("a part that is not written as base64url is")
    return found
