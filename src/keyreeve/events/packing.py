"""Packing: older rows become compressed blocks, and the oldest blocks go when the log is too old or too large.

Both are to be called now and then (every few seconds while there is traffic); most of the time goes into compression,
which other threads need not wait for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import msgspec

from keyreeve.events.chain import FLOOR, Block, End, Ring, link, pack, seal, split, unseal
from keyreeve.events.event import Event
from keyreeve.events.hints import hints, terms
from keyreeve.events.rows import Rows
from keyreeve.store.engine import Engine

EVENTS_PER_BLOCK = 1_000
EVENTS_LEFT_LOOSE = 1_000
"""The newest events stay unpacked, so that there is always a last row to hold against the sealed head."""

KEPT = timedelta(days=90)
"""How long CloudTrail's event history reaches back."""


def compact(engine: Engine, ring: Ring, rows: Rows) -> int:
    """Pack whole blocks of the rows that are durable; the number of events packed.

    Rows that do not follow from each other are left as they are: evidence is not tidied away.
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
            return packed
        del loose[:EVENTS_PER_BLOCK]
        engine.replace_events(block.first, block.last, block.encode())
        rows.packed(block)
        previous = End(block.last, block.digest)
        packed += EVENTS_PER_BLOCK


def made(previous: End, numbered: list[tuple[int, bytes]]) -> Block | None:
    """A block of rows that follow from `previous` and from each other; None if they do not or cannot be read."""
    digest, records = previous.digest, []
    for expected, (sequence, row) in enumerate(numbered, previous.sequence + 1):
        kept, record = split(row)
        digest = link(digest, record)
        if kept != digest or sequence != expected:
            return None
        records.append(record)
    try:
        oldest, newest, filled = summary(records)
    except msgspec.MsgspecError:
        return None
    return Block(numbered[0][0], numbered[-1][0], previous.digest, digest, oldest, newest, filled, pack(records))


def summary(records: list[bytes]) -> tuple[int, int, bytes]:
    """What a block says of its records: the times of the oldest and the newest (seconds since 1970), and the hints."""
    events = [Event.decode(record) for record in records]
    times = [int(event.event_time.timestamp()) for event in events]
    return min(times), max(times), hints(terms(events))


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
