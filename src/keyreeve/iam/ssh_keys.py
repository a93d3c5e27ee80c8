"""SSH public keys: RSA keys of users, five at the most, for services that are reached over SSH."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from keyreeve.access.credentials import access_key_id
from keyreeve.entities import SSHPublicKey, User
from keyreeve.faults import DuplicateSSHPublicKey, InvalidPublicKey, NoSuchEntity, UnrecognizedPublicKeyEncoding
from keyreeve.iam.nouns import existing, the, user_or_own
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import SSH_PUBLIC_KEYS, hold
from keyreeve.iam.status import switched
from keyreeve.operations import Call, operation

SMALLEST_KEY = 2048
"""Bits of an RSA key (UploadSSHPublicKey API page)."""

_LOADERS = {"SSH": load_ssh_public_key, "PEM": load_pem_public_key}


def _encoding(body: str) -> str:
    """`SSH` or `PEM`, by the way the text begins."""
    if body.startswith("ssh-rsa "):
        return "SSH"
    if body.startswith("-----BEGIN "):
        return "PEM"
    raise UnrecognizedPublicKeyEncoding("Invalid public key uploaded.")


def _loaded(body: str) -> Any:
    body = body.strip()
    return _LOADERS[_encoding(body)](body.encode())


def _parsed(body: str) -> RSAPublicKey:
    """The key that a text holds. The sentences are ours: AWS's are not on record."""
    try:
        key = _loaded(body)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidPublicKey("The public key is malformed.") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise InvalidPublicKey(f"The public key must be an RSA key of at least {SMALLEST_KEY} bits.")
    return key


def _written(key: RSAPublicKey, encoding: str) -> str:
    if encoding == "SSH":
        return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _fingerprint(key: RSAPublicKey) -> str:
    blob = b64decode(_written(key, "SSH").split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _the_key(call: Call, user: User, wanted: str) -> SSHPublicKey:
    key = call.tx.get(SSHPublicKey, call.account_id, wanted)
    if key is None or key.user_id != user.user_id:
        raise NoSuchEntity(f"The Public Key with id {wanted} cannot be found.")
    return key


def _shown(user: User, key: SSHPublicKey, body: str) -> dict[str, Any]:
    return {
        "user_name": user.user_name,
        "ssh_public_key_id": key.ssh_public_key_id,
        "fingerprint": key.fingerprint,
        "ssh_public_key_body": body,
        "status": key.status,
        "upload_date": key.upload_date,
    }


@operation("UploadSSHPublicKey", on=existing(User))
def upload_ssh_public_key(call: Call, user_name: str, ssh_public_key_body: str) -> dict[str, Any]:
    """Give a user a key, as `ssh-rsa` or PEM, that it does not have yet."""
    user = the(call, User, user_name)
    fingerprint = _fingerprint(_parsed(ssh_public_key_body))
    held = call.tx.where(SSHPublicKey, call.account_id, "user", user.user_id)
    if any(key.fingerprint == fingerprint for key in held):
        raise DuplicateSSHPublicKey("The SSH public key is already associated with the specified IAM user.")
    hold("SSHPublicKeysPerUser", len(held), SSH_PUBLIC_KEYS)
    key = SSHPublicKey(
        account_id=call.account_id,
        ssh_public_key_id=call.new_id(SSHPublicKey, access_key_id, "APKA"),
        user_id=user.user_id,
        ssh_public_key_body=ssh_public_key_body,
        fingerprint=fingerprint,
        upload_date=call.moment(),
    )
    call.tx.put(key)
    return {"ssh_public_key": _shown(user, key, ssh_public_key_body)}


@operation("GetSSHPublicKey", on=existing(User))
def get_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str, encoding: str) -> dict[str, Any]:
    """A key, in the encoding that is asked for: the text as uploaded where that is its own."""
    user = the(call, User, user_name)
    key = _the_key(call, user, ssh_public_key_id)
    body = key.ssh_public_key_body
    own = _encoding(body.strip()) == encoding
    return {"ssh_public_key": _shown(user, key, body if own else _written(_loaded(body), encoding))}


@operation("ListSSHPublicKeys", on=existing(User))
def list_ssh_public_keys(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The keys of a user, without the keys themselves."""
    user = user_or_own(call, user_name)
    found = call.tx.where(SSHPublicKey, call.account_id, "user", user.user_id)
    keys, rest = sorted_page(found, lambda key: key.ssh_public_key_id, marker, max_items)
    shown = [
        {
            "user_name": user.user_name,
            "ssh_public_key_id": key.ssh_public_key_id,
            "status": key.status,
            "upload_date": key.upload_date,
        }
        for key in keys
    ]
    return {"ssh_public_keys": shown, **rest}


@operation("UpdateSSHPublicKey", on=existing(User))
def update_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str, status: str) -> None:
    """Switch a key on or off, at once."""
    key = _the_key(call, the(call, User, user_name), ssh_public_key_id)
    call.tx.put(switched(key, status))


@operation("DeleteSSHPublicKey", on=existing(User))
def delete_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str) -> None:
    """Delete a key, at once."""
    call.tx.delete(_the_key(call, the(call, User, user_name), ssh_public_key_id))
