"""Rows: the log as it is kept, read in segments: blocks of older events, and the tail that is not packed yet.

The tail stands in memory too, from the first event after the last block to the newest one that still waits to be
written. So a look-up needs the store for blocks only, and sees every event at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import msgspec

from keyreeve.events.chain import Block, Broken, End, split
from keyreeve.events.event import Event
from keyreeve.events.stem import Kept, record_of
from keyreeve.store.engine import Engine


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of events. `block` has the times and hints of a packed one, without its records; None for loose rows."""

    first: int
    last: int
    block: Block | None
    loose: tuple[Kept, ...] = ()


class Rows:
    """The segments of the log. Safe to read in one thread while another packs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._index: list[Segment] | None = None
        self._early: dict[int, Block] = {}
        *torn, rows = _runs(_unpacked(engine))
        self._torn = [Segment(run[0][0], run[-1][0], None, tuple(split(row)[1] for _, row in run)) for run in torn]
        self._first = rows[0][0] if rows else 1 + max((last for _, last, _ in engine.blocks(0)), default=0)
        self._tail: list[Kept] = [split(row)[1] for _, row in rows]
        self.end = End(rows[-1][0], split(rows[-1][1])[0]) if rows else End()
        """The last durable row that is in no block, as it stood when the log was opened."""

    def append(self, kept: Kept) -> None:
        """One more event at the end."""
        self._tail.append(kept)

    def packed(self, block: Block) -> None:
        """These events are in a block now. Of two who pack, the one with the later block may be the first to say so."""
        with self._lock:
            if block.first >= self._first:
                self._early[block.first] = block
            while (following := self._early.pop(self._first, None)) is not None:
                if self._index is not None and (not self._index or self._index[-1].last < following.last):
                    self._index.append(_segment(following))  # unless it was read after the block was there
                count = following.last - following.first + 1
                del self._tail[:count]
                self._first += count

    def dropped(self, last: int) -> None:
        """Retention has deleted all blocks up to this row."""
        with self._lock:
            if self._index is not None:
                self._index = [segment for segment in self._index if segment.last > last]

    @property
    def last(self) -> int:
        """The number of the newest event, durable or not."""
        with self._lock:
            return self._first + len(self._tail) - 1

    def segments(self, after: int = 0) -> list[Segment]:
        """The segments with rows after this number, oldest first."""
        with self._lock:
            loose = tuple(self._tail)  # at once: the other thread may append
            tail = Segment(self._first, self._first + len(loose) - 1, None, loose)
            if after >= self._first - 1:
                return [tail]
            if self._index is None and after:
                found = self._blocks(after + 1)  # few: no reason to read the others
            else:
                if self._index is None:
                    self._index = self._blocks(0)
                found = self._index
            # What is being packed is in a block and in the tail for a moment.
            packed = [segment for segment in found if segment.last < tail.first]
            end = packed[-1].last if packed else 0
            torn = [_behind(end, run) for run in self._torn if run.last > end]
            return [*(segment for segment in (*packed, *torn) if after < segment.last), tail]

    def _blocks(self, first: int) -> list[Segment]:
        return [_segment(block) for _, _, data in self._engine.blocks(first) if (block := _readable(data))]

    def records(self, segment: Segment) -> Sequence[bytes]:
        """The records of a segment, in order; none when retention took them meanwhile or they are damaged."""
        if segment.block is None:
            return [record_of(kept) for kept in segment.loose]
        try:
            block = self._block(segment)
            return () if block is None else block.records()
        except Broken:
            return ()  # `verify` tells; a look-up goes on with what is left

    def text(self, segment: Segment) -> bytes:
        """The same records, one per line: who looks for few needs not take the others apart."""
        if segment.block is None:
            return b"\n".join(map(record_of, segment.loose))
        try:
            block = self._block(segment)
            return b"" if block is None else block.text()
        except Broken:
            return b""

    def _block(self, segment: Segment) -> Block | None:
        for first, _, data in self._engine.blocks(segment.first):
            return Block.decode(data) if first == segment.first else None
        return None


def _unpacked(engine: Engine) -> list[tuple[int, bytes]]:
    """The rows in no block.

    They come in portions. When others pack meanwhile, some are missing between two of these: then they are read again.
    What is missing once more is gone for good.
    """
    missing: tuple[int, int] | None = None
    while True:
        rows = list(engine.events(0))
        gap = next(((one, other) for (one, _), (other, _) in pairwise(rows) if other != one + 1), None)
        if gap in {None, missing}:
            return rows
        missing = gap


def _runs(rows: list[tuple[int, bytes]]) -> list[list[tuple[int, bytes]]]:
    """Rows in runs whose numbers follow each other: behind each but the last, which may be empty, some are gone."""
    torn = (place for place, ((one, _), (other, _)) in enumerate(pairwise(rows), 1) if other != one + 1)
    return [rows[start:end] for start, end in pairwise((0, *torn, len(rows)))]


def _behind(last: int, run: Segment) -> Segment:
    """What of a run that was in no block still is in none, where blocks go up to this number."""
    first = max(run.first, last + 1)
    return Segment(first, run.last, None, run.loose[first - run.first :])


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
