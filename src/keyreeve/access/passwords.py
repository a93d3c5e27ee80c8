"""Passwords: kept as argon2id hashes (RFC 9106), which are slow and large on purpose.

64 MiB, three passes, four lanes, 16 bytes of salt, 32 of tag: RFC 9106 §4's second recommended choice, a few dozen
milliseconds of a core. So hashing belongs into a bounded pool, and the memory in use is 64 MiB times the pool's size.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 4
SALT_BYTES = 16

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=32)


def hash(password: str, chance: Callable[[int], bytes] = secrets.token_bytes) -> str:  # noqa: A001  as passwords.hash
    """The hash to keep: text with its parameters and a fresh salt of `chance`."""
    return _hasher.hash(_utf8(password), salt=chance(SALT_BYTES))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the one that `stored` was made of.

    Without a stored hash (no such user, no password) the answer is False after the same work, so that time does not
    tell who exists. A stored text that is no hash raises argon2's InvalidHashError: that is our fault, not the user's.
    """
    try:
        _hasher.verify(_nobodys() if stored is None else stored, _utf8(password))
    except VerifyMismatchError:
        return False
    return stored is not None


def is_any(stored: tuple[str, ...], password: str) -> bool:
    """Whether the password is one of those that these hashes were made of; it takes as long as all of them do."""
    return sum(verify(each, password) for each in stored) > 0


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's; make it anew at the next sign-in."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return hash(secrets.token_hex(16))


def _utf8(password: str) -> bytes:
    return password.encode(errors="surrogatepass")
