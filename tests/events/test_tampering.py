"""A thousand tamperings, drawn from a seed: of rows, blocks and records inside blocks, of their order and of the end.

Whoever does them can write to the database, and has no key. Each must be found.
"""

from __future__ import annotations

import random

import msgspec
import pytest

from keyreeve.events import Event, compact, packing, verify
from keyreeve.events.chain import Block, link, pack

TAMPERINGS = 1_000
BLOCK = 50


@pytest.fixture
def tampered(log, store, ring, make, view, monkeypatch):
    """Four blocks and some loose rows, in a store that can be put back."""
    monkeypatch.setattr(packing, "EVENTS_PER_BLOCK", BLOCK)
    monkeypatch.setattr(packing, "EVENTS_LEFT_LOOSE", BLOCK)
    for number in range(1, 5 * BLOCK + 20):
        if number % 9:
            log.defer(make.event(number, who=make.user(number % 7)))
        else:
            log.commit(view.begin(), make.event(number, name="CreateUser", read_only=False))
    log.flush()
    assert compact(store, ring, log.rows) == 4 * BLOCK
    return store


def flipped(chance, data):
    """One bit of some bytes is another."""
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def row_edited(chance, store):
    number = chance.choice(sorted(store.loose))
    store.loose[number] = flipped(chance, store.loose[number])


def row_rewritten(chance, store):
    """A row with another record, and a digest that fits it."""
    number = chance.choice(sorted(store.loose)[1:])
    event = msgspec.structs.replace(Event.decode(store.loose[number][32:]), source_ip_address="203.0.113.9")
    store.loose[number] = link(store.loose[number - 1][:32], event.encode()) + event.encode()


def row_deleted(chance, store):
    del store.loose[chance.choice(sorted(store.loose))]


def row_doubled(chance, store):
    numbers = sorted(store.loose)
    store.loose[numbers[-1] + 1] = store.loose[chance.choice(numbers)]


def rows_swapped(chance, store):
    one, other = chance.sample(sorted(store.loose), 2)
    store.loose[one], store.loose[other] = store.loose[other], store.loose[one]


def end_cut_off(chance, store):
    kept = chance.randrange(min(store.loose), max(store.loose))
    store.loose = {number: row for number, row in store.loose.items() if number <= kept}


def block_edited(chance, store):
    span = chance.choice(sorted(store.packed))
    store.packed[span] = flipped(chance, store.packed[span])


def block_deleted(chance, store):
    del store.packed[chance.choice(sorted(store.packed))]


def blocks_swapped(chance, store):
    one, other = chance.sample(sorted(store.packed), 2)
    store.packed[one], store.packed[other] = store.packed[other], store.packed[one]


def repacked(store, span, records):
    """A block with other records, which says of itself what fits them."""
    block = Block.decode(store.packed[span])
    digest = block.previous
    for record in records:
        digest = link(digest, record)
    oldest, newest, hints, ids = packing.summary(records)
    last, packed = span[0] + len(records) - 1, pack(records)
    store.packed[span] = Block(span[0], last, block.previous, digest, oldest, newest, hints, ids, packed).encode()


def record_rewritten(chance, store):
    span = chance.choice(sorted(store.packed))
    records = Block.decode(store.packed[span]).records()
    place = chance.randrange(len(records))
    event = msgspec.structs.replace(Event.decode(records[place]), error_code=None, user_agent="curl/8")
    repacked(store, span, [*records[:place], event.encode(), *records[place + 1 :]])


def record_deleted(chance, store):
    span = chance.choice(sorted(store.packed))
    records = Block.decode(store.packed[span]).records()
    del records[chance.randrange(len(records))]
    repacked(store, span, records)


def records_swapped(chance, store):
    span = chance.choice(sorted(store.packed))
    records = Block.decode(store.packed[span]).records()
    one, other = chance.sample(range(len(records)), 2)
    records[one], records[other] = records[other], records[one]
    repacked(store, span, records)


def record_spoilt(chance, store):
    """A block with a record that is no event, has no time of ours, or is no text."""
    span = chance.choice(sorted(store.packed))
    before = Block.decode(store.packed[span])
    records = before.records()
    place = chance.randrange(len(records))
    record = records[place]
    no_text = record.replace(b'"eventName":"', b'"eventName":"\xff')
    spoilt = chance.choice([b"{}", record.replace(b'Z","eventSource"', b'","eventSource"'), no_text])
    rest = records[:place] + records[place + 1 :]
    repacked(store, span, rest)
    digest, records = before.previous, [*records[:place], spoilt, *records[place + 1 :]]
    for record in records:
        digest = link(digest, record)
    block = msgspec.structs.replace(
        Block.decode(store.packed[span]), last=before.last, digest=digest, packed=pack(records)
    )
    store.packed[span] = block.encode()


def hints_emptied(chance, store):
    span = chance.choice(sorted(store.packed))
    block = Block.decode(store.packed[span])
    store.packed[span] = msgspec.structs.replace(block, hints=bytes(len(block.hints))).encode()


def ids_changed(chance, store):
    span = chance.choice(sorted(store.packed))
    block = Block.decode(store.packed[span])
    store.packed[span] = msgspec.structs.replace(block, ids=flipped(chance, block.ids)).encode()


WAYS = (
    row_edited,
    row_rewritten,
    row_deleted,
    row_doubled,
    rows_swapped,
    end_cut_off,
    block_edited,
    block_deleted,
    blocks_swapped,
    record_rewritten,
    record_deleted,
    records_swapped,
    record_spoilt,
    hints_emptied,
    ids_changed,
)


def test_a_thousand_tamperings_are_found(tampered, ring):
    chance = random.Random(6)  # noqa: S311  tamperings to repeat, not secrets
    loose, packed = dict(tampered.loose), dict(tampered.packed)
    assert verify(tampered, ring) == []
    for number in range(TAMPERINGS):
        way = WAYS[number % len(WAYS)]
        way(chance, tampered)
        assert (tampered.loose, tampered.packed) != (loose, packed), way
        assert verify(tampered, ring), (number, way.__name__)
        tampered.packed.clear()
        tampered.packed.update(packed)
        tampered.loose = loose
    assert verify(tampered, ring) == []
