"""The root user from the machine itself: the way in for emergencies. Whoever can do this owns the data anyway."""

from __future__ import annotations

import re
from base64 import b32decode, b32encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from keyreeve.access import devices, passwords, tokens, totp
from keyreeve.access.credentials import Chance, access_key_id, secret_access_key
from keyreeve.entities import AccessKey, Account, MFADevice, RootUser
from keyreeve.events import Event
from keyreeve.faults import EntityAlreadyExists, NoSuchEntity, ValidationError
from keyreeve.iam.quotas import ACCESS_KEYS, MFA_DEVICES, hold
from keyreeve.service.commands import Done, as_root, event

if TYPE_CHECKING:
    from keyreeve.service.node import Node
    from keyreeve.store import Transaction

SESSION = timedelta(hours=1)

_ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+").fullmatch
_SHORTEST, _LONGEST, _KINDS = 8, 128, 3
_KINDS_OF_CHARACTER = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")


def password_problem(password: str) -> str | None:
    """What AWS asks of a root user's password and this one lacks (IAM User Guide, "Change the password")."""
    if not _SHORTEST <= len(password) <= _LONGEST:
        return f"The root user's password has {_SHORTEST} to {_LONGEST} characters."
    if sum(re.search(kind, password) is not None for kind in _KINDS_OF_CHARACTER) < _KINDS:
        return "The root user's password has three of these: capital letters, small letters, digits, other characters."
    return None


def hashed(password: str) -> str:
    """The hash for `set_password`. It takes a while, and the password itself goes nowhere."""
    return passwords.hash(password)


def set_password(node: Node, password_hash: str, account_id: str | None = None) -> Done:
    """`root set-password`: from now on this is the root user's password."""
    tx, root = _root(node, account_id)
    if not _ARGON2ID(password_hash) or passwords.needs_rehash(password_hash):
        raise ValidationError("The password's hash was not made as this server makes them; is the command its version?")
    now = node.now().replace(microsecond=0)
    tx.put(msgspec.structs.replace(root, password_hash=password_hash, password_last_changed=now))
    changed = event(
        node,
        "root set-password",
        "signin",
        "PasswordUpdated",
        kind="AwsConsoleSignIn",
        account_id=root.account_id,
        identity=as_root(root),
        response={"PasswordUpdated": "Success"},
    )
    return Done({"account_id": root.account_id}, node.log.commit(tx, changed))


def new_seed(chance: Chance) -> str:
    """A seed for an authenticator, as base32."""
    return b32encode(totp.new_seed(chance)).decode()


def enrolment_uri(account_id: str, seed: str) -> str:
    """What an authenticator reads, in the form of Google Authenticator's Key URI."""
    return f"otpauth://totp/{quote(f'Keyreeve:root@{account_id}')}?secret={seed}&issuer=Keyreeve"


def account(node: Node, account_id: str | None = None) -> Done:
    """Which account a command without `--account` is about."""
    _, root = _root(node, account_id)
    return Done({"account_id": root.account_id}, node.view.revision)


def room_for_mfa(node: Node, account_id: str | None = None, replace: bool = False) -> Done:
    """Whether `root enroll-mfa` would find room, before a seed is shown and codes are asked for: the fault if not."""
    tx, root = _root(node, account_id)
    _room_for_device(tx, root, _serial_number(root), replace)
    return Done({"account_id": root.account_id}, node.view.revision)


def enroll_mfa(
    node: Node, seed: str, first_code: str, second_code: str, account_id: str | None = None, replace: bool = False
) -> Done:
    """`root enroll-mfa`: enable a virtual MFA device once two consecutive codes have proven it."""
    tx, root = _root(node, account_id)
    serial = _serial_number(root)
    _room_for_device(tx, root, serial, replace)
    secret, now = _decoded(seed), node.now()
    step = totp.verify_two(secret, first_code, second_code, now)
    if step is None:
        raise ValidationError("These are not two consecutive codes of this device. Look at its clock, then try again.")
    enabled = now.replace(microsecond=0)
    tx.put(
        MFADevice(
            account_id=root.account_id,
            serial_number=serial,
            sealed_seed=node.ring.seal(secret, serial),
            create_date=enabled,
            principal_id=root.account_id,
            enable_date=enabled,
            last_step=step,
        )
    )
    parameters = {"serialNumber": serial, "userName": "root"}
    done = _called(node, root, "root enroll-mfa", "iam", "EnableMFADevice", parameters=parameters)
    return Done({"account_id": root.account_id, "serial_number": serial}, node.log.commit(tx, done))


