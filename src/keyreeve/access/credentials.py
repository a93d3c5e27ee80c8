"""Credentials and unique ids in AWS's form, made from a source of chance that the caller gives.

An access key id tells its account: its 16 characters after the prefix are base32 of 10 bytes, and the first six bytes
hold a set bit, the account id in 40 bits and seven more bits (public analyses of keys issued since 2019). Unique ids
begin in the same way. STS's GetAccessKeyInfo rests on this.
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode, b64encode
from collections.abc import Callable
from functools import lru_cache

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
"""Two characters of base32 (RFC 4648) for each ten bits."""

Chance = Callable[[int], bytes]
"""Gives n random bytes: `secrets.token_bytes`, or a seeded twin to replay a conversation."""

_HOLDS_ACCOUNT = re.compile(r"[A-Z]{4}[Q-Z2-7][A-Z2-7]{15}").fullmatch
KEY_ID_LENGTH = 20
"""Characters of an access key id; the first ones of a unique id tell the account in the same way."""

_LARGEST_ACCOUNT = 999_999_999_999
_SECRET_BYTES = 30


def access_key_id(prefix: str, account_id: str, chance: Chance) -> str:
    """A new access key id: `AKIA` (long-term) or `ASIA` (temporary) and 16 characters that tell the account."""
    return prefix + _told(account_id, chance(5))


def unique_id(prefix: str, account_id: str, chance: Chance) -> str:
    """A new unique id: a prefix (`AIDA` user, `AGPA` group, `AROA` role, `ANPA` policy, …) and 17 characters.

    44 bits of it are chance, so ids do not come again.
    """
    random = chance(6)
    return prefix + _told(account_id, random[:5]) + _ALPHABET[random[5] & 0x1F]


def secret_access_key(chance: Chance) -> str:
    """A new secret access key: 240 bits of chance as 40 characters of base64."""
    return b64encode(chance(_SECRET_BYTES)).decode()


def opaque_id(chance: Chance) -> str:
    """A new id that tells nothing: 160 bits of chance as 32 characters of base32."""
    return b32encode(chance(20)).decode()


def account_of(access_key_id: str) -> str | None:
    """The account that an access key id tells; None where it tells none (an older key, or no key id)."""
    # Anybody may send any text as a key id, and what is kept must not be theirs to fill.
    return _account_of(access_key_id) if len(access_key_id) == KEY_ID_LENGTH else None


@lru_cache(maxsize=8192)
def _account_of(access_key_id: str) -> str | None:
    if not _HOLDS_ACCOUNT(access_key_id):
        return None
    account = (int.from_bytes(b32decode(access_key_id[4:])[:6]) & 0x7FFF_FFFF_FF80) >> 7
    return f"{account:012d}" if account <= _LARGEST_ACCOUNT else None


def _told(account_id: str, random: bytes) -> str:
    head, bit = _head(account_id)
    rest = bit | int.from_bytes(random) & 0x7F_FFFF_FFFF
    return f"{head}{_PAIRS[rest >> 30]}{_PAIRS[rest >> 20 & 0x3FF]}{_PAIRS[rest >> 10 & 0x3FF]}{_PAIRS[rest & 0x3FF]}"


@lru_cache(maxsize=4096)
def _head(account_id: str) -> tuple[str, int]:
    """What all ids of an account begin with: eight characters, and the bit before the chance of the next ones."""
    number = 1 << 40 | int(account_id)
    head = "".join([_PAIRS[number >> shift & 0x3FF] for shift in (31, 21, 11, 1)])
    return head, (number & 1) << 39
