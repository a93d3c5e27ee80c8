"""Key proofs: what an answer of a security key comes to."""

from __future__ import annotations

from typing import NamedTuple


class NotProven(Exception):
    """An answer that proves nothing: of another challenge, party, page or key, or broken. The text is for a log."""


class Credential(NamedTuple):
    """What a key made for us: `credential_id` is base64url, `public_key` COSE, `sign_count` its counter by now.

    `certifications` are those of its make, if it proved to be of one that is known.
    """

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    certifications: tuple[tuple[str, str], ...] = ()
