"""The account's password policy: one or none, replaced as a whole."""

from __future__ import annotations

from typing import Any

from keyreeve.entities import PasswordPolicy
from keyreeve.faults import NoSuchEntity
from keyreeve.iam.nouns import listed
from keyreeve.operations import Call, operation


def password_policy(call: Call) -> PasswordPolicy | None:
    """The account's own policy; None means that AWS's default one holds."""
    return call.tx.get(PasswordPolicy, call.account_id, call.account_id)


@operation("UpdateAccountPasswordPolicy", on=listed())
def update_account_password_policy(
    call: Call,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool | None = None,
) -> None:
    """Make a policy or put another in its place: what is left out goes back to its default."""
    call.tx.put(
        PasswordPolicy(
            account_id=call.account_id,
            minimum_password_length=minimum_password_length,
            require_symbols=require_symbols,
            require_numbers=require_numbers,
            require_uppercase_characters=require_uppercase_characters,
            require_lowercase_characters=require_lowercase_characters,
            allow_users_to_change_password=allow_users_to_change_password,
            max_password_age=max_password_age,
            password_reuse_prevention=password_reuse_prevention,
            hard_expiry=hard_expiry,
        )
    )


@operation("GetAccountPasswordPolicy", on=listed())
def get_account_password_policy(call: Call) -> dict[str, Any]:
    """The account's own policy. The default one is not shown."""
    found = password_policy(call)
    if found is None:
        raise NoSuchEntity(f"The Password Policy with domain name {call.account_id} cannot be found.")
    return {"password_policy": found}


@operation("DeleteAccountPasswordPolicy", on=listed())
def delete_account_password_policy(call: Call) -> None:
    """Go back to AWS's default policy."""
    found = password_policy(call)
    if found is None:
        raise NoSuchEntity("The account policy with name PasswordPolicy cannot be found.")
    call.tx.delete(found)
