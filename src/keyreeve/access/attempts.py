"""Attempts: one-time codes that were tried, right and wrong ones.

A code counts as used from the moment it was right, also when the call it came with is refused afterwards; and whoever
holds a stolen key cannot try codes until one fits. Kept in memory: what was used in a call that succeeded stands in the
device's record too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

WRONG_CODES = 5
"""Wrong codes in a row for a device, after which it rests."""

REST = timedelta(minutes=5)


@dataclass(slots=True)
class _Device:
    last_step: int = 0
    wrong: int = 0
    resting_until: datetime | None = None


@dataclass(slots=True)
class Attempts:
    """What was tried on each device. Only devices that exist are remembered, so callers cannot make it grow."""

    _devices: dict[str, _Device] = field(default_factory=dict)

    def last_step(self, serial_number: str) -> int:
        """The newest time step whose code was right."""
        return self._devices[serial_number].last_step if serial_number in self._devices else 0

    def resting(self, serial_number: str, now: datetime) -> bool:
        """Whether too many wrong codes came: no code is looked at for a while."""
        device = self._devices.get(serial_number)
        return device is not None and device.resting_until is not None and now < device.resting_until

    def was_right(self, serial_number: str, step: int) -> None:
        """Use a code up."""
        self._devices[serial_number] = _Device(last_step=step)

    def was_wrong(self, serial_number: str, now: datetime) -> None:
        """Count a wrong code."""
        device = self._devices.setdefault(serial_number, _Device())
        device.wrong += 1
        if device.wrong >= WRONG_CODES:
            device.wrong, device.resting_until = 0, now + REST
