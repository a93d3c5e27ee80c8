"""Outbound federation: the issuer of an account, its keys and their rotation, and what it publishes.

Sources: IAM User Guide, "Federating AWS identities to external services"; OpenID Connect Discovery 1.0 §3.
We differ: AWS's issuers have host names of their own; ours are paths of this server. See decisions/0034.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from keyreeve.entities import OutboundFederation, TokenSigningKey
from keyreeve.openid import signing
from keyreeve.operations import Call
from keyreeve.store import Transaction
from keyreeve.wire import identifiers

PATH = "/_keyreeve/issuers/"
LONGEST_TOKEN = timedelta(hours=1)
OLDEST = timedelta(days=90)
"""How long a key signs."""

ANNOUNCED = timedelta(minutes=5)
"""How long a successor is published before it signs: others have read the keys anew by then."""

LEEWAY = timedelta(minutes=10)
"""How much longer than the last token a retired key is published, for clocks that differ."""

_PUBLISHED = re.compile(
    rf"{PATH}([0-9]{{12}})/([0-9a-f-]{{36}})/\.well-known/(openid-configuration|jwks\.json)", re.ASCII
)


def federation(tx: Transaction, account_id: str) -> OutboundFederation | None:
    """The account's issuer; None if it never had one."""
    return tx.get(OutboundFederation, account_id, account_id)


def issuer(public_url: str, found: OutboundFederation) -> str:
    """The issuer's URL, as tokens name it."""
    return f"{public_url}{PATH}{found.account_id}/{found.issuer_id}"


def is_local(public_url: str) -> bool:
    """Whether only this machine can ask an issuer at this URL for its keys."""
    host = urlsplit(public_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_ours(public_url: str, url: str) -> bool:
    """Whether an issuer is one of this server's."""
    return url.startswith(f"{public_url}{PATH}")


def signing_key(call: Call, algorithm: str) -> TokenSigningKey:
    """The key that signs now. Where that one is to be replaced, its successor is made and published beside it.

    The operation declares `signing.generate` as slow.
    """
    alive = sorted(
        (
            key
            for key in call.tx.where(TokenSigningKey, call.account_id, "algorithm", algorithm)
            if _signs(key, call.now)
        ),
        key=lambda key: (key.retired is None, key.create_date),
    )
    if alive and alive[-1].retired is None and call.now < alive[-1].create_date + OLDEST:
        return alive[0]
    made = _made(call, algorithm)
    for key in alive:
        if key.retired is None:
            call.tx.put(msgspec.structs.replace(key, retired=call.moment() + ANNOUNCED))
    return alive[0] if alive else made


def _made(call: Call, algorithm: str) -> TokenSigningKey:
    private, public = call.slow(signing.generate, algorithm)
    key_id = identifiers.uuid(call.chance(identifiers.RANDOM_BYTES))
    made = TokenSigningKey(
        account_id=call.account_id,
        key_id=key_id,
        algorithm="RS256" if algorithm == "RS256" else "ES384",
        public_key=public,
        sealed_key=call.ring.seal(private, key_id),
        create_date=call.moment(),
    )
    for key in call.tx.all(TokenSigningKey, call.account_id):
        if not _verifies(key, call.now):
            call.tx.delete(key)
    call.tx.put(made)
    return made


def _signs(key: TokenSigningKey, now: datetime) -> bool:
    return key.retired is None or now < key.retired


def rotate(tx: Transaction, now: datetime, *, compromised: bool) -> None:
    """Have every key that signs replaced by a new one, which is made when it is first needed.

    Keys that are compromised are gone at once, and with them every token that they signed.
    """
    for key in tx.everywhere(TokenSigningKey):
        if compromised:
            tx.delete(key)
        elif key.retired is None:
            tx.put(msgspec.structs.replace(key, retired=now.replace(microsecond=0) + ANNOUNCED))


def _verifies(key: TokenSigningKey, now: datetime) -> bool:
    return key.retired is None or now < key.retired + LONGEST_TOKEN + LEEWAY


def document(tx: Transaction, public_url: str, path: str, now: datetime) -> dict[str, Any] | None:
    """What the issuer of this path publishes there: its discovery document or its keys. None if there is none."""
    named = _PUBLISHED.fullmatch(path)
    found = None if named is None else federation(tx, named[1])
    if named is None or found is None or found.issuer_id != named[2]:
        return None
    if named[3] == "jwks.json":
        keys = [key for key in tx.all(TokenSigningKey, found.account_id) if _verifies(key, now)]
        return {"keys": [signing.published(key.public_key, key.algorithm, key.key_id) for key in keys]}
    name = issuer(public_url, found)
    return {
        "issuer": name,
        "jwks_uri": f"{name}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(signing.ALGORITHMS),
        "claims_supported": ["iss", "aud", "sub", "iat", "exp", "jti", "https://sts.amazonaws.com/"],
    }
