"""Stems: what the events of one caller and operation have in common, written once.

Most events are of reads that succeeded, and differ in their time, ids and parameters alone. A stem is the record of
such an event, as `Event.encode` writes it, cut where these stand.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.events.event import Event

BLANK_ID = "00000000-0000-4000-8000-000000000000"
"""What stands in a stem's event for its ids; it is as long as they are."""

_TIME = b',"eventTime":"'
_TIME_BYTES = len("2026-11-24T10:00:00Z")
_PARAMETERS = b',"requestParameters":null,"responseElements":null,"requestID":"'
_BETWEEN_IDS = b'","eventID":"'


class Stem:
    """The record of `event`, which has no parameters, response or error, and BLANK_ID for both ids, in pieces."""

    __slots__ = ("_end", "_middle", "_start", "event")

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
        self._start = record[:time]
        self._middle = record[time + _TIME_BYTES : parameters] + b',"requestParameters":'
        self._end = record[end:]
        self.event = event

    def record(self, time: str, request_id: str, event_id: str, parameters: dict[str, Any] | None) -> bytes:
        """The record of an event at a time, in whole seconds as `2026-11-24T10:00:00Z`; the ids are UUIDs."""
        shown = b"null" if parameters is None else _encode(parameters)
        ids = f',"responseElements":null,"requestID":"{request_id}","eventID":"{event_id}'.encode("ascii")
        return b"".join((self._start, time.encode("ascii"), self._middle, shown, ids, self._end))


_encode = msgspec.json.Encoder().encode
