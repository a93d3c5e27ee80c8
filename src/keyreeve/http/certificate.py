"""The server's certificate on disk: who may read its private key, and how long it is good."""

from __future__ import annotations

import shlex
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509

SOON = timedelta(days=30)
"""How long before its end a certificate is to be looked at."""

_TOO_MANY = stat.S_IRWXO | stat.S_IWGRP
# A group may read it: keys are often root's, and a group of servers has the use of them.

Term = Literal["good", "ends soon", "not good"]


def exposed(key: Path) -> str | None:
    """What to do about a private key that everybody may use or a group may replace; None where there is none, too."""
    try:
        mode = stat.S_IMODE(key.stat().st_mode)
    except OSError:
        return None
    if not mode & _TOO_MANY:
        return None
    return f"The private key {key} is open to other users (mode {mode:04o}). Run: chmod g-w,o= {shlex.quote(str(key))}"


def term(file: Path, now: datetime) -> tuple[Term, str]:
    """Whether the first certificate of a PEM file, which is the server's own, is good now, and until when.

    Raises OSError, and ValueError for a file without a certificate.
    """
    leaf = x509.load_pem_x509_certificates(file.read_bytes())[0]
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if now < start:
        return "not good", f"{file} is not good before {start:%Y-%m-%dT%H:%M:%SZ}"
    if now > end:
        return "not good", f"{file} has expired on {end:%Y-%m-%dT%H:%M:%SZ}"
    return "ends soon" if end - now < SOON else "good", f"{file} is good until {end:%Y-%m-%dT%H:%M:%SZ}"


def doubt(file: Path) -> str | None:
    """What there is to warn of about a certificate that is served; None where it is good for long enough."""
    try:
        state, sentence = term(file, datetime.now(UTC))
    except (OSError, ValueError) as error:
        return f"how long {file} is good cannot be read: {error}"
    return None if state == "good" else sentence
