"""Groups: users only, in none or many; a group is no principal."""

from __future__ import annotations

from typing import Any

from keyreeve.access.credentials import unique_id
from keyreeve.entities import Attachment, Group, InlinePolicy, Membership, User
from keyreeve.faults import DeleteConflict, EntityAlreadyExists
from keyreeve.iam.nouns import existing, listed, moved, named, new, renamed, the
from keyreeve.iam.pages import names_page, sorted_page
from keyreeve.iam.quotas import GROUPS_PER_USER, hold, hold_account
from keyreeve.operations import Call, operation

_HOLDING: tuple[tuple[type[Any], str, str], ...] = (
    (Membership, "group", "Cannot delete entity, must remove users from group first."),
    (Attachment, "principal", "Cannot delete entity, must detach all policies first."),
    (InlinePolicy, "principal", "Cannot delete entity, must delete policies first."),
)


def _free(call: Call, group_name: str) -> None:
    if named(call, Group, group_name) is not None:
        raise EntityAlreadyExists(f"Group with name {group_name} already exists.")


def members(call: Call, group: Group) -> list[User]:
    """The users in a group."""
    memberships = call.tx.where(Membership, call.account_id, "group", group.group_id)
    found = (call.tx.get(User, call.account_id, membership.user_id) for membership in memberships)
    return [user for user in found if user is not None]


def groups_of(call: Call, user: User) -> list[Group]:
    """The groups a user is in."""
    memberships = call.tx.where(Membership, call.account_id, "user", user.user_id)
    found = (call.tx.get(Group, call.account_id, membership.group_id) for membership in memberships)
    return [group for group in found if group is not None]


@operation("CreateGroup", on=new(Group))
def create_group(call: Call, group_name: str, path: str = "/") -> dict[str, Any]:
    """Make a group without members and without permissions."""
    _free(call, group_name)
    hold_account(call, Group)
    group = Group(
        account_id=call.account_id,
        group_id=call.new_id(Group, unique_id, "AGPA"),
        group_name=group_name,
        path=path,
        create_date=call.moment(),
    )
    call.tx.put(group)
    return {"group": group}


@operation("GetGroup", on=existing(Group), without=("User.Tags", "User.PermissionsBoundary"))
def get_group(call: Call, group_name: str, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """A group and a page of its users."""
    group = the(call, Group, group_name)
    users, rest = sorted_page(members(call, group), lambda user: user.user_name.lower(), marker, max_items)
    return {"group": group, "users": users, **rest}


@operation("ListGroups", on=listed("group"))
def list_groups(
    call: Call, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The account's groups in the order of their names."""
    groups, rest = names_page(call, Group, path_prefix, marker, max_items)
    return {"groups": groups, **rest}


@operation("ListGroupsForUser", on=existing(User))
def list_groups_for_user(
    call: Call, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The groups a user is in."""
    user = the(call, User, user_name)
    groups, rest = sorted_page(groups_of(call, user), lambda group: group.group_name.lower(), marker, max_items)
    return {"groups": groups, **rest}


@operation("UpdateGroup", on=renamed(Group, "new_group_name"))
def update_group(call: Call, group_name: str, new_path: str | None = None, new_group_name: str | None = None) -> None:
    """Rename or move a group. Its id, members and policies stay."""
    group = the(call, Group, group_name)
    if new_group_name is not None and new_group_name.lower() != group.group_name.lower():
        _free(call, new_group_name)
    call.tx.put(moved(group, new_group_name, new_path))


@operation("DeleteGroup", on=existing(Group))
def delete_group(call: Call, group_name: str) -> None:
    """Delete a group without members and policies."""
    group = the(call, Group, group_name)
    for kind, index, sentence in _HOLDING:
        if call.tx.where(kind, call.account_id, index, group.group_id):
            raise DeleteConflict(sentence)
    call.tx.delete(group)


@operation("AddUserToGroup", on=existing(Group))
def add_user_to_group(call: Call, group_name: str, user_name: str) -> None:
    """Put a user into a group; one that is there stays there."""
    user, group = the(call, User, user_name), the(call, Group, group_name)
    membership = Membership(account_id=call.account_id, group_id=group.group_id, user_id=user.user_id)
    if call.tx.get(Membership, call.account_id, membership.key) is not None:
        return
    hold("GroupsPerUser", len(call.tx.where(Membership, call.account_id, "user", user.user_id)), GROUPS_PER_USER)
    call.tx.put(membership)


@operation("RemoveUserFromGroup", on=existing(Group))
def remove_user_from_group(call: Call, group_name: str, user_name: str) -> None:
    """Take a user out of a group; one that is not there is no error."""
    user, group = the(call, User, user_name), the(call, Group, group_name)
    membership = call.tx.get(Membership, call.account_id, f"{group.group_id}/{user.user_id}")
    if membership is not None:
        call.tx.delete(membership)
