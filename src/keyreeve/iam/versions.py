"""Versions of managed policies: five at the most, numbers never reused, roll-back by the default version."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.entities import ManagedPolicy, PolicyVersion
from keyreeve.faults import DeleteConflict, LimitExceeded, NoSuchEntity
from keyreeve.iam.documents import accept
from keyreeve.iam.nouns import existing_policy
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.policies import AnyPolicy, find_policy, the_customer_policy, the_policy, version
from keyreeve.iam.quotas import POLICY_SIZE, VERSIONS, hold_size
from keyreeve.operations import Call, operation
from keyreeve.policy import Kind

_TOO_MANY = (
    "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
)
_NOT_YOURS = "Cannot delete policy versions for policies outside your own account."


def _missing(arn: str, version_id: str) -> NoSuchEntity:
    return NoSuchEntity(f"Policy {arn} version {version_id} does not exist or is not attachable.")


def _the_version(call: Call, policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    found = call.tx.get(PolicyVersion, call.account_id, f"{policy.policy_id}/{version_id}")
    if found is None:
        raise _missing(policy.arn, version_id)
    return found


def _owned(call: Call, arn: str, version_id: str, refusal: str) -> tuple[ManagedPolicy, PolicyVersion]:
    if find_policy(call, arn) is None:
        raise _missing(arn, version_id)
    policy = the_customer_policy(call, arn, refusal)
    return policy, _the_version(call, policy, version_id)


def versions_of(call: Call, policy: AnyPolicy) -> list[dict[str, Any]]:
    """All versions of a policy with their texts, newest first."""
    if not isinstance(policy, ManagedPolicy):
        return [msgspec.structs.asdict(each) for each in policy.versions]
    found = call.tx.where(PolicyVersion, call.account_id, "policy", policy.policy_id)
    newest_first = sorted(found, key=lambda each: -int(each.version_id[1:]))
    return [_shown(policy, each) for each in newest_first]


def _shown(policy: ManagedPolicy, each: PolicyVersion) -> dict[str, Any]:
    return {
        "version_id": each.version_id,
        "is_default_version": each.version_id == policy.default_version_id,
        "create_date": each.create_date,
        "document": each.document,
    }


@operation("CreatePolicyVersion", on=existing_policy, without=("PolicyVersion.Document",))
def create_policy_version(
    call: Call, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> dict[str, Any]:
    """Add a version; it takes effect when it is or becomes the default."""
    policy = the_customer_policy(call, policy_arn)
    accept(policy_document, Kind.IDENTITY)
    hold_size("PolicySize", policy_document, POLICY_SIZE)
    if len(call.tx.where(PolicyVersion, call.account_id, "policy", policy.policy_id)) >= VERSIONS:
        raise LimitExceeded(_TOO_MANY)
    number = policy.last_version + 1
    now = call.moment()
    made = version(policy, f"v{number}", policy_document, now)
    default = made.version_id if set_as_default else policy.default_version_id
    changed = now if set_as_default else policy.update_date
    policy = msgspec.structs.replace(policy, last_version=number, default_version_id=default, update_date=changed)
    call.tx.put(made)
    call.tx.put(policy)
    return {"policy_version": _shown(policy, made)}


@operation("GetPolicyVersion", on=existing_policy)
def get_policy_version(call: Call, policy_arn: str, version_id: str) -> dict[str, Any]:
    """One version with its text."""
    policy = find_policy(call, policy_arn)
    if policy is not None:
        for each in versions_of(call, policy):
            if each["version_id"] == version_id:
                return {"policy_version": each}
    raise _missing(policy_arn, version_id)


@operation("ListPolicyVersions", on=existing_policy, without=("PolicyVersion.Document",))
def list_policy_versions(
    call: Call, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The versions of a policy, newest first, without their texts."""
    versions = versions_of(call, the_policy(call, policy_arn))

    def position(each: dict[str, Any]) -> str:
        return f"{10**9 - int(each['version_id'][1:]):09}"

    shown, rest = sorted_page(versions, position, marker, max_items)
    return {"versions": shown, **rest}


@operation("DeletePolicyVersion", on=existing_policy)
def delete_policy_version(call: Call, policy_arn: str, version_id: str) -> None:
    """Delete a version that is not the default."""
    policy, found = _owned(call, policy_arn, version_id, _NOT_YOURS)
    if found.version_id == policy.default_version_id:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    call.tx.delete(found)


@operation("SetDefaultPolicyVersion", on=existing_policy)
def set_default_policy_version(call: Call, policy_arn: str, version_id: str) -> None:
    """Make a version the one that takes effect: forward, or back to an older one."""
    policy, found = _owned(call, policy_arn, version_id, "Cannot update policies outside your own account.")
    call.tx.put(msgspec.structs.replace(policy, default_version_id=found.version_id, update_date=call.moment()))
