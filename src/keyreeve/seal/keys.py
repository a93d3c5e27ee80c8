"""Keys: one state of the key ring, and what it seals, opens and authenticates.

An envelope is

    1 byte version · 4 bytes key id · 12 bytes salt · 12 bytes nonce · AES-256-GCM ciphertext and its 16-byte tag

with what the envelope is bound to as additional data, so that it opens in its own row only. Each message is sealed
under a key that few others have, HMAC-SHA256(key for the purpose, salt): a record's secret under one of its own, tokens
under one for 65,536 of them. Plain AES-GCM with random 96-bit nonces ends at 2^32 messages a key (NIST SP 800-38D
§8.3), which a busy STS issues in weeks and after which tokens could be forged; with a salt no count matters (as in
C2SP's XAES-256-GCM). AES-GCM-SIV would only soften a repeated nonce, and not every OpenSSL has it.

Each purpose has a key derived by HKDF (RFC 5869): what seals records cannot open tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from hmac import HMAC, compare_digest
from itertools import count
from typing import Annotated, Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Chance = Callable[[int], bytes]
"""Gives n random bytes."""

SECRET_BYTES = 32
TOKENS_PER_SALT = 1 << 16
"""Tokens that are sealed under one derived key: its cipher is made once, a third of the work of sealing."""

VERSION = b"\x01"
OVERHEAD_BYTES = 1 + 4 + 12 + 12 + 16

_ID = slice(1, 5)
_SALT = slice(5, 17)
_NONCE = slice(17, 29)
_TEXT = slice(29, None)


class SealBroken(Exception):
    """Sealed bytes that do not open: altered, bound to something else, or sealed under another key ring."""


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One key of the ring. `retired` is when it stopped being the primary.

    A retired key still opens what it sealed; a compromised one still opens records, so that they can be sealed anew,
    but no tokens, and it authenticates nothing.
    """

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}$")]
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    secret: Annotated[bytes, msgspec.Meta(min_length=SECRET_BYTES, max_length=SECRET_BYTES)]
    state: Literal["primary", "retired", "compromised"]
    retired: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Key({self.id}, {self.state})"


class _Purposes(NamedTuple):
    """A key, and the HMACs under the keys that are derived from it; they are copied (see `_digest`)."""

    key: Key
    records: HMAC
    tokens: HMAC
    codes: HMAC


class _Series(NamedTuple):
    """A salt, the cipher under the key that it gives, and how many have been sealed with it."""

    salt: bytes
    cipher: AESGCM
    numbers: Iterator[int]


class Opened(NamedTuple):
    """An opened token, and when its key was retired, if it was: a token issued later is not ours."""

    plaintext: bytes
    retired: datetime | None


class Keys:
    """Several keys, the primary first in use: an immutable value, told apart by identity."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self.all = keys
        self._by_id = {bytes.fromhex(key.id): _purposes(key) for key in keys}
        primaries = [purposes for purposes in self._by_id.values() if purposes.key.state == "primary"]
        if len(primaries) != 1 or len(self._by_id) != len(keys):
            raise ValueError("a key ring has one primary key, and no two keys with one id")
        self._primary = primaries[0]
        self._head = VERSION + bytes.fromhex(self._primary.key.id)
        self._series: _Series | None = None

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Keys{self.all}"

    def seal(self, plaintext: bytes, bound_to: str, chance: Chance) -> bytes:
        """Seal a record's secret; it opens only with the same `bound_to`."""
        return _seal(self._head, self._primary.records, plaintext, bound_to, chance)

    def unseal(self, sealed: bytes, bound_to: str) -> bytes:
        """Open what `seal` gave. Raises SealBroken."""
        return _unseal(self._sealer(sealed).records, sealed, bound_to)

    def seal_token(self, plaintext: bytes, chance: Chance) -> bytes:
        """Seal a session token."""
        series = self._series
        if series is None or next(series.numbers) >= TOKENS_PER_SALT:
            salt = chance(12)
            series = self._series = _Series(salt, AESGCM(_digest(self._primary.tokens, salt)), count(1))
        nonce = chance(12)
        return self._head + series.salt + nonce + series.cipher.encrypt(nonce, plaintext, self._head)

    def unseal_token(self, sealed: bytes) -> Opened:
        """Open what `seal_token` gave. Raises SealBroken, also for a key that is compromised."""
        purposes = self._sealer(sealed)
        if purposes.key.state == "compromised":
            raise SealBroken("sealed under a key that is compromised")
        return Opened(_unseal(purposes.tokens, sealed, ""), purposes.key.retired)

    def mac(self, data: bytes, purpose: str) -> bytes:
        """A code of 36 bytes that authenticates `data` for one purpose."""
        return self._head[_ID] + _code(self._primary, data, purpose)

    def authentic(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether `code` is a `mac` of the same data and purpose, under a key of the ring that is not compromised."""
        return self._state_of(data, code, purpose) in {"primary", "retired"}

    def exposed(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether `code` is a `mac` of this under a key that is compromised: whoever knows it can make such codes."""
        return self._state_of(data, code, purpose) == "compromised"

    def _state_of(self, data: bytes, code: bytes, purpose: str) -> str | None:
        """The state of the key that a code was made with; None where it is no code of this."""
        purposes = self._by_id.get(code[:4])
        if purposes is None or not compare_digest(code[4:], _code(purposes, data, purpose)):
            return None
        return purposes.key.state

    def _sealer(self, sealed: bytes) -> _Purposes:
        purposes = self._by_id.get(sealed[_ID])
        if purposes is None or not sealed.startswith(VERSION) or len(sealed) < OVERHEAD_BYTES:
            raise SealBroken("not sealed under this key ring")
        return purposes


def _purposes(key: Key) -> _Purposes:
    def derived(purpose: bytes) -> HMAC:
        secret = HKDF(SHA256(), SECRET_BYTES, salt=None, info=b"keyreeve 1 " + purpose).derive(key.secret)
        return HMAC(secret, digestmod="sha256")

    return _Purposes(key, derived(b"records"), derived(b"tokens"), derived(b"codes"))


def _digest(code: HMAC, data: bytes) -> bytes:
    """The HMAC of some data: to copy one that has its key takes half as long as to begin anew."""
    copied = code.copy()
    copied.update(data)
    return copied.digest()


def _seal(head: bytes, key: HMAC, plaintext: bytes, bound_to: str, chance: Chance) -> bytes:
    fresh = chance(24)
    cipher = AESGCM(_digest(key, fresh[:12]))
    return head + fresh + cipher.encrypt(fresh[12:], plaintext, head + bound_to.encode())


def _unseal(key: HMAC, sealed: bytes, bound_to: str) -> bytes:
    cipher = AESGCM(_digest(key, sealed[_SALT]))
    try:
        return cipher.decrypt(sealed[_NONCE], sealed[_TEXT], sealed[:5] + bound_to.encode())
    except InvalidTag:
        raise SealBroken("altered, or bound to something else") from None


def _code(purposes: _Purposes, data: bytes, purpose: str) -> bytes:
    name = purpose.encode()
    return _digest(purposes.codes, len(name).to_bytes(4) + name + data)
