"""Users: people and programs with long-term credentials of their own."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access.credentials import unique_id
from keyreeve.entities import (
    AccessKey,
    Attachment,
    Boundary,
    FIDODevice,
    InlinePolicy,
    LoginProfile,
    Membership,
    MFADevice,
    ServiceSpecificCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from keyreeve.faults import DeleteConflict, EntityAlreadyExists
from keyreeve.iam.boundaries import boundary
from keyreeve.iam.nouns import existing, listed, moved, named, new, renamed, the, user_or_own
from keyreeve.iam.pages import names_page
from keyreeve.iam.quotas import hold_account
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation

# AWS reports policies before access keys; the rest of the order is ours.
_HOLDING: tuple[tuple[type[Any], str, str], ...] = (
    (Membership, "user", "Cannot delete entity, must remove users from group first."),
    (Attachment, "principal", "Cannot delete entity, must detach all policies first."),
    (InlinePolicy, "principal", "Cannot delete entity, must delete policies first."),
    (LoginProfile, "user", "Cannot delete entity, must delete login profile first."),
    (AccessKey, "principal", "Cannot delete entity, must delete access keys first."),
    (MFADevice, "principal", "Cannot delete entity, must delete MFA device first."),
    (FIDODevice, "principal", "Cannot delete entity, must delete MFA device first."),
    (SigningCertificate, "principal", "Cannot delete entity, must delete certificates first."),
    (SSHPublicKey, "user", "Cannot delete entity, must remove referenced objects first."),
    (ServiceSpecificCredential, "user", "Cannot delete entity, must remove referenced objects first."),
)


def _free(call: Call, user_name: str) -> None:
    if named(call, User, user_name) is not None:
        raise EntityAlreadyExists(f"User with name {user_name} already exists.")


@operation("CreateUser", on=new(User, tag="TagUser"), without=("User.Tags?",))
def create_user(
    call: Call,
    user_name: str,
    path: str = "/",
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a user without credentials and without permissions."""
    given = accepted(User, tags)
    _free(call, user_name)
    limit: Boundary | None = None if permissions_boundary is None else boundary(call, permissions_boundary)
    hold_account(call, User)
    user = User(
        account_id=call.account_id,
        user_id=call.new_id(User, unique_id, "AIDA"),
        user_name=user_name,
        path=path,
        create_date=call.moment(),
        permissions_boundary=limit,
        tags=given,
    )
    call.tx.put(user)
    return {"user": user}


def shown(call: Call, user: User) -> User | dict[str, Any]:
    """A user as Get and List answer it, with PasswordLastUsed from the facts where there is one."""
    used = call.facts.password_last_used(user.user_id)
    if used is None:
        return user
    return {**msgspec.structs.asdict(user), "arn": user.arn, "password_last_used": used}


@operation("GetUser", on=existing(User), without=("User.Tags?",))
def get_user(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """The named user, or the caller's own; root answers for itself."""
    if user_name is None and call.caller.kind == "root":
        root = call.caller.identity
        own = {"user_id": root.account_id, "arn": root.arn, "create_date": root.create_date}
        return {"user": {**own, "password_last_used": call.facts.password_last_used(root.account_id)}}
    return {"user": shown(call, user_or_own(call, user_name))}


@operation("ListUsers", on=listed("user"), without=("User.Tags", "User.PermissionsBoundary"))
def list_users(
    call: Call, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The account's users in the order of their names."""
    users, rest = names_page(call, User, path_prefix, marker, max_items)
    return {"users": [shown(call, user) for user in users], **rest}


@operation("UpdateUser", on=renamed(User, "new_user_name"))
def update_user(call: Call, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Rename or move a user. Its id, keys, memberships and policies stay."""
    user = the(call, User, user_name)
    if new_user_name is not None and new_user_name.lower() != user.user_name.lower():
        _free(call, new_user_name)
    call.tx.put(moved(user, new_user_name, new_path))


@operation("DeleteUser", on=existing(User))
def delete_user(call: Call, user_name: str) -> None:
    """Delete a user on whom nothing hangs any more."""
    user = the(call, User, user_name)
    for kind, index, sentence in _HOLDING:
        if call.tx.where(kind, call.account_id, index, user.user_id):
            raise DeleteConflict(sentence)
    call.tx.delete(user)
