"""Accounts as the operator makes them: each with its root user, and an administrator who has a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyreeve.access import devices
from keyreeve.access.credentials import Chance, access_key_id, account_of, secret_access_key, unique_id
from keyreeve.entities import AccessKey, Account, Attachment, Group, Membership, RootUser, User
from keyreeve.faults import EntityAlreadyExists, ValidationError
from keyreeve.service.commands import NO_ACCOUNT, Done, event

if TYPE_CHECKING:
    from datetime import datetime

    from keyreeve.entities import Record
    from keyreeve.service.node import Node

ADMIN = "admin"
ADMINISTRATORS = "Administrators"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"

KEY_ID_VARIABLE = "KEYREEVE_ADMIN_ACCESS_KEY_ID"
SECRET_VARIABLE = "KEYREEVE_ADMIN_SECRET_ACCESS_KEY"

_ACCOUNT_ID = re.compile(r"[0-9]{12}").fullmatch
_NAME = re.compile(r"[ -~]{1,50}").fullmatch  # Organizations, CreateAccount: AccountName
_SECRET = re.compile(r"[A-Za-z0-9/+]{40}").fullmatch
_FIRST_WITHOUT_ZERO = 100_000_000_000


class UnfitKey(Exception):
    """A first key, given in the environment, that cannot be taken. The sentence says what to do."""


@dataclass(frozen=True)
class AdminKey:
    """The key that an administrator of a new account is to have. `given`: by the operator, who knows it already."""

    account_id: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    given: bool = False


def new_key(account_id: str | None, chance: Chance) -> AdminKey:
    """A key for this account, or for one with a random id."""
    account_id = account_id or new_account_id(chance)
    return AdminKey(account_id, access_key_id("AKIA", account_id, chance), secret_access_key(chance))


def first_key(account_id: str | None, environ: Mapping[str, str], chance: Chance) -> AdminKey:
    """The first administrator's key: the one given in the environment, or a new one. Raises UnfitKey.

    A key id tells its account, so a given one also chooses the account's id.
    """
    identifier, secret = environ.get(KEY_ID_VARIABLE), environ.get(SECRET_VARIABLE)
    if not identifier and not secret:
        return new_key(account_id, chance)
    if not identifier or not secret:
        raise UnfitKey(f"{KEY_ID_VARIABLE} and {SECRET_VARIABLE} belong together: give both or neither.")
    told = account_of(identifier) if identifier.startswith("AKIA") else None
    if told is None:
        raise UnfitKey(
            f"{KEY_ID_VARIABLE} is not a key id in AWS's form, which tells its account: AKIA, one of Q-Z or 2-7, and 15"
            " of A-Z or 2-7. Make one with: keyreeve init --json --data EMPTY-FOLDER"
        )
    if account_id not in {None, told}:
        raise UnfitKey(
            f"{KEY_ID_VARIABLE} tells account {told}, and --account-id says {account_id}. Leave --account-id out, or"
            " give another key."
        )
    if not _SECRET(secret):
        raise UnfitKey(f"{SECRET_VARIABLE} is not in AWS's form: 40 characters of A-Z, a-z, 0-9, / and +.")
    return AdminKey(told, identifier, secret, given=True)


def new_account_id(chance: Chance) -> str:
    """Twelve random digits, of which the first is not 0: programs that take it for a number keep it whole."""
    span = 10 * _FIRST_WITHOUT_ZERO - _FIRST_WITHOUT_ZERO
    return str(_FIRST_WITHOUT_ZERO + int.from_bytes(chance(16)) % span)


def open_account(node: Node, key: AdminKey, name: str | None = None, command: str = "init") -> Done:
    """Make an account: its root user without credentials, and an administrator with this key."""
    tx, account_id, now = node.view.begin(), key.account_id, node.now().replace(microsecond=0)
    if tx.get(Account, account_id, account_id) is not None:
        raise EntityAlreadyExists(f"There is an account {account_id} already.")
    tx.put(Account(account_id=account_id, create_date=now, account_name=name))
    tx.put(RootUser(account_id=account_id, create_date=now))
    user_id = unique_id("AIDA", account_id, node.chance)
    for record in (*_administrator(node, key, user_id, now), *_administrators(node, account_id, user_id, now)):
        tx.put(record)
    made = event(
        node,
        command,
        "organizations",
        "CreateAccount",
        account_id=account_id,
        parameters={"accountName": name} if name else None,
        response={"accountId": account_id, "userName": ADMIN, "accessKeyId": key.access_key_id},
    )
    return Done(shown(key, name), node.log.commit(tx, made))


def _administrator(node: Node, key: AdminKey, user_id: str, now: datetime) -> tuple[Record, ...]:
    account_id, identifier = key.account_id, key.access_key_id
    sealed = node.ring.seal(key.secret_access_key.encode(), identifier)
    return (
        User(account_id=account_id, user_id=user_id, user_name=ADMIN, path="/", create_date=now),
        AccessKey(
            account_id=account_id,
            access_key_id=identifier,
            principal_id=user_id,
            sealed_secret=sealed,
            create_date=now,
        ),
    )


def _administrators(node: Node, account_id: str, user_id: str, now: datetime) -> tuple[Record, ...]:
    group_id = unique_id("AGPA", account_id, node.chance)
    return (
        Group(account_id=account_id, group_id=group_id, group_name=ADMINISTRATORS, path="/", create_date=now),
        Attachment(account_id=account_id, principal_id=group_id, policy_arn=ADMINISTRATOR_ACCESS),
        Membership(account_id=account_id, group_id=group_id, user_id=user_id),
    )


def shown(key: AdminKey, name: str | None = None) -> dict[str, str]:
    """A new account and its administrator's credentials, as JSON values: the only time that the secret is seen."""
    return {
        "account_id": key.account_id,
        **({"account_name": name} if name else {}),
        "user_name": ADMIN,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
    }


def create(node: Node, account_id: str | None = None, name: str | None = None) -> Done:
    """`accounts create`: one more account."""
    if account_id is not None and not _ACCOUNT_ID(account_id):
        raise ValidationError("An account id has twelve digits.")
    if account_id == NO_ACCOUNT:
        raise ValidationError(f"{NO_ACCOUNT} is no account's id: what concerns the whole server is filed under it.")
    if name is not None and not _NAME(name):
        raise ValidationError("An account's name has 1 to 50 characters of ASCII.")
    key = new_key(account_id, node.chance)
    made = open_account(node, key, name, "accounts create")
    return Done({**shown(key, name), "endpoint_url": node.url}, made.revision)


def list_all(node: Node) -> Done:
    """`accounts list`: every account, and what its root user has."""
    tx = node.view.begin()
    found = sorted(tx.everywhere(Account), key=lambda account: (account.create_date, account.account_id))
    return Done([_listed(node, account) for account in found], node.view.revision)


def _listed(node: Node, account: Account) -> dict[str, object]:
    tx, account_id = node.view.begin(), account.account_id
    root = tx.get(RootUser, account_id, account_id)
    return {
        "account_id": account_id,
        "account_name": account.account_name,
        "account_alias": account.account_alias,
        "create_date": f"{account.create_date:%Y-%m-%dT%H:%M:%SZ}",
        "users": tx.count(User, account_id),
        "root_has_password": root is not None and root.password_hash is not None,
        "root_has_mfa": bool(devices.held(tx, account_id, account_id)),
        "root_access_keys": len(tx.where(AccessKey, account_id, "principal", account_id)),
    }
