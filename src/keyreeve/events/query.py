"""Look-ups: the events that answer a question, newest or oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from keyreeve.events.event import Event
from keyreeve.events.hints import may_hold
from keyreeve.events.rows import Rows, Segment, readable


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to look for; a member that is None asks nothing. Values match exactly, as in LookupEvents.

    `user_name` is the name LookupEvents shows: a user's, a role session's, or `root`. `since` and `until` are aware
    times, both included.
    """

    account_id: str | None = None
    user_name: str | None = None
    event_name: str | None = None
    event_source: str | None = None
    error_code: str | None = None
    access_key_id: str | None = None
    event_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    read_only: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, event: Event) -> bool:
        """Whether the event is one of those asked for."""
        identity, resources = event.user_identity, event.resources
        return (
            _asked(self.account_id, event.recipient_account_id)
            and _asked(self.user_name, identity.display_name)
            and _asked(self.event_name, event.event_name)
            and _asked(self.event_source, event.event_source)
            and _asked(self.error_code, event.error_code)
            and _asked(self.access_key_id, identity.access_key_id)
            and _asked(self.event_id, event.event_id)
            and (self.read_only is None or self.read_only == event.read_only)
            and (self.resource_name is None or any(r.resource_arn == self.resource_name for r in resources))
            and (self.resource_type is None or any(r.resource_type == self.resource_type for r in resources))
            and (self.since is None or event.event_time >= self.since)
            and (self.until is None or event.event_time <= self.until)
        )

    def may_match(self, segment: Segment) -> bool:
        """False only if nothing in the segment can match."""
        block = segment.block
        if block is None:
            return True
        if self.since is not None and block.newest < int(self.since.timestamp()):
            return False
        if self.until is not None and block.oldest > self.until.timestamp():
            return False
        return all(may_hold(block.hints, f"{name}={value}") for name, value in self._values())

    def needles(self) -> list[bytes]:
        """Bytes that stand in the record of every match."""
        return [msgspec.json.encode(value)[1:-1] for name, value in self._values() if value != "root"]

    def _values(self) -> Iterator[tuple[str, str]]:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str):
                yield name, value


def _asked(wanted: str | None, value: str | None) -> bool:
    return wanted is None or wanted == value


def look_up(
    rows: Rows, wanted: Filter | None = None, *, newest_first: bool = True, after: int = 0, before: int | None = None
) -> Iterator[tuple[int, Event]]:
    """The numbers and events that match, of those numbered more than `after` and less than `before`."""
    wanted = wanted or Filter()
    needles, turn = wanted.needles(), -1 if newest_first else 1
    for segment in rows.segments(after)[::turn]:
        if not wanted.may_match(segment) or (before is not None and segment.first >= before):
            continue
        for sequence, record in list(enumerate(rows.records(segment), segment.first))[::turn]:
            if sequence <= after or (before is not None and sequence >= before):
                continue
            if all(needle in record for needle in needles):
                event = readable(record)
                if event is not None and wanted.matches(event):
                    yield sequence, event


def follow(rows: Rows, after: int, wanted: Filter | None = None) -> Iterator[tuple[int, Event]]:
    """What came after the event numbered `after`, oldest first; call again with the last number for more."""
    return look_up(rows, wanted, newest_first=False, after=after)
