"""Password rules: what an account asks of its users' passwords (IAM User Guide, "Set an account password policy")."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from keyreeve.entities import LoginProfile, PasswordPolicy

LONGEST = 128
DEFAULT_SHORTEST = 8
DEFAULT_CLASSES = 3

_UPPERCASE = re.compile(r"[A-Z]").search
_LOWERCASE = re.compile(r"[a-z]").search
_NUMBER = re.compile(r"[0-9]").search
_SYMBOL = re.compile(r"[!@#$%^&*()_+\-=\[\]{}|']").search
_CLASSES = (_UPPERCASE, _LOWERCASE, _NUMBER, _SYMBOL)


def conforms(password: str, policy: PasswordPolicy | None, account_name: str | None) -> bool:
    """Whether a new password is one that the account's policy takes; without a policy, AWS's default one."""
    if policy is None:
        classes = sum(found(password) is not None for found in _CLASSES)
        is_name = account_name is not None and password.lower() == account_name.lower()
        return DEFAULT_SHORTEST <= len(password) <= LONGEST and classes >= DEFAULT_CLASSES and not is_name
    required = (
        policy.require_uppercase_characters,
        policy.require_lowercase_characters,
        policy.require_numbers,
        policy.require_symbols,
    )
    asked = (found for found, wanted in zip(_CLASSES, required, strict=True) if wanted)
    return policy.minimum_password_length <= len(password) <= LONGEST and all(found(password) for found in asked)


def forbidden(profile: LoginProfile, policy: PasswordPolicy | None) -> tuple[str, ...]:
    """The hashes of the passwords that may not be used again, the current one first."""
    count = None if policy is None else policy.password_reuse_prevention
    return (profile.password_hash, *profile.previous_hashes)[: count or 0]


def expires(profile: LoginProfile, policy: PasswordPolicy | None) -> datetime | None:
    """When the password ends. A policy ends passwords that are older than itself too."""
    if policy is None or policy.max_password_age is None:
        return None
    return profile.password_last_changed + timedelta(days=policy.max_password_age)
