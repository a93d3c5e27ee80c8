"""Secrets at rest: where in the records something is sealed, and how it is put back sealed anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from keyreeve.entities import (
    AccessKey,
    DelegationNotification,
    DigestKey,
    MFADevice,
    Record,
    SAMLProvider,
    ServerCertificate,
    TokenSigningKey,
)

MEMBERS: Mapping[type[Record], str] = {
    AccessKey: "sealed_secret",
    DelegationNotification: "sealed_message",
    DigestKey: "sealed_key",
    MFADevice: "sealed_seed",
    ServerCertificate: "sealed_private_key",
    TokenSigningKey: "sealed_key",
}
"""Kinds of records with one secret, and its member; it is bound to the record's key."""

KINDS: tuple[type[Record], ...] = (*MEMBERS, SAMLProvider)
"""Every kind of record that holds secrets."""

Anew = Callable[[bytes, str], bytes]
"""What seals a secret anew, given what it is bound to."""


def secrets_in(record: Record) -> list[tuple[bytes, str]]:
    """The sealed secrets of a record, each with what it is bound to."""
    if isinstance(record, SAMLProvider):
        return [(key.sealed_key, key.key_id) for key in record.private_keys]
    return [(getattr(record, MEMBERS[type(record)]), record.key)]


def sealed_anew(record: Record, anew: Anew) -> Record:
    """The record with its secrets sealed anew."""
    if isinstance(record, SAMLProvider):
        keys = (
            msgspec.structs.replace(key, sealed_key=anew(key.sealed_key, key.key_id)) for key in record.private_keys
        )
        return msgspec.structs.replace(record, private_keys=tuple(keys))
    member = MEMBERS[type(record)]
    return msgspec.structs.replace(record, **{member: anew(getattr(record, member), record.key)})
