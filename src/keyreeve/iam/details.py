"""GetAccountAuthorizationDetails: every user, group, role and policy in one paged listing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keyreeve.entities import Attachment, Group, InstanceProfile, ManagedPolicy, Record, Role, User
from keyreeve.faults import ValidationError
from keyreeve.iam import instance_profiles, policies, roles
from keyreeve.iam.attachments import attached_names
from keyreeve.iam.groups import groups_of
from keyreeve.iam.inline import inline_of
from keyreeve.iam.nouns import listed
from keyreeve.iam.pages import page, position_of
from keyreeve.iam.versions import versions_of
from keyreeve.operations import Call, operation

_LISTS = {
    "User": "user_detail_list",
    "Group": "group_detail_list",
    "Role": "role_detail_list",
    "LocalManagedPolicy": "policies",
    "AWSManagedPolicy": "policies",
}
_ORDER = tuple(_LISTS)


def _inline(call: Call, principal: Record) -> list[Any]:
    return sorted(inline_of(call, principal), key=lambda policy: policy.policy_name)


def _user(call: Call, user: User) -> dict[str, Any]:
    return {
        "path": user.path,
        "user_name": user.user_name,
        "user_id": user.user_id,
        "arn": user.arn,
        "create_date": user.create_date,
        "user_policy_list": _inline(call, user) or None,
        "group_list": sorted(group.group_name for group in groups_of(call, user)),
        "attached_managed_policies": attached_names(call, user),
        "permissions_boundary": user.permissions_boundary,
        "tags": user.tags,
    }


def _group(call: Call, group: Group) -> dict[str, Any]:
    return {
        "path": group.path,
        "group_name": group.group_name,
        "group_id": group.group_id,
        "arn": group.arn,
        "create_date": group.create_date,
        "group_policy_list": _inline(call, group),
        "attached_managed_policies": attached_names(call, group),
    }


def _role(call: Call, role: Role) -> dict[str, Any]:
    profiles = call.tx.where(InstanceProfile, call.account_id, "role", role.role_id)
    return {
        **roles.shown(call, role, whole=True),
        "tags": role.tags,
        "instance_profile_list": [instance_profiles.shown(call, profile) for profile in profiles],
        "role_policy_list": _inline(call, role),
        "attached_managed_policies": attached_names(call, role),
    }


def _policy(call: Call, policy: policies.AnyPolicy) -> dict[str, Any]:
    return policies.shown(call, policy, description=policy.description, policy_version_list=versions_of(call, policy))


def _attached_aws_policies(call: Call, after: str | None) -> Iterator[policies.AnyPolicy]:
    arns = {attachment.policy_arn for attachment in call.tx.all(Attachment, call.account_id)}
    found = (call.catalogue.get(arn) for arn in arns)
    known = [policy for policy in found if policy is not None]
    yield from (policy for policy in sorted(known, key=lambda each: each.arn) if after is None or policy.arn > after)


def _of_kind(call: Call, kind: str, after: str | None) -> Iterator[tuple[str, Any]]:
    """The entities of one filter word after a position, each with its own position."""
    if kind == "AWSManagedPolicy":
        yield from ((policy.arn, policy) for policy in _attached_aws_policies(call, after))
        return
    record: type[Any]
    record, name = {
        "User": (User, "user_name"),
        "Group": (Group, "group_name"),
        "Role": (Role, "role_name"),
        "LocalManagedPolicy": (ManagedPolicy, "policy_name"),
    }[kind]
    for entity in call.tx.page(record, call.account_id, "name", after):
        yield getattr(entity, name).lower(), entity


def _following(call: Call, wanted: list[str], after: str | None) -> Iterator[tuple[str, str, Any]]:
    """Everything wanted after a marker's position `KIND/NAME`, kind after kind."""
    kind_after, _, name_after = (after or f"{_ORDER[0]}/").partition("/")
    if kind_after not in _ORDER:
        raise ValidationError("Invalid Marker.")
    for kind in _ORDER[_ORDER.index(kind_after) :]:
        if kind in wanted:
            here = name_after or None if kind == kind_after else None
            yield from ((kind, position, entity) for position, entity in _of_kind(call, kind, here))


_SHOWN: dict[str, Any] = {
    "User": _user,
    "Group": _group,
    "Role": _role,
    "LocalManagedPolicy": _policy,
    "AWSManagedPolicy": _policy,
}


@operation(
    "GetAccountAuthorizationDetails",
    on=listed(),
    without=("Role.Tags", "Role.MaxSessionDuration", "Role.RoleLastUsed", "InstanceProfile.Tags"),
)
def get_account_authorization_details(
    call: Call,
    filter: list[str] | None = None,  # noqa: A002  the model's member
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """Users, groups, roles and policies with everything that grants them permissions; pages run over all lists."""
    following = _following(call, filter or list(_ORDER), position_of(marker))
    found, rest = page(following, lambda item: f"{item[0]}/{item[1]}", max_items)
    lists: dict[str, list[Any]] = {name: [] for name in _LISTS.values()}
    for kind, _, entity in found:
        lists[_LISTS[kind]].append(_SHOWN[kind](call, entity))
    return {**lists, **rest}
