"""Look-ups: the events that answer a question, newest or oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

import msgspec

from keyreeve.events.event import Event
from keyreeve.events.hints import Hashed, fingerprints, hashes, may_hold, may_hold_id, place
from keyreeve.events.named import named_resources, written_as
from keyreeve.events.rows import Rows, Segment, readable

HINTED = (
    "event_name",
    "event_source",
    "user_name",
    "access_key_id",
    "error_code",
    "resource_name",
    "resource_type",
    "read_only",
)
"""The members of a filter that the hints of blocks tell of."""

HINTED_INSIDE = frozenset({"resource_name", "resource_type"})
"""Those of them that hints tell of only within an account and region."""

WRITTEN = (
    "account_id",
    "aws_region",
    "event_category",
    "user_name",
    "event_name",
    "event_source",
    "error_code",
    "access_key_id",
    "event_id",
    "resource_name",
)
"""Those whose texts stand in the record of a match."""

MOST_BLOCKS = 12
"""Blocks that one page opens: where nothing is found in so many, the page ends, and the next goes on from there."""


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to look for; a member that is None asks nothing. Values match exactly, as in LookupEvents.

    `user_name` is the name LookupEvents shows: a user's, a role session's, or `root`. `since` and `until` are aware
    times, both included.
    """

    account_id: str | None = None
    aws_region: str | None = None
    event_category: str | None = None
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
        identity = event.user_identity
        return (
            _asked(self.account_id, event.recipient_account_id)
            and _asked(self.aws_region, event.aws_region)
            and _asked(self.event_category, event.event_category)
            and _asked(self.user_name, identity.display_name)
            and _asked(self.event_name, event.event_name)
            and _asked(self.event_source, event.event_source)
            and _asked(self.error_code, event.error_code)
            and _asked(self.access_key_id, identity.access_key_id)
            and _asked(self.event_id, event.event_id)
            and (self.read_only is None or self.read_only == event.read_only)
            and self._about(event)
            and (self.since is None or event.event_time >= self.since)
            and (self.until is None or event.event_time <= self.until)
        )

    def _about(self, event: Event) -> bool:
        if self.resource_name is None and self.resource_type is None:
            return True
        return any(
            _asked(self.resource_type, kind) and _asked(self.resource_name, name)
            for kind, name in named_resources(event)
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
        if self.event_id is not None and not may_hold_id(block.ids, fingerprints([self.event_id])):
            return False
        return all(may_hold(block.hints, hashed) for hashed in _hashed(self))

    def terms(self) -> Iterator[str]:
        """What the hints of a block with a match hold, besides its id."""
        inside = ""
        if self.account_id is not None and self.aws_region is not None:
            inside = place(self.account_id, self.aws_region)
            yield inside
        elif self.account_id is not None:
            yield f"account_id={self.account_id}"
        for name in HINTED:
            value = getattr(self, name)
            if value is not None and (inside or name not in HINTED_INSIDE):
                yield f"{inside}{name}={value}"

    def needles(self) -> list[bytes]:
        """Bytes that stand in the record of every match."""
        texts = (getattr(self, name) for name in WRITTEN)
        found = [msgspec.json.encode(text)[1:-1] for text in texts if text is not None and text != "root"]
        if self.read_only is not None:
            found.append(b'"readOnly":true' if self.read_only else b'"readOnly":false')
        return found


@lru_cache(maxsize=64)
def _hashed(wanted: Filter) -> tuple[Hashed, ...]:
    return tuple(map(hashes, wanted.terms()))


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


def page(rows: Rows, wanted: Filter, before: int | None, limit: int) -> tuple[list[Event], int | None]:
    """The newest events that match, numbered less than `before`; and the number to go on before, if there are more.

    It opens a bounded number of blocks, so that a page takes a bounded time: it may hold less than there is to come,
    even nothing.
    """
    found: list[Event] = []
    needles, opened = wanted.needles(), 0
    for segment in rows.segments()[::-1]:
        if (before is not None and segment.first >= before) or not wanted.may_match(segment):
            continue
        opened += segment.block is not None
        if opened > MOST_BLOCKS:
            return found, segment.last + 1
        for sequence, event in _matches(rows, segment, wanted, needles, before):
            if len(found) == limit:
                return found, sequence + 1
            found.append(event)
    return found, None


def _matches(
    rows: Rows, segment: Segment, wanted: Filter, needles: list[bytes], before: int | None
) -> Iterator[tuple[int, Event]]:
    """The matches of a segment, newest first. The last needle is what was asked for: it is the one to look for."""
    *others, rarest = needles or [b""]
    kinds = [] if wanted.resource_type is None else written_as(wanted.resource_type)
    for back, record in _lines_with(rarest, rows.text(segment)):
        sequence = segment.last - back
        if (before is not None and sequence >= before) or not all(needle in record for needle in others):
            continue
        if not kinds or any(kind in record for kind in kinds):
            event = readable(record)
            if event is not None and wanted.matches(event):
                yield sequence, event


def _lines_with(needle: bytes, text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold a needle, last first, and how many come after each."""
    end, after = len(text), 0
    while (at := text.rfind(needle, 0, end)) >= 0:
        start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at, end)
        if stop < 0:
            stop = end
        after += text.count(b"\n", stop, end)
        yield after, text[start:stop]
        if not start:
            return
        end, after = start - 1, after + 1


def follow(rows: Rows, after: int, wanted: Filter | None = None) -> Iterator[tuple[int, Event]]:
    """What came after the event numbered `after`, oldest first; call again with the last number for more."""
    return look_up(rows, wanted, newest_first=False, after=after)
