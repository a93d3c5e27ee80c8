"""Inline policies: they belong to one user, group or role and are kept byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keyreeve.entities import Group, InlinePolicy, Record, Role, User
from keyreeve.faults import LimitExceeded, NoSuchEntity
from keyreeve.iam.documents import accept
from keyreeve.iam.nouns import NOUNS, existing, found_by_name, the
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.protected import changeable
from keyreeve.iam.quotas import INLINE
from keyreeve.operations import Call, operation
from keyreeve.policy import Kind, size_without_white_space


def inline_of(call: Call, principal: Record) -> list[InlinePolicy]:
    """The inline policies of a user, group or role."""
    return call.tx.where(InlinePolicy, call.account_id, "principal", principal.key)


def _the_inline(call: Call, principal: Record, policy_name: str) -> InlinePolicy:
    found = call.tx.get(InlinePolicy, call.account_id, f"{principal.key}/{policy_name}")
    if found is None:
        words = NOUNS[type(principal)].words
        raise NoSuchEntity(f"The {words} policy with name {policy_name} cannot be found.")
    return found


def put(call: Call, principal: Record, policy_name: str, policy_document: str) -> None:
    """Give a user, group or role an inline policy, in place of its namesake."""
    accept(policy_document, Kind.INLINE)
    policy = InlinePolicy(
        account_id=call.account_id,
        principal_id=principal.key,
        policy_name=policy_name,
        policy_document=policy_document,
    )
    _hold_aggregate(call, principal, policy)
    call.tx.put(policy)


def _hold_aggregate(call: Call, principal: Record, policy: InlinePolicy) -> None:
    """Refuse what would take all inline policies of the principal together over its kind's size."""
    limit = INLINE[type(principal)]
    others = (other for other in inline_of(call, principal) if other.policy_name != policy.policy_name)
    total = sum(size_without_white_space(each.policy_document) for each in (policy, *others))
    if total > limit:
        noun = NOUNS[type(principal)]
        name = getattr(principal, noun.parameter)
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {noun.words} {name}")


def inlined(
    kind: type[Record], change: Callable[[Call, str], Record], *, write: str, get: str, delete: str, list_: str
) -> None:
    """Declare the four inline policy operations of a kind; `change` finds what may be changed."""
    parameter = NOUNS[kind].parameter

    @operation(write, on=existing(kind), parameters=(parameter, "policy_name", "policy_document"))
    def put_policy(call: Call, policy_name: str, policy_document: str, **name: str) -> None:
        put(call, change(call, name[parameter]), policy_name, policy_document)

    @operation(get, on=existing(kind), parameters=(parameter, "policy_name"))
    def get_policy(call: Call, policy_name: str, **name: str) -> dict[str, Any]:
        principal = the(call, kind, name[parameter])
        found = _the_inline(call, principal, policy_name)
        return {
            parameter: getattr(principal, parameter),
            "policy_name": found.policy_name,
            "policy_document": found.policy_document,
        }

    @operation(delete, on=existing(kind), parameters=(parameter, "policy_name"))
    def delete_policy(call: Call, policy_name: str, **name: str) -> None:
        call.tx.delete(_the_inline(call, change(call, name[parameter]), policy_name))

    @operation(list_, on=existing(kind), parameters=(parameter, "marker", "max_items"))
    def list_policies(
        call: Call, marker: str | None = None, max_items: int | None = None, **name: str
    ) -> dict[str, Any]:
        names = [policy.policy_name for policy in inline_of(call, the(call, kind, name[parameter]))]
        shown, rest = sorted_page(names, str, marker, max_items)
        return {"policy_names": shown, **rest}


inlined(
    User,
    found_by_name(User),
    write="PutUserPolicy",
    get="GetUserPolicy",
    delete="DeleteUserPolicy",
    list_="ListUserPolicies",
)
inlined(
    Group,
    found_by_name(Group),
    write="PutGroupPolicy",
    get="GetGroupPolicy",
    delete="DeleteGroupPolicy",
    list_="ListGroupPolicies",
)
inlined(
    Role,
    changeable,
    write="PutRolePolicy",
    get="GetRolePolicy",
    delete="DeleteRolePolicy",
    list_="ListRolePolicies",
)
