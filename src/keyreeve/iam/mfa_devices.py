"""MFA devices of users and of the root user: enabled with two codes, then asked for by STS and by sign-in."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access import totp
from keyreeve.entities import MFADevice, User
from keyreeve.faults import AccessDenied, EntityAlreadyExists, InvalidAuthenticationCode, NoSuchEntity
from keyreeve.iam.keys import holder
from keyreeve.iam.nouns import NOUNS, existing, the
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import MFA_DEVICES, hold
from keyreeve.operations import Call, operation

_GUARD = (
    "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this "
    "user."
)


def the_device(call: Call, serial_number: str) -> MFADevice:
    """The account's device with this serial number; NoSuchEntity if there is none."""
    found = call.tx.get(MFADevice, call.account_id, serial_number)
    if found is None:
        raise _missing(serial_number)
    return found


def _missing(serial_number: str) -> NoSuchEntity:
    return NoSuchEntity(NOUNS[MFADevice].missing.format(serial_number))


def _devices(call: Call, principal_id: str) -> list[MFADevice]:
    return call.tx.where(MFADevice, call.account_id, "principal", principal_id)


def _device_of(call: Call, principal_id: str, serial_number: str) -> MFADevice:
    device = the_device(call, serial_number)
    if device.principal_id != principal_id:
        raise _missing(serial_number)
    return device


def _guard(call: Call, user_id: str) -> None:
    """Who has a device changes which ones it has only with its help: a stolen key could else get itself a new one.

    As recorded of AWS, once. Administrators act on others' devices without their own.
    """
    own: User | None = call.caller.user
    acts_on_itself = own is not None and own.user_id == user_id
    if acts_on_itself and call.caller.mfa_time is None and _devices(call, user_id):
        raise AccessDenied(_GUARD)


def _step(call: Call, device: MFADevice, first: str, second: str, reach: int = 0) -> int:
    """The step of the second of two right codes, which are used up, also where the call is refused later."""
    place = f"{device.account_id}/{device.serial_number}"
    seed = call.ring.unseal(device.sealed_seed, device.serial_number)
    last_step = max(device.last_step, call.attempts.last_step(place))
    resting = call.attempts.resting(place, call.now)
    step = None if resting else totp.verify_two(seed, first, second, call.now, last_step, reach)
    if step is None:
        if not resting:
            call.attempts.was_wrong(place, call.now)
        raise InvalidAuthenticationCode("Authentication code for device is not valid.")
    call.attempts.was_right(place, step)
    return step


@operation("EnableMFADevice", on=existing(User))
def enable_mfa_device(
    call: Call, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Give a user an unassigned device, once two codes in a row have shown that somebody holds it."""
    user = the(call, User, user_name)
    device = the_device(call, serial_number)
    _guard(call, user.user_id)
    if device.principal_id is not None:
        raise EntityAlreadyExists("MFA Device is already in use.")
    hold("MFADevicesPerUser", len(_devices(call, user.user_id)), MFA_DEVICES)
    step = _step(call, device, authentication_code1, authentication_code2)
    call.tx.put(
        msgspec.structs.replace(
            device, principal_id=user.user_id, enable_date=call.moment(), last_step=step, drift_steps=0
        )
    )


@operation("ResyncMFADevice", on=existing(User))
def resync_mfa_device(
    call: Call, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Learn from two codes in a row by how much the device's clock differs from ours."""
    device = _device_of(call, the(call, User, user_name).user_id, serial_number)
    step = _step(call, device, authentication_code1, authentication_code2, totp.RESYNC_STEPS)
    drift = totp.drift(step, call.now)
    call.tx.put(msgspec.structs.replace(device, last_step=step, drift_steps=drift))


@operation("DeactivateMFADevice", on=existing(User))
def deactivate_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> None:
    """Take a device from its user. It stays, unassigned, with its seed."""
    principal_id, _ = holder(call, user_name)
    device = _device_of(call, principal_id, serial_number)
    _guard(call, principal_id)
    call.tx.put(msgspec.structs.replace(device, principal_id=None, enable_date=None))


@operation("ListMFADevices", on=existing(User))
def list_mfa_devices(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The devices of a user, or of the root user that asks for its own."""
    principal_id, name = holder(call, user_name)
    devices, rest = sorted_page(_devices(call, principal_id), lambda device: device.serial_number, marker, max_items)
    shown = [
        {"user_name": name or "root", "serial_number": device.serial_number, "enable_date": device.enable_date}
        for device in devices
    ]
    return {"mfa_devices": shown, **rest}


@operation("GetMFADevice", on=existing(User))
def get_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> dict[str, Any]:
    """A FIDO device, the only kind that this operation takes; they are enrolled by sign-in, and there is none yet."""
    holder(call, user_name)
    raise _missing(serial_number)
