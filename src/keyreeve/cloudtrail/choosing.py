"""Choosing: a trail's events out of the log; and what says in their place that there are none to read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from keyreeve.cloudtrail.selection import selects
from keyreeve.entities import Trail
from keyreeve.events import Broken, Event, Rows
from keyreeve.events.breach import breach
from keyreeve.events.chain import FLOOR, Ring, unseal
from keyreeve.events.rows import readable
from keyreeve.store import Engine


class Chosen(NamedTuple):
    """An event with its number and record, and the trail as it was when the event came.

    `gap`: it stands for rows up to this number, and says of them this.
    """

    sequence: int
    event: Event
    record: bytes
    then: Trail
    gap: str | None = None


class LogReader:
    """The log as it stands, for trails to choose from, up to the event numbered `last`."""

    def __init__(self, engine: Engine, ring: Ring, last: int) -> None:
        self._engine, self._ring = engine, ring
        self._rows = Rows(engine)
        self.last = min(self._rows.last, last)
        """The number of the newest event to choose; it is durable."""

    def chosen(self, trail: Trail, first: int, last: int, moment: datetime) -> Iterator[Chosen]:
        """The trail's events of those numbered `first` to `last`, each number once.

        Rows that are gone or cannot be read stop nothing, or whoever damages one would have ended the trail. Nor are
        they passed over: an event at `moment` stands in their place, as nobody can say which of them were the trail's.
        """
        for then, start, end in trail.eras(first, last):
            yield from self._chosen(then, start, end, moment)

    def _chosen(self, trail: Trail, first: int, last: int, moment: datetime) -> Iterator[Chosen]:
        """The same where the trail was one and the same."""
        due = first
        for sequence, record in self._numbered(first):
            if sequence > last:
                break
            event = readable(record) if due <= sequence else None
            if event is None:
                continue
            yield from self._gap(trail, due, sequence - 1, moment)
            due = sequence + 1
            if _in_windows(trail, sequence, sequence) and selects(trail, event):
                yield Chosen(sequence, event, record, trail)
        yield from self._gap(trail, due, last, moment)

    def _numbered(self, first: int) -> Iterator[tuple[int, bytes]]:
        for segment in self._rows.segments(first - 1):
            yield from enumerate(self._rows.records(segment), segment.first)

    def _gap(self, trail: Trail, first: int, last: int, moment: datetime) -> Iterator[Chosen]:
        if first > last:
            return
        first = max(first, self._floor() + 1)
        if first <= last and _in_windows(trail, first, last):
            yield _instead(trail, first, last, moment)

    def _floor(self) -> int:
        """What retention has taken, up to this number. It says so before it takes: what is missing, it may have."""
        try:
            return unseal(self._engine.meta(FLOOR), self._ring, FLOOR).sequence
        except Broken:
            return 0


def _in_windows(trail: Trail, first: int, last: int) -> bool:
    """Whether the trail was logging at some time from the one number to the other."""
    return any(each.first <= last and (each.last is None or first <= each.last) for each in trail.windows)


def _instead(trail: Trail, first: int, last: int, moment: datetime) -> Chosen:
    reason = f"records {first} to {last} of the event log are gone or cannot be read"
    event_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{trail.trail_id}:{first}:{last}"))
    event = breach(reason, moment, event_id, account_id=trail.account_id, aws_region=trail.home_region)
    return Chosen(last, event, event.encode(), trail, reason)
