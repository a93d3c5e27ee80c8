"""Roles: identities that are assumed rather than signed in to."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access import trust
from keyreeve.access.credentials import unique_id
from keyreeve.entities import Attachment, InlinePolicy, InstanceProfile, Role, SourceRoleTemplate
from keyreeve.entities.identity import RESERVED_PATHS
from keyreeve.faults import DeleteConflict, EntityAlreadyExists, InvalidInput
from keyreeve.iam.boundaries import boundary
from keyreeve.iam.documents import accept
from keyreeve.iam.nouns import existing, listed, named, new, the
from keyreeve.iam.pages import names_page
from keyreeve.iam.protected import changeable
from keyreeve.iam.quotas import TRUST_POLICY_SIZE, hold_account, hold_size
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation
from keyreeve.policy import Kind

_HOLDING: tuple[tuple[type[Any], str, str], ...] = (
    (InstanceProfile, "role", "Cannot delete entity, must remove roles from instance profile first."),
    (Attachment, "principal", "Cannot delete entity, must detach all policies first."),
    (InlinePolicy, "principal", "Cannot delete entity, must delete policies first."),
)


def _trusting(call: Call, text: str) -> str:
    """A trust policy as it is kept: accepted, within its size, its users and roles by their unique ids."""
    accept(text, Kind.TRUST)
    hold_size("ACLSizePerRole", text, TRUST_POLICY_SIZE)
    return trust.bind(call.tx, text)


def shown(call: Call, role: Role, *, whole: bool = False) -> dict[str, Any]:
    """A role as listings answer it or, `whole`, as GetRole does."""
    members: dict[str, Any] = {
        "path": role.path,
        "role_name": role.role_name,
        "role_id": role.role_id,
        "arn": role.arn,
        "create_date": role.create_date,
        "assume_role_policy_document": trust.show(call.tx, role.trust_policy),
        "description": role.description,
        "max_session_duration": role.max_session_duration,
    }
    if whole:
        used = call.facts.role_last_used(role.role_id)
        members["permissions_boundary"] = role.permissions_boundary
        members["tags"] = role.tags or None
        members["source_role_template"] = role.source_role_template
        members["role_last_used"] = {} if used is None else {"last_used_date": used[0], "region": used[1]}
    return members


def is_reserved(path: str) -> bool:
    """Whether only services make roles at this path."""
    return path.startswith(RESERVED_PATHS)


def made(
    call: Call,
    *,
    role_name: str,
    path: str,
    trust: str,
    description: str | None,
    max_session_duration: int,
    permissions_boundary: str | None,
    tags: list[dict[str, str]] | None,
    source: SourceRoleTemplate | None = None,
) -> Role:
    """A new role; the name is free."""
    given = accepted(Role, tags)
    limit = None if permissions_boundary is None else boundary(call, permissions_boundary)
    kept = _trusting(call, trust)
    hold_account(call, Role)
    role = Role(
        account_id=call.account_id,
        role_id=call.new_id(Role, unique_id, "AROA"),
        role_name=role_name,
        path=path,
        create_date=call.moment(),
        trust_policy=kept,
        description=description,
        max_session_duration=max_session_duration,
        permissions_boundary=limit,
        tags=given,
        source_role_template=source,
    )
    call.tx.put(role)
    return role


@operation("CreateRole", on=new(Role, tag="TagRole"))
def create_role(
    call: Call,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str | None = None,
    max_session_duration: int = 3600,
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a role that its trust policy lets others assume."""
    if is_reserved(path):
        raise InvalidInput(f"Roles below {path} are made by services only.")
    accepted(Role, tags)  # AWS finds faulty tags before the name that is taken
    if named(call, Role, role_name) is not None:
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    role = made(
        call,
        role_name=role_name,
        path=path,
        trust=assume_role_policy_document,
        description=description,
        max_session_duration=max_session_duration,
        permissions_boundary=permissions_boundary,
        tags=tags,
    )
    left_out = {"description": None, "max_session_duration": None, "role_last_used": None}
    echoed = {"assume_role_policy_document": assume_role_policy_document}
    return {"role": {**shown(call, role, whole=True), **echoed, **left_out}}


@operation("GetRole", on=existing(Role))
def get_role(call: Call, role_name: str) -> dict[str, Any]:
    """A role with its trust policy, its boundary, its tags and when it was last used."""
    return {"role": shown(call, the(call, Role, role_name), whole=True)}


@operation("ListRoles", on=listed("role"))
def list_roles(
    call: Call, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The account's roles in the order of their names."""
    roles, rest = names_page(call, Role, path_prefix, marker, max_items)
    return {"roles": [shown(call, role) for role in roles], **rest}


@operation("UpdateRole", on=existing(Role))
def update_role(
    call: Call, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> dict[str, Any]:
    """Change the description or the longest session (seconds); what is left out stays.

    Of a service-linked role the description can be changed, and nothing else.
    """
    role = the(call, Role, role_name) if max_session_duration is None else changeable(call, role_name)
    text = role.description if description is None else description
    seconds = max_session_duration or role.max_session_duration
    call.tx.put(msgspec.structs.replace(role, description=text, max_session_duration=seconds))
    return {}


@operation("UpdateRoleDescription", on=existing(Role))
def update_role_description(call: Call, role_name: str, description: str) -> dict[str, Any]:
    """Change the description (superseded by UpdateRole, kept by AWS)."""
    role = msgspec.structs.replace(the(call, Role, role_name), description=description)
    call.tx.put(role)
    return {"role": shown(call, role)}


@operation("UpdateAssumeRolePolicy", on=existing(Role))
def update_assume_role_policy(call: Call, role_name: str, policy_document: str) -> None:
    """Replace the trust policy. Live sessions go on."""
    role = changeable(call, role_name)
    call.tx.put(msgspec.structs.replace(role, trust_policy=_trusting(call, policy_document)))


@operation("DeleteRole", on=existing(Role))
def delete_role(call: Call, role_name: str) -> None:
    """Delete a role on which nothing hangs any more. Its sessions end with it."""
    role = changeable(call, role_name)
    for kind, index, sentence in _HOLDING:
        if call.tx.where(kind, call.account_id, index, role.role_id):
            raise DeleteConflict(sentence)
    call.tx.delete(role)
