"""Login profiles: the passwords with which users sign in.

One that was just made can be changed at once (decisions/0007); AWS refuses it for some seconds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access import passwords
from keyreeve.access.password_rules import VIOLATION, fault, forbidden
from keyreeve.entities import Account, LoginProfile, RootUser, User
from keyreeve.faults import (
    AccessDenied,
    EntityAlreadyExists,
    InvalidUserType,
    NoSuchEntity,
    PasswordPolicyViolation,
    ValidationError,
)
from keyreeve.iam.nouns import existing, the, user_or_own
from keyreeve.iam.password_policy import password_policy
from keyreeve.operations import Call, operation

_MISSING = "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null"
_ROOT_PASSWORD = "The password of a root user is set on the server's machine, with keyreeve root set-password."
_WRONG = "The old password was incorrect."


def _profile(call: Call, user: User) -> LoginProfile:
    found = call.tx.get(LoginProfile, call.account_id, user.user_id)
    if found is None:
        raise NoSuchEntity(f"Login Profile for User {user.user_name} cannot be found.")
    return found


def _asking_root(call: Call, user_name: str | None) -> RootUser | None:
    """The root user that asks about itself, naming nobody."""
    own = call.caller.identity
    return own if user_name is None and call.caller.kind == "root" and isinstance(own, RootUser) else None


def _root_profile(root: RootUser) -> dict[str, Any]:
    if root.password_hash is None:
        raise NoSuchEntity("Login Profile for User root cannot be found.")
    since = root.password_last_changed or root.create_date
    return {"login_profile": {"user_name": "root", "create_date": since, "password_reset_required": False}}


def _conforming(call: Call, password: str) -> str:
    account = call.tx.get(Account, call.account_id, call.account_id)
    sentence = fault(password, password_policy(call), None if account is None else account.account_name)
    if sentence is not None:
        raise PasswordPolicyViolation(sentence)
    return password


def _with_password(call: Call, profile: LoginProfile, password: str) -> LoginProfile:
    """The profile with a new password, which is none of those that may not come again."""
    _conforming(call, password)
    used = forbidden(profile, password_policy(call))
    again: bool = bool(used) and call.slow(passwords.is_any, used, password)
    if again:
        raise PasswordPolicyViolation(VIOLATION)
    return msgspec.structs.replace(
        profile,
        password_hash=call.slow(passwords.hash, password, call.chance),
        password_last_changed=call.moment(),
        previous_hashes=used,
    )


def _shown(user: User, profile: LoginProfile) -> dict[str, Any]:
    shown = {
        "user_name": user.user_name,
        "create_date": profile.create_date,
        "password_reset_required": profile.password_reset_required,
    }
    return {"login_profile": shown}


@operation("CreateLoginProfile", on=existing(User), slow=(passwords.hash,))
def create_login_profile(
    call: Call, user_name: str | None = None, password: str | None = None, password_reset_required: bool = False
) -> dict[str, Any]:
    """Give a user a password. The root user's is set on the server's own machine."""
    if call.caller.session is not None and call.caller.session.assumed_root:
        raise AccessDenied(_ROOT_PASSWORD)
    user = user_or_own(call, user_name)
    if password is None:
        raise ValidationError(_MISSING)
    if call.tx.get(LoginProfile, call.account_id, user.user_id) is not None:
        raise EntityAlreadyExists(f"Login Profile for user {user.user_name} already exists.")
    profile = LoginProfile(
        account_id=call.account_id,
        user_id=user.user_id,
        password_hash=call.slow(passwords.hash, _conforming(call, password), call.chance),
        create_date=call.moment(),
        password_last_changed=call.moment(),
        password_reset_required=password_reset_required,
    )
    call.tx.put(profile)
    return _shown(user, profile)


@operation("GetLoginProfile", on=existing(User))
def get_login_profile(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """Whether a user has a password, since when, and whether it must be changed at the next sign-in."""
    root = _asking_root(call, user_name)
    if root is not None:
        return _root_profile(root)
    user = user_or_own(call, user_name)
    return _shown(user, _profile(call, user))


@operation("UpdateLoginProfile", on=existing(User), slow=(passwords.is_any, passwords.hash))
def update_login_profile(
    call: Call, user_name: str, password: str | None = None, password_reset_required: bool | None = None
) -> None:
    """Set another password, or say whether it must be changed. What is left out stays."""
    profile = _profile(call, the(call, User, user_name))
    if password is not None:
        profile = _with_password(call, profile, password)
    if password_reset_required is not None:
        profile = msgspec.structs.replace(profile, password_reset_required=password_reset_required)
    call.tx.put(profile)


@operation("DeleteLoginProfile", on=existing(User))
def delete_login_profile(call: Call, user_name: str | None = None) -> None:
    """Take a user's password away. Access keys work on."""
    root = _asking_root(call, user_name)
    if root is None:
        call.tx.delete(_profile(call, user_or_own(call, user_name)))
        return
    _root_profile(root)
    call.tx.put(msgspec.structs.replace(root, password_hash=None, password_last_changed=None))


@operation("ChangePassword", on=existing(User), slow=(passwords.verify, passwords.is_any, passwords.hash))
def change_password(call: Call, old_password: str, new_password: str) -> None:
    """Change one's own password, also one that has expired or must be changed."""
    if call.caller.user is None:
        raise InvalidUserType("Only IAM Users can change their own password.")
    profile = _profile(call, call.caller.user)
    _prove(call, profile, old_password)
    changed = _with_password(call, profile, new_password)
    call.tx.put(msgspec.structs.replace(changed, password_reset_required=False))


def _prove(call: Call, profile: LoginProfile, password: str) -> None:
    """Refuse a wrong password. Whoever has a stolen key cannot try passwords until one fits (decisions/0015)."""
    place = f"{call.account_id}/{profile.user_id}"
    if call.attempts.resting(place, call.now):
        raise AccessDenied(_WRONG)
    if not call.slow(passwords.verify, profile.password_hash, password):
        call.attempts.was_wrong(place, call.now)
        raise AccessDenied(_WRONG)
    call.attempts.was_right(place, 0)
