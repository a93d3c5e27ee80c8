"""Enrolment: what an authenticator reads to make the codes of a new virtual MFA device."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote

import segno

from keyreeve.access import totp

PIXELS = 5
"""Per module of the QR code, so that it can be scanned from a screen."""


class Drawn(NamedTuple):
    """A seed, the same as base32 text for typing, and as a PNG for a camera."""

    seed: bytes
    base32: bytes
    png: bytes


def uri(device_name: str, account_name: str, base32: str) -> str:
    """What the QR code says, in the form that CreateVirtualMFADevice documents."""
    return f"otpauth://totp/{quote(device_name, safe='')}@{quote(account_name, safe='')}?secret={base32}"


def draw(chance: Callable[[int], bytes], device_name: str, account_name: str) -> Drawn:
    """A fresh seed with its QR code. The drawing takes some milliseconds."""
    seed = totp.new_seed(chance)
    base32 = b32encode(seed)
    code, png = segno.make_qr(uri(device_name, account_name, base32.decode()), error="m"), BytesIO()
    code.save(png, kind="png", scale=PIXELS)
    return Drawn(seed, base32, png.getvalue())
