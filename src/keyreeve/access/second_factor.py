"""The second factor: the code of a device, used up wherever it is right, in STS and at sign-in alike."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from keyreeve.access import totp
from keyreeve.entities import MFADevice
from keyreeve.operations import Call
from keyreeve.seal import SealBroken


def use(call: Call, devices: Iterable[MFADevice], code: str) -> MFADevice | None:
    """The device whose code this is, or None, which costs each of them an attempt.

    A right code counts as used from now on, also where its call is refused later. A device that rests after too many
    wrong codes, or whose seed does not open, has no right code.
    """
    tried = [(device, _step(call, device, code)) for device in devices]
    for device, step in tried:
        if step is not None:
            call.attempts.was_right(_place(device), step)
            call.tx.put(msgspec.structs.replace(device, last_step=step))
            return device
    for device, _ in tried:
        if not call.attempts.resting(_place(device), call.now):
            call.attempts.was_wrong(_place(device), call.now)
    return None


def _step(call: Call, device: MFADevice, code: str) -> int | None:
    place = _place(device)
    if call.attempts.resting(place, call.now):
        return None
    try:
        seed = call.ring.unseal(device.sealed_seed, device.serial_number)
    except SealBroken:
        return None
    last_step = max(device.last_step, call.attempts.last_step(place))
    return totp.verify(seed, code, call.now, last_step, device.drift_steps)


def _place(device: MFADevice) -> str:
    return f"{device.account_id}/{device.serial_number}"
