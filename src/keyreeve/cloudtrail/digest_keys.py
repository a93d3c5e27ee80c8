"""Digest keys: an account's key pairs that sign its digest files, and ListPublicKeys.

AWS has a key pair a region; here one serves all regions of an account. The private key rests sealed, bound to its
fingerprint, and leaves the system never.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from keyreeve.cloudtrail.faults import InvalidTimeRangeException, InvalidTokenException
from keyreeve.entities import DigestKey
from keyreeve.operations import Call, anything, operation

VALID = timedelta(days=3650)
RENEWED = timedelta(days=365)
"""A key that ends sooner than this gets a successor when a trail is next made or changed."""

_BITS = 2048
_EXPONENT = 65537
_FINGERPRINT_DIGITS = 32


def generated(account_id: str) -> tuple[bytes, bytes]:  # noqa: ARG001  a key is made for one account
    """A new key pair: the private key in PKCS #8, the public one in PKCS #1, both DER."""
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    der, plain = serialization.Encoding.DER, serialization.NoEncryption()
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain)
    return private, key.public_key().public_bytes(der, serialization.PublicFormat.PKCS1)


def hold_key(call: Call) -> None:
    """See to it that the account has a key that is good for a while."""
    if any(key.validity_end_time > call.now + RENEWED for key in call.tx.all(DigestKey, call.account_id)):
        return
    private, public = call.slow(generated, call.account_id)
    fingerprint = sha256(public).hexdigest()[:_FINGERPRINT_DIGITS]
    call.tx.put(
        DigestKey(
            account_id=call.account_id,
            fingerprint=fingerprint,
            public_key=public,
            sealed_key=call.ring.seal(private, fingerprint),
            validity_start_time=call.moment(),
            validity_end_time=call.moment() + VALID,
        )
    )


@operation("ListPublicKeys", on=anything)
def list_public_keys(
    call: Call, start_time: datetime | None = None, end_time: datetime | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The public keys that were valid at any time of a range; without one, those that are valid now."""
    if next_token is not None:
        raise InvalidTokenException("The token is not valid.")
    start, end = start_time or end_time or call.now, end_time or call.now
    if start > end:
        raise InvalidTimeRangeException("The start time is after the end time.")
    keys = sorted(call.tx.all(DigestKey, call.account_id), key=lambda key: key.validity_start_time)
    found = [key for key in keys if key.validity_start_time <= end and key.validity_end_time >= start]
    return {"public_key_list": [{"value": key.public_key, **_shown(key)} for key in found]}


def _shown(key: DigestKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("validity_start_time", "validity_end_time", "fingerprint")}
