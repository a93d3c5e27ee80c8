"""MFA devices of users and of the root user: virtual ones are enabled here with two codes, FIDO ones at sign-in.

Codes are asked for by STS and by sign-in; FIDO devices have none and serve sign-in alone.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access import devices, totp
from keyreeve.access.devices import Device
from keyreeve.entities import FIDODevice, MFADevice, User
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
_NOT_VALID = "Authentication code for device is not valid."


def the_device(call: Call, serial_number: str) -> MFADevice:
    """The account's virtual device with this serial number; NoSuchEntity if there is none."""
    found = call.tx.get(MFADevice, call.account_id, serial_number)
    if found is None:
        raise _missing(serial_number)
    return found


def _missing(serial_number: str) -> NoSuchEntity:
    return NoSuchEntity(NOUNS[MFADevice].missing.format(serial_number))


def held(call: Call, principal_id: str) -> list[Device]:
    """The devices of a user or of the root user, of either kind."""
    return devices.held(call.tx, call.account_id, principal_id)


def _the(call: Call, principal_id: str, serial_number: str) -> Device:
    """The device of somebody with this serial number; NoSuchEntity if it is nobody's, or somebody else's."""
    for device in held(call, principal_id):
        if device.serial_number == serial_number:
            return device
    raise _missing(serial_number)


def guard(call: Call, user_id: str) -> None:
    """Who has a device changes which ones it has only with its help: a stolen key could else get itself a new one.

    As recorded of AWS, once. Administrators act on others' devices without their own.
    """
    own: User | None = call.caller.user
    acts_on_itself = own is not None and own.user_id == user_id
    if acts_on_itself and call.caller.mfa_time is None and held(call, user_id):
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
        raise InvalidAuthenticationCode(_NOT_VALID)
    call.attempts.was_right(place, step)
    return step


@operation("EnableMFADevice", on=existing(User))
def enable_mfa_device(
    call: Call, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Give a user an unassigned device, once two codes in a row have shown that somebody holds it."""
    user = the(call, User, user_name)
    device = the_device(call, serial_number)
    guard(call, user.user_id)
    if device.principal_id is not None:
        raise EntityAlreadyExists("MFA Device is already in use.")
    hold("MFADevicesPerUser", len(held(call, user.user_id)), MFA_DEVICES)
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
    device = _the(call, the(call, User, user_name).user_id, serial_number)
    if isinstance(device, FIDODevice):
        raise InvalidAuthenticationCode(_NOT_VALID)  # it shows no codes; the answer is ours
    step = _step(call, device, authentication_code1, authentication_code2, totp.RESYNC_STEPS)
    drift = totp.drift(step, call.now)
    call.tx.put(msgspec.structs.replace(device, last_step=step, drift_steps=drift))


@operation("DeactivateMFADevice", on=existing(User))
def deactivate_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> None:
    """Take a device from its user. A virtual one stays, unassigned, with its seed; a FIDO device is gone."""
    principal_id, _ = holder(call, user_name)
    device = _the(call, principal_id, serial_number)
    guard(call, principal_id)
    if isinstance(device, FIDODevice):
        call.tx.delete(device)
        return
    call.tx.put(msgspec.structs.replace(device, principal_id=None, enable_date=None))


@operation("ListMFADevices", on=existing(User))
def list_mfa_devices(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The devices of a user, or of the root user that asks for its own."""
    principal_id, name = holder(call, user_name)
    page, rest = sorted_page(held(call, principal_id), lambda device: device.serial_number, marker, max_items)
    shown = [
        {"user_name": name or "root", "serial_number": device.serial_number, "enable_date": device.enable_date}
        for device in page
    ]
    return {"mfa_devices": shown, **rest}


@operation("GetMFADevice", on=existing(User))
def get_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> dict[str, Any]:
    """A FIDO device, the only kind that this operation takes, with what its make is certified for as far as known."""
    principal_id, name = holder(call, user_name)
    device = _the(call, principal_id, serial_number)
    if not isinstance(device, FIDODevice):
        raise _missing(serial_number)
    return {
        "user_name": name or "root",
        "serial_number": device.serial_number,
        "enable_date": device.enable_date,
        "certifications": dict(device.certifications) or None,
    }
