"""What a text is worth to an operator: a number, an instant, a range of addresses, bytes, a truth.

IAM User Guide, "IAM JSON policy elements: Condition operators". A text that is not of the operator's type raises
NotOfTypeError: what the comparison is worth then is open in the documentation.
"""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction


class NotOfTypeError(Exception):
    """The text is not of the operator's type."""


NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
DATE = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"([Tt](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,9})?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)
EPOCH = re.compile(r"-?[0-9]+")
START = datetime(1970, 1, 1, tzinfo=UTC)


def number(text: str) -> Fraction:
    """AWS: "Numeric condition operators … an integer or decimal value": compared by value, so `10` is `10.0`."""
    if not NUMBER.fullmatch(text):
        raise NotOfTypeError(text)
    return Fraction(text)


def instant(text: str) -> Fraction:
    """Seconds since 1970 of "one of the W3C implementations of the ISO 8601 date formats or … epoch (UNIX) time".

    Four digits are a year as well as an epoch second; read as a year. ISO 8601 leaves the case of T and Z free.
    """
    found = DATE.fullmatch(text)
    if found:
        return calendar(found)
    if EPOCH.fullmatch(text) and abs(int(text)) < 2**63:  # AWS refuses greater ones in a policy
        return Fraction(text)
    raise NotOfTypeError(text)


def calendar(found: re.Match[str]) -> Fraction:
    """The instant of a date's parts: what is left out is the first of its kind, in UTC."""
    names = ("year", "month", "day", "hour", "minute", "second")
    parts = [int(found[name] or first) for name, first in zip(names, (0, 1, 1, 0, 0, 0), strict=True)]
    try:
        moment = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        raise NotOfTypeError(found[0]) from None
    return Fraction((moment - START) // timedelta(seconds=1)) + Fraction("0" + (found["fraction"] or "")) - zone(found)


def zone(found: re.Match[str]) -> int:
    """Seconds that the zone is ahead of UTC."""
    text = found["zone"]
    if text in {None, "Z", "z"}:
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 -- a clock's
        raise NotOfTypeError(found[0])
    return (1 if text[0] == "+" else -1) * (hours * 3600 + minutes * 60)


def truth(text: str) -> bool:
    """AWS: "Boolean conditions … true or false", in practice without regard to case."""
    if text.lower() not in {"true", "false"}:
        raise NotOfTypeError(text)
    return text.lower() == "true"


def decoded(text: str) -> bytes:
    """AWS: "BinaryEquals … a base-64 encoded representation of the binary value"."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotOfTypeError(text) from None


def address(text: str) -> tuple[int, int]:
    """An IPv4 or IPv6 address: bits of its kind (32 or 128), and its number."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise NotOfTypeError(text) from None
    return found.max_prefixlen, int(found)


def within(text: str, block: str) -> bool:
    """AWS: "the standard CIDR format". An address alone stands for itself; v4 is never within v6, nor the reverse."""
    bits, place = address(text)
    start, slash, length = block.partition("/")
    block_bits, block_place = address(start)
    if slash and not re.fullmatch(r"[0-9]{1,3}", length):
        raise NotOfTypeError(block)
    free = block_bits - (int(length) if slash else block_bits)
    if free < 0:
        raise NotOfTypeError(block)
    return bits == block_bits and place >> free == block_place >> free
