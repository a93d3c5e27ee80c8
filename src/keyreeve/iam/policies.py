"""Managed policies: customer managed ones of the account, AWS managed ones of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from keyreeve.access.credentials import unique_id
from keyreeve.catalogue import AwsManagedPolicy
from keyreeve.entities import Attachment, Group, ManagedPolicy, PolicyVersion, Role, User
from keyreeve.faults import AccessDenied, DeleteConflict, EntityAlreadyExists, NoSuchEntity, ValidationError
from keyreeve.iam.documents import accept
from keyreeve.iam.nouns import existing_policy, is_policy_arn, listed, named, new
from keyreeve.iam.pages import page, position_of, sorted_page
from keyreeve.iam.quotas import POLICY_SIZE, hold_account, hold_size
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation
from keyreeve.policy import Kind

AnyPolicy = ManagedPolicy | AwsManagedPolicy


def find_policy(call: Call, arn: str) -> AnyPolicy | None:
    """The managed policy with this ARN, the account's own or AWS's; ValidationError if it is no policy's ARN."""
    if not is_policy_arn(arn):
        raise ValidationError(f"ARN {arn} is not valid.")
    return call.managed_policy(call.account_id, arn)


def the_policy(call: Call, arn: str) -> AnyPolicy:
    """The managed policy with this ARN; NoSuchEntity if there is none."""
    found = find_policy(call, arn)
    if found is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return found


def the_customer_policy(
    call: Call, arn: str, refusal: str = "Cannot update policies outside your own account."
) -> ManagedPolicy:
    """The account's own policy with this ARN; AccessDenied with `refusal` for one of AWS's."""
    found = the_policy(call, arn)
    if not isinstance(found, ManagedPolicy):
        raise AccessDenied(refusal)
    return found


def attachments_of(call: Call, arn: str) -> list[Attachment]:
    """Where in the account a policy is attached."""
    return call.tx.where(Attachment, call.account_id, "policy", arn)


def bounded_by(call: Call, arn: str) -> list[User | Role]:
    """The users and roles of the account whose permissions boundary a policy is."""
    users: list[User] = call.tx.where(User, call.account_id, "boundary", arn)
    roles: list[Role] = call.tx.where(Role, call.account_id, "boundary", arn)
    return [*users, *roles]


def shown(call: Call, policy: AnyPolicy, **more: Any) -> dict[str, Any]:
    """A policy as List and Get answer it, with its use in this account."""
    arn = policy.arn
    return _used(policy, len(attachments_of(call, arn)), len(bounded_by(call, arn)), **more)


def _used(policy: AnyPolicy, attached: int, bounding: int, **more: Any) -> dict[str, Any]:
    """A policy that is attached to so many, and is the boundary of so many."""
    return {
        "policy_name": policy.policy_name,
        "policy_id": policy.policy_id,
        "arn": policy.arn,
        "path": policy.path,
        "default_version_id": policy.default_version_id,
        "attachment_count": attached,
        "permissions_boundary_usage_count": bounding,
        "is_attachable": True if isinstance(policy, ManagedPolicy) else policy.is_attachable,
        "create_date": policy.create_date,
        "update_date": policy.update_date,
        **more,
    }


