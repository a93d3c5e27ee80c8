"""Challenges that were given out and wait for their answer: one for each place, for a while, for one answer.

Kept in memory: a restart forgets them, and who was about to answer begins again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFE = timedelta(minutes=5)
"""How long an answer may take."""

CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Given:
    challenge: bytes
    about: str
    until: datetime


@dataclass(slots=True)
class Challenges:
    """What was given at each place: the sign-in of a principal, its enrolment of a device.

    Only what exists has a place, so callers cannot make it grow.
    """

    _given: dict[str, _Given] = field(default_factory=dict)

    def give(self, place: str, about: str, now: datetime, chance: Callable[[int], bytes]) -> bytes:
        """A new challenge, in the place of one that was not answered."""
        made = _Given(chance(CHALLENGE_BYTES), about, now + LIFE)
        self._given[place] = made
        return made.challenge

    def take(self, place: str, about: str, now: datetime) -> bytes | None:
        """The challenge that an answer has to be to; None if there is none, it is too late, or about something else.

        It is gone then, whatever comes of the answer.
        """
        found = self._given.pop(place, None)
        if found is None or now > found.until or found.about != about:
            return None
        return found.challenge
