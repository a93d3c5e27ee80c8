"""Checks of those who sign in: the account's password policy, and their second factor."""

from __future__ import annotations

from collections.abc import Iterator

from keyreeve.entities import PasswordPolicy
from keyreeve.posture.reading import Reading

LONG_ENOUGH = 14
REMEMBERED = 24


def _policy(reading: Reading) -> PasswordPolicy | None:
    return reading.tx.get(PasswordPolicy, reading.account_id, reading.account_id)


def _account(reading: Reading) -> str:
    return f"arn:aws:iam::{reading.account_id}:account-password-policy"


def password_length(reading: Reading) -> Iterator[tuple[str, str]]:
    """A password policy that allows short passwords, or none at all."""
    found = _policy(reading)
    if found is None:
        yield _account(reading), "there is no password policy"
    elif found.minimum_password_length < LONG_ENOUGH:
        yield _account(reading), f"asks for {found.minimum_password_length} characters"


def password_reuse(reading: Reading) -> Iterator[tuple[str, str]]:
    """A password policy that lets old passwords come back."""
    found = _policy(reading)
    if found is None:
        yield _account(reading), "there is no password policy"
    elif (found.password_reuse_prevention or 0) < REMEMBERED:
        yield _account(reading), f"remembers {found.password_reuse_prevention or 'no'} passwords"


def mfa(reading: Reading) -> Iterator[tuple[str, str]]:
    """Users with a password and no MFA device."""
    for user in reading.users:
        if reading.password(user) is not None and not reading.devices(user.user_id):
            yield user.arn, "has a password and no MFA device"
