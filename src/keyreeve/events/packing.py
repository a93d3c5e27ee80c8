"""Packing: older rows become compressed blocks, and the oldest blocks go when the log is too old or too large.

Both are to be called now and then (every few seconds while there is traffic); most of the time goes into compression,
which other threads need not wait for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from keyreeve.events.chain import FLOOR, LARGEST_BLOCK, Block, Broken, End, Ring, link, pack, seal, split, unseal
from keyreeve.events.event import Event, Outline
from keyreeve.events.hints import fingerprints, hints, terms
from keyreeve.events.rows import Rows
from keyreeve.events.stem import Bare, Kept, record_of
from keyreeve.store.engine import Blocks, Engine

Link = tuple[bytes, Kept]
"""A row's digest, and its record or what that is written from."""

EVENTS_PER_BLOCK = 1_000
EVENTS_LEFT_LOOSE = 100
"""The newest events stay unpacked, so that there is always a last row to hold against the sealed head."""

KEPT = timedelta(days=90)
"""How long CloudTrail's event history reaches back."""


def compact(engine: Engine, ring: Ring, rows: Rows, torn: Callable[[int], None] = lambda _: None) -> int:
    """Pack whole blocks of the rows that are durable; the number of events packed.

    Rows that do not follow from each other are left as they are, and all after them: evidence is not tidied away. Then
    `torn` is called with the number of the last row before those.
    """
    packed = 0
    previous = before_loose(engine, ring)
    coming, loose = iter(engine.events(previous.sequence + 1)), list[tuple[int, bytes]]()
    while True:
        loose += islice(coming, EVENTS_PER_BLOCK + EVENTS_LEFT_LOOSE - len(loose))  # each row is read once
        if len(loose) < EVENTS_PER_BLOCK + EVENTS_LEFT_LOOSE:
            return packed
        block = made(previous, loose[:EVENTS_PER_BLOCK])
        if block is None:
            torn(previous.sequence)
            return packed
        del loose[:EVENTS_PER_BLOCK]
        engine.replace_events(block.first, block.last, block.encode())
        rows.packed(block)
        previous = End(block.last, block.digest)
        packed += EVENTS_PER_BLOCK


class Packing:
    """Rows that are packed while they are saved: of many that waited most never become rows of the store.

    `before` is the end of what was recorded before them, and `links` their digests and records. `pack` and `saved` are
    for the writer's thread.
    """

    def __init__(self, engine: Engine, ring: Ring, rows: Rows, before: End, links: list[Link]) -> None:
        self._engine, self._ring, self._rows = engine, ring, rows
        self._before, self._links = before, links
        self._blocks: list[Block] = []

    def pack(self) -> tuple[Blocks, tuple[bytes, ...]]:
        """Blocks of what is loose in the store and of what comes, and the rows that stay loose of what comes.

        Nothing is packed when something loose does not follow from what is before it, or the floor cannot be read.
        """
        try:
            previous = before_loose(self._engine, self._ring)
        except Broken:
            return (), rows_of(self._links)
        loose = _linked(previous, list(self._engine.events(previous.sequence + 1)))
        if loose is None or End(previous.sequence + len(loose), _last(previous, loose)) != self._before:
            return (), rows_of(self._links)
        links = loose + self._links
        for start in range(0, len(links) - EVENTS_PER_BLOCK - EVENTS_LEFT_LOOSE + 1, EVENTS_PER_BLOCK):
            block = _block(previous, links[start : start + EVENTS_PER_BLOCK])
            if block is None:
                break
            self._blocks.append(block)
            previous = End(block.last, block.digest)
        stays = rows_of(self._links[max(0, previous.sequence - self._before.sequence) :])
        return tuple((block.first, block.last, block.encode()) for block in self._blocks), stays

    def saved(self, failure: BaseException | None) -> None:
        """What was packed is in the store now, if nothing failed."""
        if failure is None:
            for block in self._blocks:
                self._rows.packed(block)


