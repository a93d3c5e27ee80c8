"""Files: the names and contents of log files, and how a file comes to stand in a bucket's folder.

Sources: CloudTrail User Guide, "CloudTrail log file name format", "Finding your CloudTrail log files".
"""

from __future__ import annotations

import base64
import gzip
import os
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from keyreeve.entities import Trail

RECORDS = 5_000
"""The records of one file at most."""

_UNIQUE = 16
_NO_LETTER = re.compile("[^A-Za-z0-9]").sub


def below(prefix: str | None, key: str) -> str:
    """An object's key under a trail's prefix."""
    return f"{prefix}/{key}" if prefix else key


def log_key(account_id: str, region: str, time: datetime, seed: str) -> str:
    """The key of a log file. What is unique in it comes from the seed, so that the same file has the same name."""
    digest = base64.b64encode(sha256(seed.encode()).digest()).decode()
    unique = _NO_LETTER("", digest)[:_UNIQUE]
    name = f"{account_id}_CloudTrail_{region}_{time:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"AWSLogs/{account_id}/CloudTrail/{region}/{time:%Y/%m/%d}/{name}"


def digest_key(trail: Trail, region: str, end: datetime) -> str:
    """The key of a digest file."""
    account = trail.account_id
    name = f"{account}_CloudTrail-Digest_{region}_{trail.name}_{trail.home_region}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    key = f"AWSLogs/{account}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{name}"
    return below(trail.s3_key_prefix, key)


def log(records: Sequence[bytes]) -> bytes:
    """A log file's content, before compression."""
    return b'{"Records":[' + b",".join(records) + b"]}"


def compressed(content: bytes) -> bytes:
    """The same content is always the same file."""
    return gzip.compress(content, mtime=0)


def write(folder: Path, key: str, data: bytes) -> None:
    """Put a file where its key says, whole or not at all, and durable on return. Raises OSError."""
    place = folder / key
    make_folder(place.parent)
    beside = place.with_name(f".{place.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
    _sync(folder, place.parent)


def make_folder(place: Path) -> None:
    """Make a folder, and those above it that are not there, each for its owner and group alone. Raises OSError."""
    if not place.is_dir():
        make_folder(place.parent)
        place.mkdir(mode=0o750, exist_ok=True)


def _sync(folder: Path, place: Path) -> None:
    """Make the entries of the folders durable, from the file's own up to the bucket's."""
    while True:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if place == folder:
            return
        place = place.parent