def _serial_number(root: RootUser) -> str:
    return f"arn:aws:iam::{root.account_id}:mfa/root-account-mfa-device"


def _room_for_device(tx: Transaction, root: RootUser, serial: str, replace: bool) -> None:
    present = tx.get(MFADevice, root.account_id, serial)
    if present is None or present.principal_id is None:  # anybody who may make devices can have made one of this name
        held = devices.held(tx, root.account_id, root.account_id)
        hold("MFADevicesPerUser", len(held), MFA_DEVICES)
    elif present.principal_id != root.account_id:
        raise EntityAlreadyExists(f"A user has the MFA device {serial}: it is to be deactivated first.")
    elif not replace:
        raise EntityAlreadyExists("The root user has a virtual MFA device; --replace puts another in its place.")


def create_access_key(node: Node, account_id: str | None = None) -> Done:
    """`root create-access-key`: a long-term key of the root user, which nobody should need."""
    tx, root = _root(node, account_id)
    hold("AccessKeysPerUser", len(tx.where(AccessKey, root.account_id, "principal", root.account_id)), ACCESS_KEYS)
    identifier, secret = access_key_id("AKIA", root.account_id, node.chance), secret_access_key(node.chance)
    tx.put(
        AccessKey(
            account_id=root.account_id,
            access_key_id=identifier,
            principal_id=root.account_id,
            sealed_secret=node.ring.seal(secret.encode(), identifier),
            create_date=node.now().replace(microsecond=0),
        )
    )
    response = {"accessKey": {"accessKeyId": identifier, "status": "Active"}}
    done = _called(node, root, "root create-access-key", "iam", "CreateAccessKey", response=response)
    result = {
        "account_id": root.account_id,
        "access_key_id": identifier,
        "secret_access_key": secret,
        "endpoint_url": node.url,
    }
    return Done(result, node.log.commit(tx, done))


def session(node: Node, account_id: str | None = None) -> Done:
    """`root session`: credentials of the root user that end after an hour."""
    tx, root = _root(node, account_id)
    issued = node.now().replace(microsecond=0)
    made = tokens.Session(
        kind="root_session",
        account_id=root.account_id,
        access_key_id=access_key_id("ASIA", root.account_id, node.chance),
        secret_access_key=secret_access_key(node.chance),
        principal_id=root.account_id,
        issued=issued,
        expires=issued + SESSION,
    )
    result = {
        "account_id": root.account_id,
        "access_key_id": made.access_key_id,
        "secret_access_key": made.secret_access_key,
        "session_token": tokens.issue(node.ring, made),
        "expiration": _iso(made.expires),
        "endpoint_url": node.url,
    }
    response = {"credentials": {"accessKeyId": made.access_key_id, "expiration": _iso(made.expires)}}
    done = _called(node, root, "root session", "sts", "GetSessionToken", response=response)
    return Done(result, node.log.commit(tx, done))


def _called(
    node: Node,
    root: RootUser,
    command: str,
    source: str,
    name: str,
    *,
    parameters: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
) -> Event:
    return event(
        node,
        command,
        source,
        name,
        kind="AwsConsoleAction",
        account_id=root.account_id,
        identity=as_root(root),
        parameters=parameters,
        response=response,
    )


def _root(node: Node, account_id: str | None) -> tuple[Transaction, RootUser]:
    """A transaction and the root user of an account: the only one there is, if none is named."""
    tx = node.view.begin()
    known = sorted(account.account_id for account in tx.everywhere(Account))
    if account_id is None and len(known) != 1:
        raise ValidationError(f"Say whose root user with --account: {', '.join(known) or 'there is no account yet'}.")
    wanted = account_id or known[0]
    root = tx.get(RootUser, wanted, wanted)
    if root is None:
        raise NoSuchEntity(f"There is no account {wanted}. There are: {', '.join(known)}.")
    return tx, root


def _decoded(seed: str) -> bytes:
    try:
        secret = b32decode(seed)
    except ValueError:
        secret = b""
    if len(secret) != totp.SEED_BYTES:
        raise ValidationError(f"A seed is {totp.SEED_BYTES} bytes in base32.")
    return secret


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
