"""Protected roles: those of AWS's services, which their service alone may change."""

from __future__ import annotations

from keyreeve.entities import Role
from keyreeve.faults import UnmodifiableEntity
from keyreeve.iam.nouns import the
from keyreeve.operations import Call


def changeable(call: Call, role_name: str) -> Role:
    """The role with this name; UnmodifiableEntity if it is not the account's to change."""
    role = the(call, Role, role_name)
    if role.is_protected:
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{role.role_name}' - "
            "this role is only modifiable by AWS"
        )
    return role
