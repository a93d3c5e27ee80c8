"""Permissions boundaries: the managed policy that caps what a user or a role may be allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keyreeve.entities import Boundary, Record, Role, User
from keyreeve.faults import InvalidInput, NoSuchEntity
from keyreeve.iam.nouns import NOUNS, existing, found_by_name, is_policy_arn
from keyreeve.iam.protected import changeable
from keyreeve.operations import Call, operation


def boundary(call: Call, arn: str) -> Boundary:
    """The boundary that an ARN names; InvalidInput for another form, NoSuchEntity for a policy that is not there."""
    if not is_policy_arn(arn):
        raise InvalidInput(f"ARN {arn} is not valid.")
    if call.managed_policy(call.account_id, arn) is None:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return Boundary(permissions_boundary_arn=arn)


def bounded(kind: type[Record], change: Callable[[Call, str], Any], *, put: str, delete: str) -> None:
    """Declare the two boundary operations of a kind; `change` finds what may be changed."""
    parameter = NOUNS[kind].parameter

    @operation(put, on=existing(kind), parameters=(parameter, "permissions_boundary"))
    def set_boundary(call: Call, permissions_boundary: str, **name: str) -> None:
        record = change(call, name[parameter])
        call.tx.put(msgspec.structs.replace(record, permissions_boundary=boundary(call, permissions_boundary)))

    @operation(delete, on=existing(kind), parameters=(parameter,))
    def remove_boundary(call: Call, **name: str) -> None:
        record = change(call, name[parameter])
        if record.permissions_boundary is None:
            raise NoSuchEntity(f"The {NOUNS[kind].words} {name[parameter]} does not have a permissions boundary.")
        call.tx.put(msgspec.structs.replace(record, permissions_boundary=None))


bounded(User, found_by_name(User), put="PutUserPermissionsBoundary", delete="DeleteUserPermissionsBoundary")
bounded(Role, changeable, put="PutRolePermissionsBoundary", delete="DeleteRolePermissionsBoundary")
