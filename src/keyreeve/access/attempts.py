"""Attempts: one-time codes and passwords that were tried, right and wrong ones.

A code counts as used from the moment it was right, also when the call it came with is refused afterwards; and nobody
can try codes or passwords until one fits. Kept in memory: what was used in a call that succeeded stands in the device's
record too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

WRONG = 5
"""Wrong ones in a row at a place, after which it rests."""

REST = timedelta(minutes=5)


@dataclass(slots=True)
class _Tried:
    last_step: int = 0
    wrong: int = 0
    resting_until: datetime | None = None


@dataclass(slots=True)
class Attempts:
    """What was tried at each place: a device, the sign-in of a principal, its ChangePassword.

    Only what exists has a place, so callers cannot make it grow.
    """

    _places: dict[str, _Tried] = field(default_factory=dict)

    def last_step(self, place: str) -> int:
        """The newest time step whose code was right."""
        return self._places[place].last_step if place in self._places else 0

    def resting(self, place: str, now: datetime) -> bool:
        """Whether too many wrong ones came: none is looked at for a while."""
        tried = self._places.get(place)
        return tried is not None and tried.resting_until is not None and now < tried.resting_until

    def was_right(self, place: str, step: int) -> None:
        """Use a code up, and forget the wrong ones before it."""
        self._places[place] = _Tried(last_step=step)

    def was_wrong(self, place: str, now: datetime) -> None:
        """Count a wrong one."""
        tried = self._places.setdefault(place, _Tried())
        tried.wrong += 1
        if tried.wrong >= WRONG:
            tried.wrong, tried.resting_until = 0, now + REST
