"""Rows: the log as it is kept, read in segments: blocks of older events, and the tail that is not packed yet.

The tail stands in memory too, from the first event after the last block to the newest one that still waits to be
written. So a look-up needs the store for blocks only, and sees every event at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import msgspec

from keyreeve.events.chain import Block, Broken, End, split
from keyreeve.events.event import Event


class Store(Protocol):
    """What the log asks of the engine. Rows are numbered by it, from 1, without gaps."""

    def events(self, first: int) -> Iterable[tuple[int, bytes]]:
        """The durable rows that are in no block, from this number on, in order."""

    def blocks(self, first: int) -> Iterable[tuple[int, int, bytes]]:
        """The blocks that end at this number or later, in order: first row, last row, content."""

    def replace_events(self, first: int, last: int, block: bytes | None) -> None:
        """Put a block in the place of all rows and blocks from `first` to `last` (None: delete them)."""

    def meta(self, name: str) -> bytes | None:
        """A small value by its name."""

    def set_meta(self, name: str, value: bytes) -> None:
        """Keep a small value."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of events. `block` has the times and hints of a packed one, without its records; None for the tail."""

    first: int
    last: int
    block: Block | None
    loose: tuple[bytes, ...] = ()


class Rows:
    """The segments of the log. Safe to read in one thread while another packs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._index: list[Segment] | None = None
        rows = list(store.events(0))
        self._first = rows[0][0] if rows else 1
        self._tail = [split(row)[1] for _, row in rows]
        self.end = End(rows[-1][0], split(rows[-1][1])[0]) if rows else End()
        """The last durable row, as it stood when the log was opened."""

    def append(self, record: bytes) -> None:
        """One more event at the end."""
        self._tail.append(record)

    def packed(self, block: Block) -> None:
        """These events are in a block now."""
        with self._lock:
            if self._index is not None:
                self._index.append(_segment(block))
            del self._tail[: block.last - self._first + 1]
            self._first = block.last + 1

    def dropped(self, last: int) -> None:
        """Retention has deleted all blocks up to this row."""
        with self._lock:
            if self._index is not None:
                self._index = [segment for segment in self._index if segment.last > last]

    def segments(self, after: int = 0) -> list[Segment]:
        """The segments with rows after this number, oldest first."""
        with self._lock:
            tail = Segment(self._first, self._first + len(self._tail) - 1, None, tuple(self._tail))
            if after >= self._first - 1:
                return [tail]
            if self._index is None:
                self._index = [_segment(block) for _, _, data in self._store.blocks(0) if (block := _readable(data))]
            return [*(segment for segment in self._index if segment.last > after), tail]

    def records(self, segment: Segment) -> Sequence[bytes]:
        """The records of a segment, in order; none when retention took them meanwhile or they are damaged."""
        if segment.block is None:
            return segment.loose
        try:
            for first, _, data in self._store.blocks(segment.first):
                return Block.decode(data).records() if first == segment.first else ()
        except Broken:
            pass  # `verify` tells; a look-up goes on with what is left
        return ()


def readable(record: bytes) -> Event | None:
    """The event in a record; None when it is damaged, which `verify` tells."""
    try:
        return Event.decode(record)
    except msgspec.MsgspecError:
        return None


def _readable(data: bytes) -> Block | None:
    try:
        return Block.decode(data)
    except Broken:
        return None


def _segment(block: Block) -> Segment:
    return Segment(block.first, block.last, msgspec.structs.replace(block, packed=b""))
