"""Attachments: managed policies on users, groups and roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keyreeve.entities import Attachment, Group, ManagedPolicy, Record, Role, User
from keyreeve.faults import NoSuchEntity, PolicyNotAttachable
from keyreeve.iam.nouns import NOUNS, existing, found_by_name, the
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.policies import find_policy
from keyreeve.iam.protected import changeable
from keyreeve.iam.quotas import ATTACHED, ATTACHED_POLICIES, hold
from keyreeve.operations import Call, operation


def attached_to(call: Call, principal: Record) -> list[Attachment]:
    """The managed policies attached to a user, group or role."""
    return call.tx.where(Attachment, call.account_id, "principal", principal.key)


def attached_names(call: Call, principal: Record, path_prefix: str = "/") -> list[dict[str, str]]:
    """Name and ARN of each attached policy whose path begins as asked."""
    shown = []
    for attachment in attached_to(call, principal):
        path, name = attachment.policy_arn.split(":policy", 1)[1].rsplit("/", 1)
        if f"{path}/".startswith(path_prefix):
            shown.append({"policy_name": name, "policy_arn": attachment.policy_arn})
    return shown


def attach(call: Call, principal: Record, policy_arn: str) -> None:
    """Attach a managed policy to a user, group or role; nothing changes where it is attached."""
    attachment = Attachment(account_id=call.account_id, principal_id=principal.key, policy_arn=policy_arn)
    policy = find_policy(call, policy_arn)
    if policy is None:
        raise NoSuchEntity(f"Policy {policy_arn} does not exist or is not attachable.")
    if not isinstance(policy, ManagedPolicy) and policy.is_for_service_linked_roles:
        raise PolicyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.")
    if call.tx.get(Attachment, call.account_id, attachment.key) is not None:
        return
    hold(ATTACHED[type(principal)], len(attached_to(call, principal)), ATTACHED_POLICIES)
    call.tx.put(attachment)


def _position(each: dict[str, str]) -> str:
    """By name; the ARN tells the account's own policy from AWS's of the same name."""
    return f"{each['policy_name'].lower()}/{each['policy_arn']}"


def attachable(kind: type[Record], change: Callable[[Call, str], Record], *, add: str, remove: str, list_: str) -> None:
    """Declare the three attachment operations of a kind; `change` finds what may be changed."""
    parameter = NOUNS[kind].parameter

    @operation(add, on=existing(kind), parameters=(parameter, "policy_arn"))
    def attach_policy(call: Call, policy_arn: str, **name: str) -> None:
        attach(call, change(call, name[parameter]), policy_arn)

    @operation(remove, on=existing(kind), parameters=(parameter, "policy_arn"))
    def detach_policy(call: Call, policy_arn: str, **name: str) -> None:
        principal = change(call, name[parameter])
        find_policy(call, policy_arn)
        found = call.tx.get(Attachment, call.account_id, f"{principal.key}/{policy_arn}")
        if found is None:
            raise NoSuchEntity(f"Policy {policy_arn} was not found.")
        call.tx.delete(found)

    @operation(list_, on=existing(kind), parameters=(parameter, "path_prefix", "marker", "max_items"))
    def list_attached(
        call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None, **name: str
    ) -> dict[str, Any]:
        found = attached_names(call, the(call, kind, name[parameter]), path_prefix)
        shown, rest = sorted_page(found, _position, marker, max_items)
        return {"attached_policies": shown, **rest}


attachable(
    User, found_by_name(User), add="AttachUserPolicy", remove="DetachUserPolicy", list_="ListAttachedUserPolicies"
)
attachable(
    Group,
    found_by_name(Group),
    add="AttachGroupPolicy",
    remove="DetachGroupPolicy",
    list_="ListAttachedGroupPolicies",
)
attachable(Role, changeable, add="AttachRolePolicy", remove="DetachRolePolicy", list_="ListAttachedRolePolicies")
