"""Buckets: where a trail's files go. A bucket is a folder that the operator's configuration gives the name to.

A prefix becomes a path below that folder, so it is held to parts that lead nowhere else.
"""

from __future__ import annotations

import re

from keyreeve.cloudtrail.faults import (
    InvalidS3BucketNameException,
    InvalidS3PrefixException,
    S3BucketDoesNotExistException,
)
from keyreeve.operations import Call

LONGEST_PREFIX = 200

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]").fullmatch
_PART = re.compile(r"[A-Za-z0-9!_.*'()-]+").fullmatch
_OURS = "AWSLogs"


def bucket(call: Call, name: str) -> None:
    """Return if a bucket can be delivered to; raise why not."""
    if _BUCKET(name) is None or ".." in name:
        raise InvalidS3BucketNameException(f"Bucket name is not valid: {name}")
    if not call.deliveries.takes(name):
        raise S3BucketDoesNotExistException(f"S3 bucket {name} does not exist!")


def prefix(given: str | None) -> str | None:
    """A prefix as it is kept: without a slash at its end; None for an empty one."""
    if not given:
        return None
    kept = given.removesuffix("/")
    parts = kept.split("/")
    if len(given) > LONGEST_PREFIX or not all(_fit(part) for part in parts):
        raise InvalidS3PrefixException(f"The S3 prefix is not valid: {given}")
    return kept


def _fit(part: str) -> bool:
    # A part of that name would put one account's files among another's.
    return _PART(part) is not None and set(part) != {"."} and part != _OURS