def rows_of(links: list[Link]) -> tuple[bytes, ...]:
    """The rows of these links, as the store keeps them."""
    return tuple(digest + record_of(kept) for digest, kept in links)


def _last(previous: End, links: list[Link]) -> bytes:
    return links[-1][0] if links else previous.digest


def made(previous: End, numbered: list[tuple[int, bytes]]) -> Block | None:
    """A block of rows that follow from `previous` and from each other; None if they do not or cannot be read."""
    links = _linked(previous, numbered)
    return None if links is None else _block(previous, links)


def _linked(previous: End, numbered: list[tuple[int, bytes]]) -> list[Link] | None:
    """The digests and records of rows that follow from `previous` and from each other; None if they do not."""
    digest, links = previous.digest, list[Link]()
    for expected, (sequence, row) in enumerate(numbered, previous.sequence + 1):
        kept, record = split(row)
        digest = link(digest, record)
        if kept != digest or sequence != expected:
            return None
        links.append((digest, record))
    return links


def _block(previous: End, links: list[Link]) -> Block | None:
    """A block of what follows from `previous`; None if a record cannot be read, or they are more than one opens to."""
    records = [record_of(kept) for _, kept in links]
    if sum(map(len, records)) + len(records) > LARGEST_BLOCK:
        return None
    try:
        told = [kept if isinstance(kept, Bare) else Outline.decode(kept) for _, kept in links]
    except msgspec.MsgspecError:
        return None
    cut = [event for event in told if isinstance(event, Bare)]
    others = [event for event in told if not isinstance(event, Bare)]
    times = {event.time for event in cut} | {event.event_time for event in others}
    first, last = previous.sequence + 1, previous.sequence + len(links)
    ids = fingerprints([event.event_id for event in told])
    told_of = hints(terms(others, cut))
    return Block(first, last, previous.digest, links[-1][0], *_span(times), told_of, ids, pack(records))


def summary(records: list[bytes]) -> tuple[int, int, bytes, bytes]:
    """What a block says of its records: the times of the oldest and the newest (seconds since 1970), hints and ids.

    Broken, when one of them is no event.
    """
    try:
        events = [Event.decode(record) for record in records]
    except msgspec.MsgspecError as error:
        raise Broken(f"a record is no event: {error}") from None
    ids = fingerprints([event.event_id for event in events])
    return *_span({event.event_time for event in events}), hints(terms(events)), ids


def _span(times: set[datetime]) -> tuple[int, int]:
    return int(min(times).timestamp()), int(max(times).timestamp())


def before_loose(engine: Engine, ring: Ring) -> End:
    """The end of the last block, or the floor; Broken when that cannot be read."""
    first = next(iter(engine.events(0)), (1, b""))[0]
    for _, _, data in engine.blocks(first - 1):
        block = Block.decode(data)
        return End(block.last, block.digest)
    return unseal(engine.meta(FLOOR), ring, FLOOR)


def retain(
    engine: Engine, ring: Ring, rows: Rows, now: datetime, *, kept: timedelta = KEPT, size: int | None = None
) -> int:
    """Delete blocks whose events are all older than `kept`, and the oldest while blocks take more than `size` bytes.

    The new floor is sealed before anything is deleted: a crash in between leaves rows below it, which the next call
    deletes. The number of events deleted.
    """
    since = int((now - kept).timestamp())
    excess = 0 if size is None else sum(len(data) for _, _, data in engine.blocks(0)) - size
    floor = unseal(engine.meta(FLOOR), ring, FLOOR)
    first = floor.sequence + 1
    for _, _, data in engine.blocks(0):
        block = Block.decode(data)
        if block.newest >= since and excess <= 0:
            break
        excess -= len(data)
        floor = End(block.last, block.digest)
    if floor.sequence >= first:
        engine.set_meta(FLOOR, seal(floor, ring, FLOOR))
        engine.replace_events(1, floor.sequence, None)
        rows.dropped(floor.sequence)
    return floor.sequence - first + 1
