"""Tokens: where a listing goes on, bound to the question that was asked.

A token is a position and a code of the key ring over it and the question: with another question, or made by another,
it is refused.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from keyreeve.cloudtrail.faults import InvalidNextTokenException
from keyreeve.seal import KeyRing

LONGEST = 512
_POSITION_BYTES = 8


def token(ring: KeyRing, purpose: str, question: Any, position: int) -> str:
    """The opaque text for a position in the answer to a question (plain values)."""
    place = position.to_bytes(_POSITION_BYTES)
    return base64.urlsafe_b64encode(place + ring.mac(_bound(question, place), purpose)).decode()


def position(ring: KeyRing, purpose: str, question: Any, given: str | None) -> int | None:
    """The position that a token stands for, None without one; InvalidNextTokenException for one that does not fit."""
    if given is None:
        return None
    try:
        raw = base64.b64decode(given, altchars=b"-_", validate=True) if len(given) <= LONGEST else b""
    except (binascii.Error, ValueError):
        raw = b""
    place, code = raw[:_POSITION_BYTES], raw[_POSITION_BYTES:]
    if not code or not ring.authentic(_bound(question, place), code, purpose):
        raise InvalidNextTokenException("The token is not valid, or was given for other parameters.")
    return int.from_bytes(place)


def _bound(question: Any, place: bytes) -> bytes:
    return msgspec.msgpack.encode((question, place))
