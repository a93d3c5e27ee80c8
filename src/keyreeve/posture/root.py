"""Checks of the root user: made by default, and never needed."""

from __future__ import annotations

from collections.abc import Iterator

from keyreeve.posture.reading import USED_OFTEN_ENOUGH, Reading


def access_key(reading: Reading) -> Iterator[tuple[str, str]]:
    """Access keys of the root user, active ones."""
    if reading.root is not None:
        for key in reading.keys(reading.root.key):
            yield reading.root.arn, f"has the access key {key.access_key_id} of {key.create_date:%Y-%m-%d}"


def mfa(reading: Reading) -> Iterator[tuple[str, str]]:
    """A root user that has a password or a key, but no MFA device."""
    root = reading.root
    if root is None or reading.devices(root.key):
        return
    if root.password_hash is not None:
        yield root.arn, "has a password and no MFA device"
    elif reading.keys(root.key):
        yield root.arn, "has an access key and no MFA device"


def used(reading: Reading) -> Iterator[tuple[str, str]]:
    """A root user that did anything of late."""
    last = None if reading.root is None else reading.last_use(reading.root)
    if reading.root is not None and last is not None and reading.now - last < USED_OFTEN_ENOUGH:
        yield reading.root.arn, f"was used on {last:%Y-%m-%d}"
