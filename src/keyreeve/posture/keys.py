"""Checks of users' credentials: whether they are used, how many there are, how old they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from keyreeve.entities import User
from keyreeve.posture.reading import Reading

UNUSED = timedelta(days=45)
OLD = timedelta(days=90)
ALONG_WITH = timedelta(minutes=5)
"""A key made so soon after its user was made along with it."""


def never_used(reading: Reading) -> Iterator[tuple[str, str]]:
    """Keys that were made along with a user who signs in with a password, and were never used."""
    for user in reading.users:
        if reading.password(user) is None:
            continue
        for key in reading.keys(user.user_id):
            unused = reading.facts.access_key_last_used(key.access_key_id) is None
            if unused and key.create_date - user.create_date < ALONG_WITH:
                yield user.arn, f"the key {key.access_key_id} came with the user and was never used"


def unused(reading: Reading) -> Iterator[tuple[str, str]]:
    """Passwords and active keys that nobody used for 45 days."""
    for user in reading.users:
        for what, last, since in _credentials(reading, user):
            if reading.now - (last or since) > UNUSED:
                yield user.arn, f"{what} {f'was last used on {last:%Y-%m-%d}' if last else 'was never used'}"


def _credentials(reading: Reading, user: User) -> Iterator[tuple[str, datetime | None, datetime]]:
    """What a user has: its name, when it was last used, and since when it has been there."""
    password = reading.password(user)
    if password is not None:
        yield "the password", reading.facts.password_last_used(user.user_id), password.password_last_changed
    for key in reading.keys(user.user_id):
        used = reading.facts.access_key_last_used(key.access_key_id)
        yield f"the key {key.access_key_id}", used.time if used else None, key.status_date or key.create_date


def several(reading: Reading) -> Iterator[tuple[str, str]]:
    """Users with more than one active key."""
    for user in reading.users:
        keys = reading.keys(user.user_id)
        if len(keys) > 1:
            yield user.arn, f"has {len(keys)} active keys"


def old(reading: Reading) -> Iterator[tuple[str, str]]:
    """Active keys of more than 90 days."""
    for user in reading.users:
        for key in reading.keys(user.user_id):
            if reading.now - key.create_date > OLD:
                yield user.arn, f"the key {key.access_key_id} is {reading.days_since(key.create_date)} days old"
