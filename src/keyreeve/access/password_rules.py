"""Password rules: what an account asks of its users' passwords (IAM User Guide, "Set an account password policy")."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from keyreeve.entities import LoginProfile, PasswordPolicy

LONGEST = 128
DEFAULT_SHORTEST = 8
DEFAULT_CLASSES = 3

_CLASSES = {
    "uppercase letter": re.compile(r"[A-Z]").search,
    "lowercase letter": re.compile(r"[a-z]").search,
    "number": re.compile(r"[0-9]").search,
    "symbol": re.compile(r"[!@#$%^&*()_+\-=\[\]{}|']").search,
}
VIOLATION = "Password does not conform to the account password policy."


def fault(password: str, policy: PasswordPolicy | None, account_name: str | None) -> str | None:
    """AWS's sentence for a new password that the account's policy does not take; without a policy, its default one."""
    if policy is None:
        return _default_fault(password, account_name)
    required = (
        policy.require_uppercase_characters,
        policy.require_lowercase_characters,
        policy.require_numbers,
        policy.require_symbols,
    )
    asked = (found for found, wanted in zip(_CLASSES.values(), required, strict=True) if wanted)
    long_enough = policy.minimum_password_length <= len(password) <= LONGEST
    return None if long_enough and all(found(password) for found in asked) else VIOLATION


def _default_fault(password: str, account_name: str | None) -> str | None:
    if len(password) < DEFAULT_SHORTEST:
        return f"Password should have a minimum length of {DEFAULT_SHORTEST}"
    absent = [f"Password should have at least one {name}" for name, found in _CLASSES.items() if not found(password)]
    more = len(absent) - (len(_CLASSES) - DEFAULT_CLASSES)
    if more > 0:
        return f"Password should meet {more} more of the following requirements: {', '.join(absent)}"
    is_name = account_name is not None and password.lower() == account_name.lower()
    return VIOLATION if is_name or len(password) > LONGEST else None


def forbidden(profile: LoginProfile, policy: PasswordPolicy | None) -> tuple[str, ...]:
    """The hashes of the passwords that may not be used again, the current one first."""
    count = None if policy is None else policy.password_reuse_prevention
    return (profile.password_hash, *profile.previous_hashes)[: count or 0]


def expires(profile: LoginProfile, policy: PasswordPolicy | None) -> datetime | None:
    """When the password ends. A policy ends passwords that are older than itself too."""
    if policy is None or policy.max_password_age is None:
        return None
    return profile.password_last_changed + timedelta(days=policy.max_password_age)