@operation("CreatePolicy", on=new(ManagedPolicy, tag="TagPolicy"))
def create_policy(
    call: Call,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a customer managed policy, whose first version is its default."""
    given = accepted(ManagedPolicy, tags)
    if named(call, ManagedPolicy, policy_name) is not None:
        raise EntityAlreadyExists(f"A policy called {policy_name} already exists. Duplicate names are not allowed.")
    accept(policy_document, Kind.IDENTITY)
    hold_size("PolicySize", policy_document, POLICY_SIZE)
    hold_account(call, ManagedPolicy)
    now = call.moment()
    policy = ManagedPolicy(
        account_id=call.account_id,
        policy_id=call.new_id(ManagedPolicy, unique_id, "ANPA"),
        policy_name=policy_name,
        path=path,
        create_date=now,
        update_date=now,
        description=description,
        tags=given,
    )
    call.tx.put(policy)
    call.tx.put(version(policy, "v1", policy_document, now))
    return {"policy": _used(policy, 0, 0, tags=given or None)}  # what is used cannot be deleted: its ARN is free


def version(policy: ManagedPolicy, version_id: str, document: str, now: datetime) -> PolicyVersion:
    """A new version of a policy."""
    return PolicyVersion(
        account_id=policy.account_id,
        policy_id=policy.policy_id,
        version_id=version_id,
        document=document,
        create_date=now,
    )


@operation("GetPolicy", on=existing_policy)
def get_policy(call: Call, policy_arn: str) -> dict[str, Any]:
    """A policy with its description and tags; the text is in its versions."""
    policy = the_policy(call, policy_arn)
    tags = policy.tags if isinstance(policy, ManagedPolicy) else ()
    return {"policy": shown(call, policy, description=policy.description, tags=tags)}


def _position(policy: AnyPolicy) -> str:
    return policy.policy_name.lower()


def _in_scope(call: Call, scope: str, after: str | None) -> Iterator[AnyPolicy]:
    """The account's own policies by name, then AWS's by name; `after` is a marker's position."""
    own_after, aws_after = (after, None) if after is None or not after.startswith("aws:") else (None, after[4:])
    if scope in {"All", "Local"} and aws_after is None:
        yield from call.tx.page(ManagedPolicy, call.account_id, "name", own_after)
    if scope in {"All", "AWS"}:
        yield from call.catalogue.after(aws_after)


@operation("ListPolicies", on=listed("policy"), without=("Policy.Tags", "Policy.Description"))
def list_policies(
    call: Call,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """The managed policies that the account can see: its own, then AWS's."""

    def wanted(policy: AnyPolicy) -> bool:
        if not policy.path.startswith(path_prefix):
            return False
        attached = bool(attachments_of(call, policy.arn))
        bounds = bool(bounded_by(call, policy.arn))
        used = {"PermissionsPolicy": attached, "PermissionsBoundary": bounds, None: attached or bounds}
        return used[policy_usage_filter] or (not only_attached and policy_usage_filter is None)

    def position(policy: AnyPolicy) -> str:
        return _position(policy) if isinstance(policy, ManagedPolicy) else f"aws:{_position(policy)}"

    found = (policy for policy in _in_scope(call, scope, position_of(marker)) if wanted(policy))
    policies, rest = page(found, position, max_items)
    return {"policies": [shown(call, policy) for policy in policies], **rest}


@operation("DeletePolicy", on=existing_policy)
def delete_policy(call: Call, policy_arn: str) -> None:
    """Delete a policy that is used nowhere and has its default version only."""
    policy = the_customer_policy(call, policy_arn, "Cannot delete policies outside your own account.")
    if attachments_of(call, policy_arn) or bounded_by(call, policy_arn):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    versions = call.tx.where(PolicyVersion, call.account_id, "policy", policy.policy_id)
    if len(versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    for each in versions:
        call.tx.delete(each)
    call.tx.delete(policy)


_USERS: dict[str, tuple[type[Any], str]] = {
    "User": (User, "policy_users"),
    "Group": (Group, "policy_groups"),
    "Role": (Role, "policy_roles"),
}


@operation("ListEntitiesForPolicy", on=existing_policy)
def list_entities_for_policy(
    call: Call,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """The users, groups and roles that a policy is attached to, or whose boundary it is."""
    if find_policy(call, policy_arn) is None:
        raise NoSuchEntity(f"Policy {policy_arn} does not exist or is not attachable.")
    found = [
        (kind, entity)
        for kind, entity in _entities(call, policy_arn, policy_usage_filter)
        if entity_filter in {None, kind} and entity.path.startswith(path_prefix)
    ]
    shown_now, rest = sorted_page(found, lambda pair: f"{pair[0]}/{pair[1].key}", marker, max_items)
    lists: dict[str, list[Any]] = {member: [] for _, member in _USERS.values()}
    for kind, entity in shown_now:
        lists[_USERS[kind][1]].append(entity)
    return {**lists, **rest}


def _entities(call: Call, arn: str, usage: str | None) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    if usage in {None, "PermissionsPolicy"}:
        for attachment in attachments_of(call, arn):
            for word, (kind, _) in _USERS.items():
                entity = call.tx.get(kind, call.account_id, attachment.principal_id)
                if entity is not None:
                    seen.add(entity.key)
                    yield word, entity
    if usage in {None, "PermissionsBoundary"}:
        yield from ((type(each).__name__, each) for each in bounded_by(call, arn) if each.key not in seen)
