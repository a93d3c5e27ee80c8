"""Replay: what of the past would have been denied under another policy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from keyreeve import policy
from keyreeve.entities import Role, User
from keyreeve.posture.asked import verdict
from keyreeve.posture.least import every_asked
from keyreeve.posture.reading import Reading


class Denied(NamedTuple):
    """What would have been denied, how often, and when it was last asked."""

    action: str
    resource: str
    verdict: str
    times: int
    last: datetime


class Replayed(NamedTuple):
    """How many questions were put again, what would have been denied, and actions whose events do not tell enough."""

    asked: int
    denied: tuple[Denied, ...]
    unread: tuple[str, ...]


def replay(reading: Reading, holder: User | Role, documents: Iterable[policy.Document], days: int) -> Replayed:
    """Put the questions of so many days again, with these documents as the holder's only identity policies."""
    held = tuple(policy.Policy(document, "identity", f"proposed {n}") for n, document in enumerate(documents, 1))
    policies = policy.Policies(identity=held)
    asked, denied = 0, dict[tuple[str, str, str], Denied]()
    questions, unread = every_asked(reading, holder, reading.now - timedelta(days=days))
    for each in questions:
        asked += 1
        found = verdict(each, policies)
        if found != "allowed":
            key = (each.ask.action, each.ask.resource, found)
            times = denied[key].times + 1 if key in denied else 1
            last = denied[key].last if key in denied else each.event.event_time  # the newest come first
            denied[key] = Denied(*key, times, last)
    return Replayed(asked, tuple(sorted(denied.values())), unread)
