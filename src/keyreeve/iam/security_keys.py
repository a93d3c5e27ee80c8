"""Passkeys and security keys: FIDO devices, which no operation makes. Sign-in enrols them (`service.enrolling`)."""

from __future__ import annotations

import re
from base64 import b32encode
from typing import NamedTuple

from keyreeve.access.key_proofs import Credential
from keyreeve.entities import Account, FIDODevice
from keyreeve.faults import EntityAlreadyExists, ValidationError
from keyreeve.iam.keys import holder
from keyreeve.iam.mfa_devices import guard, held
from keyreeve.iam.quotas import MFA_DEVICES, hold
from keyreeve.operations import Call

ID_BYTES = 16
"""Of chance, as 26 characters of base32 behind the device's name."""

_is_name = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII).fullmatch


class Holder(NamedTuple):
    """Whose device it will be: the unique id, and the path and name that its serial number has."""

    principal_id: str
    owner: str


def enrolling(call: Call, user_name: str | None, device_name: str) -> Holder:
    """Whose device is to be enrolled; raises the Fault where one more of this name cannot be."""
    if not _is_name(device_name):
        raise ValidationError(
            "The specified value for deviceName is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-"
        )
    principal_id, name = holder(call, user_name)
    guard(call, principal_id)
    hold("MFADevicesPerUser", len(held(call, principal_id)), MFA_DEVICES)
    return Holder(principal_id, "root" if name is None else f"user/{name}")


def enrol(call: Call, holder: Holder, device_name: str, made: Credential) -> FIDODevice:
    """Give somebody the device that has just made a credential. One that is enrolled anywhere is refused."""
    accounts = call.tx.everywhere(Account)
    if any(call.tx.find(FIDODevice, each.account_id, "credential", made.credential_id) for each in accounts):
        raise EntityAlreadyExists("MFA Device is already in use.")
    identifier = b32encode(call.chance(ID_BYTES)).decode().rstrip("=")
    device = FIDODevice(
        account_id=call.account_id,
        serial_number=f"arn:aws:iam::{call.account_id}:u2f/{holder.owner}/{device_name}-{identifier}",
        principal_id=holder.principal_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        enable_date=call.moment(),
        sign_count=made.sign_count,
        transports=made.transports,
        certifications=made.certifications,
    )
    call.tx.put(device)
    return device
