"""Stems: what the events of one caller and operation have in common, written once.

Most events are of calls that succeeded, and differ in their time, ids, parameters and answers alone. A stem is the
record of such an event, as `Event.encode` writes it, cut where these stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from keyreeve.events.event import Event, Resource

BLANK_ID = "00000000-0000-4000-8000-000000000000"
"""What stands in a stem's event for its ids; it is as long as they are."""

_TIME = b',"eventTime":"'
_TIME_BYTES = len("2026-11-24T10:00:00Z")
_PARAMETERS = b',"requestParameters":null,"responseElements":null,"requestID":"'
_BETWEEN_IDS = b'","eventID":"'
_AFTER_RESOURCES = b',"eventType":'


class Written(NamedTuple):
    """An event with its record, and its time in whole seconds.

    Where the record was cut from a stem `event` is the stem's, which has nothing of what the stem leaves open.
    """

    event: Event
    time: datetime
    record: bytes


class Stem:
    """The record of `event`, which has no parameters, response, resources or error, and BLANK_ID twice, in pieces."""

    __slots__ = ("_after_ids", "_bare", "_end", "_middle", "_start", "event")

    def __init__(self, event: Event) -> None:
        record = event.encode()
        # A quotation mark within a value is escaped, so each of these marks is a member. Only what stands before the
        # time may have members of its own.
        time = record.rindex(_TIME) + len(_TIME)
        parameters = record.index(_PARAMETERS, time)
        ids = BLANK_ID.encode() + _BETWEEN_IDS + BLANK_ID.encode()
        end = parameters + len(_PARAMETERS) + len(ids)
        if record[end - len(ids) : end] != ids:
            raise ValueError("The ids of a stem are blank.")
        resources = record.index(_AFTER_RESOURCES, end)
        self._start = record[:time]
        self._middle = record[time + _TIME_BYTES : parameters] + b',"requestParameters":'
        self._after_ids, self._end = record[end:resources], record[resources:]
        between = self._middle + b'null,"responseElements":null,"requestID":"', self._after_ids + self._end
        self._bare = tuple(piece.decode() for piece in (self._start, *between))
        self.event = event

    def bare(self, time: str, request_id: str, event_id: str) -> bytes:
        """The record of an event that has nothing of what the stem leaves open but its time and ids."""
        start, middle, end = self._bare
        return f'{start}{time}{middle}{request_id}","eventID":"{event_id}{end}'.encode()

    def record(
        self,
        time: str,
        request_id: str,
        event_id: str,
        parameters: dict[str, Any] | None,
        elements: dict[str, Any] | None = None,
        resources: Sequence[Resource] = (),
    ) -> bytes:
        """The record of an event at a time, in whole seconds as `2026-11-24T10:00:00Z`; the ids are UUIDs."""
        asked = b"null" if parameters is None else _encode(parameters)
        answered = b"null" if elements is None else _encode(elements)
        ids = f',"requestID":"{request_id}","eventID":"{event_id}'.encode("ascii")
        named = b',"resources":' + _encode(resources) if resources else b""
        at = time.encode("ascii")
        before = self._start, at, self._middle, asked, b',"responseElements":', answered
        return b"".join((*before, ids, self._after_ids, named, self._end))


class Bare(NamedTuple):
    """An event of which its stem, ids and time (in whole seconds, and the same as text) say all.

    Its record is written whenever it is wanted: that takes less than to have thousands of records lie in memory.
    """

    stem: Stem
    time: datetime
    text: str
    request_id: str
    event_id: str

    @property
    def event(self) -> Event:
        """The stem's event: all but the ids and the time is this one's too."""
        return self.stem.event

    @property
    def record(self) -> bytes:
        """The record of the event."""
        return self.stem.bare(self.text, self.request_id, self.event_id)


Kept = bytes | Bare
"""A record, or what it is written from."""


def record_of(kept: Kept) -> bytes:
    """The record, as it is chained and packed."""
    return kept if isinstance(kept, bytes) else kept.record


_encode = msgspec.json.Encoder().encode
