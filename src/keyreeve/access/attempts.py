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
class _Tried:
    last_step: int = 0
    wrong: int = 0
    resting_until: datetime | None = None


@dataclass(slots=True)
class Attempts:
    """What was tried on each device, by its account and serial number.

    Only devices that exist are remembered, so callers cannot make it grow.
    """

    _devices: dict[str, _Tried] = field(default_factory=dict)

    def last_step(self, device: str) -> int:
        """The newest time step whose code was right."""
        return self._devices[device].last_step if device in self._devices else 0

    def resting(self, device: str, now: datetime) -> bool:
        """Whether too many wrong codes came: no code is looked at for a while."""
        tried = self._devices.get(device)
        return tried is not None and tried.resting_until is not None and now < tried.resting_until

    def was_right(self, device: str, step: int) -> None:
        """Use a code up."""
        self._devices[device] = _Tried(last_step=step)

    def was_wrong(self, device: str, now: datetime) -> None:
        """Count a wrong code."""
        tried = self._devices.setdefault(device, _Tried())
        tried.wrong += 1
        if tried.wrong >= WRONG_CODES:
            tried.wrong, tried.resting_until = 0, now + REST
