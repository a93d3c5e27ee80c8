"""Session tokens: temporary credentials with all that is known of their session, sealed.

A token is self-contained, so any node opens it without a look-up, and it is the only place where the session's secret
access key is kept. Opening proves that the token is ours and whole; that the session has not expired and that what it
stands on (the user or role) is still there is the caller's to check, at every request.

The text is URL-safe base64 without padding, so it survives paste, query strings and shells unquoted. Its plaintext is

    1 byte packing (0 as it is, 1 deflated) · 4 bytes length · MessagePack · zeros up to the size asked for
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from keyreeve.entities import Tag
from keyreeve.seal import KeyRing, Keys, SealBroken
from keyreeve.seal.keys import OVERHEAD_BYTES

LONGEST_TOKEN = 4096
"""Characters of a token at most (STS quotas: session token size)."""

LONGEST_SESSION = timedelta(hours=36)

WORTH_DEFLATING = 384
"""Bytes of a session from which deflating saves more than it costs: those with policies or several tags."""

ROTATION_REACHES_ALL = timedelta(minutes=5)
"""How long a node may still seal under a key that another node has retired."""

_HEAD_BYTES = 5
_LONGEST_BYTES = LONGEST_TOKEN * 3 // 4


class TokenBroken(Exception):
    """A token that is altered, foreign, too long, or sealed under a key that is gone."""


class TokenTooLarge(Exception):
    """A session whose token would take more than LONGEST_TOKEN, by its percentage of that."""

    def __init__(self, percentage: int) -> None:
        super().__init__(f"{percentage} % of {LONGEST_TOKEN}")
        self.percentage = percentage


class Session(msgspec.Struct, frozen=True, kw_only=True, array_like=True, omit_defaults=True):
    """One session of temporary credentials (ASIA…). New members go to the end, with a default.

    `principal_id` is the unique id of what the session acts as: the role (AROA…) of a role_session, the user (AIDA…)
    of a user_session (GetSessionToken) or behind a federated_user, the account's id for the root user. `session_name`
    is the RoleSessionName or the federated user's Name. `parent_access_key_id` is the key whose call made the session,
    None for SAML and web identity. `tags` are the session's, inherited ones included; `transitive_tag_keys` those that
    travel on. `mfa_time` is when the second factor was given. `chained` says that a role session made this one,
    `console` that a sign-in did: it may call whatever its principal may.
    `provider_keys` are the condition keys (lower case) that a SAML or web identity session keeps of its token.
    `assumed_root` marks a root_session of AssumeRoot, `delegate` is the account that acts by a delegation request.
    """

    kind: Literal["role_session", "user_session", "federated_user", "root_session"]
    account_id: str
    access_key_id: str
    secret_access_key: str
    principal_id: str
    issued: datetime
    expires: datetime
    session_name: str | None = None
    parent_access_key_id: str | None = None
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_time: datetime | None = None
    chained: bool = False
    provider_keys: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    assumed_root: bool = False
    delegate: str | None = None
    console: bool = False

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Session({self.kind}, {self.access_key_id}, {self.principal_id}, until {self.expires})"


_decode = msgspec.msgpack.Decoder(Session).decode


def issue(ring: KeyRing, session: Session, minimum_size: int = 0) -> str:
    """The token of a session, padded to at least `minimum_size` characters. Raises TokenTooLarge."""
    plaintext = _packed(msgspec.msgpack.encode(session), minimum_size)
    if len(plaintext) + OVERHEAD_BYTES > _LONGEST_BYTES:
        raise TokenTooLarge(-(-(len(plaintext) + OVERHEAD_BYTES) * 100 // _LONGEST_BYTES))
    return _text(ring.seal_token(plaintext))


def open(ring: KeyRing, token: str) -> Session:  # noqa: A001  callers say tokens.open, and no file is opened here
    """The session of a token. Raises TokenBroken. Expiry is the caller's to check."""
    if len(token) > LONGEST_TOKEN:
        raise TokenBroken("too long")
    return _opened(ring.keys, token)


@lru_cache(maxsize=2048)
def _opened(keys: Keys, token: str) -> Session:
    """What a token holds under one state of the key ring: neither changes, and a rotated ring is another state."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        plaintext, retired = keys.unseal_token(sealed)
        session = _decode(_unpacked(plaintext))
    except (ValueError, SealBroken, zlib.error, msgspec.MsgspecError) as error:
        raise TokenBroken(str(error)) from None
    if _text(sealed) != token:
        raise TokenBroken("not written as we write it")
    if session.expires - session.issued > LONGEST_SESSION:
        raise TokenBroken("longer than any session")
    if retired is not None and session.issued > retired + ROTATION_REACHES_ALL:
        raise TokenBroken("sealed under a key after its retirement")
    return session


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _packed(record: bytes, minimum_size: int) -> bytes:
    deflated = zlib.compress(record) if len(record) > WORTH_DEFLATING else record
    packing, content = (b"\1", deflated) if len(deflated) < len(record) else (b"\0", record)
    plaintext = packing + len(content).to_bytes(4) + content
    return plaintext.ljust(-(-minimum_size * 3 // 4) - OVERHEAD_BYTES, b"\0")


def _unpacked(plaintext: bytes) -> bytes:
    content = plaintext[_HEAD_BYTES : _HEAD_BYTES + int.from_bytes(plaintext[1:_HEAD_BYTES])]
    return zlib.decompress(content) if plaintext[:1] == b"\1" else content


# Sizes.


def utilization(token: str) -> int:
    """SessionTokenUtilization: the percentage of the largest token that this one takes, rounded up."""
    return -(-len(token) * 100 // LONGEST_TOKEN)
