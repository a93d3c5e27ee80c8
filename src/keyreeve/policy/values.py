"""Values of the condition operators' types, read from text: numbers, dates, booleans, bytes, addresses.

Each reader answers None for text that is not of its type.
Sources: IAM User Guide, "Condition operators"; W3C, "Date and Time Formats".
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_network
from typing import NamedTuple


class Block(NamedTuple):
    """A block of addresses of IP version 4 or 6: its first and last address as numbers."""

    version: int
    first: int
    last: int


_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_EPOCH = re.compile(r"-?[0-9]{1,19}")
_YEAR = re.compile(r"[0-9]{4}")
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)
_PREFIXED = re.compile(r"[0-9a-fA-F.:]+(/[0-9]{1,3})?")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_TRUTHS = {"true": True, "false": False}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MOST_SECONDS = 2**63
_NANOSECONDS = 10**9


@lru_cache(maxsize=1024)
def number(text: str) -> Decimal | None:
    """An integer or decimal; exponents are no part of the language."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1024)
def moment(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 date or of epoch seconds.

    Four digits alone are a year; AWS does not say.
    """
    if _EPOCH.fullmatch(text) and not _YEAR.fullmatch(text):
        seconds = int(text)
        return seconds * _NANOSECONDS if -_MOST_SECONDS <= seconds < _MOST_SECONDS else None
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        days = date(int(year), int(month or 1), int(day or 1)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    clock = _clock(int(hour or 0), int(minute or 0), int(second or 0))
    offset = _offset(zone)
    if clock is None or offset is None:
        return None
    whole = days * 86_400 + clock - offset
    return whole * _NANOSECONDS + int((fraction or "0").ljust(9, "0"))


def _clock(hour: int, minute: int, second: int) -> int | None:
    valid = hour < 24 and minute < 60 and second < 60  # noqa: PLR2004  a clock
    return hour * 3600 + minute * 60 + second if valid else None


def _offset(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    offset = _clock(int(zone[1:3]), int(zone[4:6]), 0)
    return -offset if offset is not None and zone[0] == "-" else offset


def boolean(text: str) -> bool | None:
    """`true` or `false` in any case."""
    found = _TRUTHS.get(text)
    return _TRUTHS.get(text.lower()) if found is None else found


@lru_cache(maxsize=1024)
def octets(text: str) -> bytes | None:
    """Bytes of base64 text."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        return None


@lru_cache(maxsize=1024)
def network(text: str) -> Block | None:
    """A CIDR block or a bare address, which is a block of one; host bits are ignored."""
    if not _PREFIXED.fullmatch(text):
        return None
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    return Block(found.version, int(found.network_address), int(found.broadcast_address))


def address(text: str) -> Block | None:
    """An address as a request has it: never a block of several."""
    return None if "/" in text else network(text)


def within(blocks: list[Block]) -> Callable[[Block], bool]:
    """Whether an address lies in one of several blocks; one of version 4 lies in none of version 6."""
    runs: dict[int, tuple[list[int], list[int]]] = {4: ([], []), 6: ([], [])}
    for version, first, last in sorted(blocks):
        firsts, lasts = runs[version]
        if not lasts or first > lasts[-1]:
            firsts.append(first)
            lasts.append(last)
        else:
            lasts[-1] = max(lasts[-1], last)

    def covers(address: Block) -> bool:
        version, first, last = address
        firsts, lasts = runs[version]
        at = bisect_right(firsts, first) - 1
        return at >= 0 and last <= lasts[at]

    return covers
