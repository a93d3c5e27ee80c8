"""Instance profiles: how a machine is handed one role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from keyreeve.access.credentials import unique_id
from keyreeve.entities import InstanceProfile, Role
from keyreeve.faults import DeleteConflict, EntityAlreadyExists, NoSuchEntity
from keyreeve.iam import roles
from keyreeve.iam.nouns import existing, listed, named, new, the
from keyreeve.iam.pages import names_page, sorted_page
from keyreeve.iam.protected import changeable
from keyreeve.iam.quotas import hold, hold_account
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Ask, Call, Context, operation

# AWS shows a role inside a profile without these.
_LEFT_OUT = ("Role.MaxSessionDuration", "Role.RoleLastUsed", "Role.Tags", "Role.PermissionsBoundary")


def shown(call: Call, profile: InstanceProfile) -> dict[str, Any]:
    """A profile with the role it holds, if it holds one."""
    role = None if profile.role_id is None else call.tx.get(Role, call.account_id, profile.role_id)
    return {
        "path": profile.path,
        "instance_profile_name": profile.instance_profile_name,
        "instance_profile_id": profile.instance_profile_id,
        "arn": profile.arn,
        "create_date": profile.create_date,
        "roles": [] if role is None else [roles.shown(call, role)],
        "tags": profile.tags,
    }


@operation("CreateInstanceProfile", on=new(InstanceProfile, tag="TagInstanceProfile"), without=_LEFT_OUT)
def create_instance_profile(
    call: Call, instance_profile_name: str, path: str = "/", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make a profile that holds no role yet."""
    given = accepted(InstanceProfile, tags)
    if named(call, InstanceProfile, instance_profile_name) is not None:
        raise EntityAlreadyExists(f"Instance Profile {instance_profile_name} already exists.")
    hold_account(call, InstanceProfile)
    profile = InstanceProfile(
        account_id=call.account_id,
        instance_profile_id=call.new_id(InstanceProfile, unique_id, "AIPA"),
        instance_profile_name=instance_profile_name,
        path=path,
        create_date=call.moment(),
        tags=given,
    )
    call.tx.put(profile)
    return {"instance_profile": {**shown(call, profile), "tags": given or None}}


@operation("GetInstanceProfile", on=existing(InstanceProfile), without=_LEFT_OUT)
def get_instance_profile(call: Call, instance_profile_name: str) -> dict[str, Any]:
    """A profile with its role."""
    return {"instance_profile": shown(call, the(call, InstanceProfile, instance_profile_name))}


@operation("ListInstanceProfiles", on=listed("instance-profile"), without=(*_LEFT_OUT, "InstanceProfile.Tags"))
def list_instance_profiles(
    call: Call, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The account's profiles in the order of their names."""
    profiles, rest = names_page(call, InstanceProfile, path_prefix, marker, max_items)
    return {"instance_profiles": [shown(call, profile) for profile in profiles], **rest}


@operation("ListInstanceProfilesForRole", on=existing(Role), without=(*_LEFT_OUT, "InstanceProfile.Tags"))
def list_instance_profiles_for_role(
    call: Call, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The profiles that hold a role."""
    role = the(call, Role, role_name)
    found = call.tx.where(InstanceProfile, call.account_id, "role", role.role_id)
    profiles, rest = sorted_page(found, lambda profile: profile.instance_profile_name.lower(), marker, max_items)
    return {"instance_profiles": [shown(call, profile) for profile in profiles], **rest}


@operation("DeleteInstanceProfile", on=existing(InstanceProfile))
def delete_instance_profile(call: Call, instance_profile_name: str) -> None:
    """Delete a profile that holds no role."""
    profile = the(call, InstanceProfile, instance_profile_name)
    if profile.role_id is not None:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    call.tx.delete(profile)


def _passing(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the profile, and about passing the role to the machines that will hold it."""
    yield from existing(InstanceProfile)(action, call, values)
    for ask in existing(Role)("iam:PassRole", call, {"role_name": values.get("role_name")}):
        context: Context = {
            "iam:passedtoservice": "ec2.amazonaws.com",
            "iam:associatedresourcearn": f"arn:aws:ec2:*:{call.account_id}:instance/*",
        }
        # Tags of the role are not usable for PassRole, and its denial names the ARN.
        yield Ask(ask.action, ask.resource, context)


@operation("AddRoleToInstanceProfile", on=_passing)
def add_role_to_instance_profile(call: Call, instance_profile_name: str, role_name: str) -> None:
    """Put a role into a profile that is empty; the caller needs iam:PassRole on it."""
    profile, role = the(call, InstanceProfile, instance_profile_name), changeable(call, role_name)
    hold("InstanceSessionsPerInstanceProfile", int(profile.role_id is not None), 1)
    call.tx.put(msgspec.structs.replace(profile, role_id=role.role_id))


@operation("RemoveRoleFromInstanceProfile", on=existing(InstanceProfile))
def remove_role_from_instance_profile(call: Call, instance_profile_name: str, role_name: str) -> None:
    """Take the role out of a profile."""
    profile, role = the(call, InstanceProfile, instance_profile_name), the(call, Role, role_name)
    if profile.role_id != role.role_id:
        raise NoSuchEntity(f"Role {role_name} in Instance Profile {instance_profile_name} cannot be found.")
    call.tx.put(msgspec.structs.replace(profile, role_id=None))
