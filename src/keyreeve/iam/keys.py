"""Access keys: long-term credentials of a user or of the root user, two at the most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.entities import AccessKey, User
from keyreeve.faults import AccessDenied, NoSuchEntity
from keyreeve.iam.nouns import existing, user_or_own
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import ACCESS_KEYS, hold
from keyreeve.iam.status import switched
from keyreeve.operations import Ask, Call, operation


def holder(call: Call, user_name: str | None) -> tuple[str, str | None]:
    """The unique id and the name of whose credentials are meant; the root user has no user name."""
    if user_name is None and call.caller.kind == "root":
        return call.account_id, None
    user = user_or_own(call, user_name)
    return user.user_id, user.user_name


def _the_key(call: Call, principal_id: str, wanted: str) -> AccessKey:
    key = call.tx.get(AccessKey, call.account_id, wanted)
    if key is None or key.principal_id != principal_id:
        raise NoSuchEntity(f"The Access Key with id {wanted} cannot be found.")
    return key


def made(call: Call, principal_id: str) -> tuple[AccessKey, str]:
    """A new key for a principal, put into the transaction, and its secret: the only time it is seen."""
    hold("AccessKeysPerUser", len(call.tx.where(AccessKey, call.account_id, "principal", principal_id)), ACCESS_KEYS)
    identifier, secret = call.new_id(AccessKey, access_key_id, "AKIA"), secret_access_key(call.chance)
    key = AccessKey(
        account_id=call.account_id,
        access_key_id=identifier,
        principal_id=principal_id,
        sealed_secret=call.ring.seal(secret.encode(), identifier),
        create_date=call.moment(),
    )
    call.tx.put(key)
    return key, secret


@operation("CreateAccessKey", on=existing(User))
def create_access_key(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """Make a key; this answer alone holds its secret."""
    principal_id, name = holder(call, user_name)
    key, secret = made(call, principal_id)
    return {
        "access_key": {
            "user_name": name or "root",
            "access_key_id": key.access_key_id,
            "status": key.status,
            "secret_access_key": secret,
            "create_date": key.create_date,
        }
    }


@operation("ListAccessKeys", on=existing(User))
def list_access_keys(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The keys of a user, without their secrets."""
    principal_id, name = holder(call, user_name)
    found = call.tx.where(AccessKey, call.account_id, "principal", principal_id)
    keys, rest = sorted_page(found, lambda key: key.access_key_id, marker, max_items)
    shown = [
        {"user_name": name, "access_key_id": key.access_key_id, "status": key.status, "create_date": key.create_date}
        for key in keys
    ]
    return {"access_key_metadata": shown, **rest}


@operation("UpdateAccessKey", on=existing(User))
def update_access_key(call: Call, access_key_id: str, status: str, user_name: str | None = None) -> None:
    """Switch a key on or off, at once."""
    principal_id, _ = holder(call, user_name)
    key = switched(_the_key(call, principal_id, access_key_id), status)
    call.tx.put(msgspec.structs.replace(key, status_date=call.moment()))


@operation("DeleteAccessKey", on=existing(User))
def delete_access_key(call: Call, access_key_id: str, user_name: str | None = None) -> None:
    """Delete a key, at once."""
    principal_id, _ = holder(call, user_name)
    call.tx.delete(_the_key(call, principal_id, access_key_id))


def _of_the_key(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the user who holds the key. A key that is unknown or another account's is refused, whoever asks."""
    wanted = values.get("access_key_id", "")
    key = call.tx.get(AccessKey, call.account_id, wanted)
    if key is None:
        # AWS prints no colon after "perform" here.
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: "
            f"access key {wanted}"
        )
    user = call.tx.get(User, call.account_id, key.principal_id)
    if user is None:
        yield Ask(action, f"arn:aws:iam::{call.account_id}:root")
    else:
        yield Ask(action, user.arn, {}, f"user {user.user_name}", user)


@operation("GetAccessKeyLastUsed", on=_of_the_key)
def get_access_key_last_used(call: Call, access_key_id: str) -> dict[str, Any]:
    """When, for which service and in which region a key was last used; `N/A` where it never was."""
    key = call.tx.get(AccessKey, call.account_id, access_key_id)
    user = None if key is None else call.tx.get(User, call.account_id, key.principal_id)
    used = call.facts.access_key_last_used(access_key_id)
    last_used = (
        {"service_name": "N/A", "region": "N/A"}
        if used is None
        else {"last_used_date": used[0], "service_name": used[1], "region": used[2]}
    )
    return {"user_name": None if user is None else user.user_name, "access_key_last_used": last_used}
