"""Tampering: whatever is done to the rows shows."""

from __future__ import annotations

import random

import msgspec
import pytest

from keyreeve.events import Broken, Filter, Rows, chain, compact, look_up, packing, verify
from keyreeve.events.breach import BREACH
from keyreeve.events.chain import FLOOR, HEAD, Block, pack


@pytest.fixture
def written(log, store, make, view):
    """Sixty events in a few batches."""
    for number in range(1, 61):
        if number % 7:
            log.defer(make.event(number))
        else:
            log.commit(view.begin(), make.event(number, name="CreateUser"))
    log.flush()
    return log


@pytest.fixture
def packed(log, store, make):
    """Two blocks and a thousand loose rows."""
    for number in range(1, 3001):
        log.defer(make.event(number))
    log.flush()
    assert (len(store.packed), len(store.loose)) == (2, 1000)
    return log


def test_an_untouched_log_is_whole(written, store, ring):
    assert verify(store, ring) == []
    assert len(store.loose) == 60


def test_every_single_edit_of_a_row_is_found(written, store, ring):
    chance = random.Random(1)  # noqa: S311  edits to repeat, not secrets
    for _ in range(300):
        number = chance.randint(1, 60)
        row = bytearray(store.loose[number])
        place = chance.randrange(len(row))
        row[place] ^= 1 << chance.randrange(8)
        kept, store.loose[number] = store.loose[number], bytes(row)
        found = verify(store, ring)
        assert found
        assert found[0].sequence in (number, number + 1, 60)
        store.loose[number] = kept
    assert verify(store, ring) == []


def test_every_single_edit_of_a_block_is_found(packed, store, ring):
    chance = random.Random(2)  # noqa: S311  as above
    span = (1, 1000)
    kept = store.packed[span]
    for _ in range(60):
        block = bytearray(kept)
        block[chance.randrange(len(block))] ^= 1 << chance.randrange(8)
        store.packed[span] = bytes(block)
        assert verify(store, ring), block
    store.packed[span] = kept
    assert verify(store, ring) == []


def test_an_edit_inside_a_repacked_block_is_found(packed, store, ring):
    block = Block.decode(store.packed[1, 1000])
    records = b"\n".join(block.records()).replace(b"192.0.2.1", b"192.0.2.2", 1)
    store.packed[1, 1000] = msgspec.structs.replace(block, packed=pack(records.split(b"\n"))).encode()
    assert [problem.kind for problem in verify(store, ring)] == ["edited"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[:0],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: content + pack([b""]),  # another frame, of nothing
        lambda content: pack([content * 1000]),  # more than it may come to
    ],
)
def test_a_block_that_does_not_open_to_its_records_is_found_and_passed_over(packed, store, ring, monkeypatch, harm):
    monkeypatch.setattr(chain, "LARGEST_BLOCK", 1_000_000)
    assert verify(store, ring) == []
    block = Block.decode(store.packed[1, 1000])
    broken = msgspec.structs.replace(block, packed=harm(block.packed))
    with pytest.raises(Broken):
        broken.text()
    store.packed[1, 1000] = broken.encode()
    assert (verify(store, ring)[0].sequence, verify(store, ring)[0].kind) == (1, "edited")
    assert [number for number, _ in look_up(packed.rows, newest_first=False)] == list(range(1001, 3001))


def test_a_block_whose_hints_are_gone_stops_no_look_up(packed, store, ring):
    block = Block.decode(store.packed[1, 1000])
    store.packed[1, 1000] = msgspec.structs.replace(block, hints=b"").encode()
    assert [problem.kind for problem in verify(store, ring)] == ["hidden"]
    assert len(list(look_up(Rows(store), Filter(event_name="GetCallerIdentity")))) == 3000


def test_what_a_block_would_not_open_to_is_not_packed(packed, store, ring, make, monkeypatch):
    monkeypatch.setattr(packing, "LARGEST_BLOCK", 100_000)
    for number in range(3001, 3301):
        packed.defer(make.event(number))
    packed.flush()
    assert compact(store, ring, packed.rows) == 0
    assert len(list(look_up(packed.rows))) == 3300
    assert verify(store, ring) == []


@pytest.mark.parametrize("member", ["hints", "ids"])
def test_a_block_made_invisible_to_look_ups_is_found(packed, store, ring, member):
    block = Block.decode(store.packed[1, 1000])
    blank = bytes(len(getattr(block, member)))
    store.packed[1, 1000] = msgspec.structs.replace(block, **{member: blank}).encode()
    assert [problem.kind for problem in verify(store, ring)] == ["hidden"]


@pytest.mark.parametrize("number", [1, 2, 30, 59])
def test_a_deleted_row_is_found(written, store, ring, number):
    del store.loose[number]
    assert ("missing", number + 1) in [(problem.kind, problem.sequence) for problem in verify(store, ring)]


@pytest.mark.parametrize("number", [1, 30, 59])
def test_a_deleted_row_is_found_though_the_rest_moves_up(written, store, ring, number):
    for later in range(number, 60):
        store.loose[later] = store.loose[later + 1]
    del store.loose[60]
    assert verify(store, ring)


def test_swapped_rows_are_found(written, store, ring):
    store.loose[10], store.loose[11] = store.loose[11], store.loose[10]
    assert {problem.sequence for problem in verify(store, ring)} >= {10, 11}


@pytest.mark.parametrize("kept", [0, 1, 56, 59])
def test_truncation_is_found(written, store, ring, kept):
    store.loose = {number: row for number, row in store.loose.items() if number <= kept}
    assert verify(store, ring)[-1].kind == "truncated"


def test_a_chain_rebuilt_without_the_key_is_found(written, store, ring, opened):
    store.metas.pop(HEAD)
    assert [problem.kind for problem in verify(store, ring)] == ["unsealed"]
    store.metas[HEAD] = b"forged"
    assert "unsealed" in [problem.kind for problem in verify(store, ring)]


def test_a_floor_cannot_pass_for_a_head(written, store, ring):
    store.metas[FLOOR] = store.metas[HEAD]
    assert verify(store, ring)


def test_rows_after_the_head_are_found(written, store, ring):
    store.loose[61] = store.loose[60]
    assert "unsealed" in [problem.kind for problem in verify(store, ring)]


def test_putting_the_whole_log_back_shows_against_a_head_noted_outside(log, store, ring, make, view):
    log.commit(view.begin(), make.event(1))
    older = dict(store.loose), dict(store.metas)
    log.commit(view.begin(), make.event(2))
    noted = log.head
    store.loose, store.metas = older
    assert verify(store, ring) == []
    assert [problem.kind for problem in verify(store, ring, noted)] == ["truncated"]


def test_a_head_noted_outside_agrees_with_a_log_that_went_on(log, store, ring, make, view):
    log.commit(view.begin(), make.event(1))
    noted = log.head
    log.commit(view.begin(), make.event(2))
    assert verify(store, ring, noted) == []


def test_going_on_after_tampering_does_not_hide_it(written, store, ring, opened, make):
    store.loose = {number: row for number, row in store.loose.items() if number < 60}
    log = opened()
    assert BREACH.encode() in store.loose[60]
    log.defer(make.event())
    log.flush()
    assert [problem.kind for problem in verify(store, ring)] == ["breach"]
    opened()
    assert [problem.kind for problem in verify(store, ring)] == ["breach"]


def test_numbers_stay_the_stores_after_a_gap(written, store, ring, opened, make):
    del store.loose[60]
    log = opened()
    log.defer(make.event(name="GetUser"))
    log.flush()
    assert [(problem.kind, problem.sequence) for problem in verify(store, ring)] == [("missing", 61), ("breach", 61)]
    assert [(number, event.event_name) for number, event in look_up(log.rows)][:2] == [(62, "GetUser"), (61, BREACH)]


@pytest.fixture
def cut(packed, store, ring):
    """A log whose first thousand rows retention has cut off, so that its floor is sealed too."""
    packed.retain(size=len(store.packed[1001, 2000]))
    assert store.meta(FLOOR) is not None
    return packed


@pytest.mark.parametrize("compromised", [False, True])
def test_a_log_stays_whole_when_the_ring_is_rotated(cut, store, ring, opened, make, view, compromised):
    transaction = view.begin()
    cut.reseal(lambda: ring.rotate(compromised=compromised), transaction)
    cut.commit(transaction, make.event(name="RotateKey"))
    assert verify(store, ring) == []
    log = opened()
    assert log.facts.sequence == 3001
    log.commit(view.begin(), make.event())
    assert verify(store, ring) == []


@pytest.mark.parametrize("end", [HEAD, FLOOR])
def test_a_seal_under_a_compromised_key_is_not_believed(cut, store, ring, opened, make, view, end):
    before = store.meta(end)
    transaction = view.begin()
    cut.reseal(lambda: ring.rotate(compromised=True), transaction)
    cut.commit(transaction, make.event(name="RotateKey"))
    store.set_meta(end, before)
    assert any(
        (problem.kind, "under a key that is compromised" in problem.sentence) == ("unsealed", True)
        for problem in verify(store, ring)
    )
    opened()
    (breach,) = verify(store, ring)
    assert (breach.kind, breach.sequence) == ("breach", 3002)
    assert f"the {end} is sealed under a key that is compromised" in breach.sentence


def test_a_ring_that_was_compromised_and_rotated_elsewhere_is_noted_and_gone_on_with(cut, store, ring, opened, make):
    ring.rotate(compromised=True)
    log = opened()
    for number in range(2000):
        log.defer(make.event(number))
    log.flush()
    assert (len(store.packed), len(store.loose)) == (3, 1001)
    assert [(problem.kind, problem.sequence) for problem in verify(store, ring)] == [("breach", 3001)]


def test_a_floor_that_is_broken_does_not_keep_the_ring_from_being_rotated(cut, store, ring, view):
    store.set_meta(FLOOR, b"broken")
    cut.reseal(ring.rotate, view.begin())
    assert len(ring.keys) == 2
    assert store.meta(FLOOR) == b"broken"


def test_a_stray_row_beside_its_block_is_found(packed, store, ring):
    store.loose[500] = store.loose[2500]
    assert ("edited", 500) in [(problem.kind, problem.sequence) for problem in verify(store, ring)]


def test_a_log_in_use_is_whole(packed, store, ring, make):
    """Packing and writing go on between what `verify` reads."""

    class Busy:
        def __getattr__(self, name):
            return getattr(store, name)

        def events(self, first):
            if len(store.packed) < 5:
                for number in range(1000):
                    packed.defer(make.event(number))
                packed.flush()
                packed.compact()
            return store.events(first)

    assert verify(Busy(), ring) == []
    assert len(store.packed) == 5


def test_broken_rows_are_not_packed(log, store, ring, make, view):
    for number in range(1, 3001):
        log.defer(make.event(number))
        if number % 500 == 0:
            log.flush()
    store.loose[1500] = store.loose[1500].replace(b"192.0.2.1", b"192.0.2.9")
    assert compact(store, ring, log.rows) == 1000
    assert [(problem.kind, problem.sequence) for problem in verify(store, ring)] == [("edited", 1500)]


def test_an_event_that_comes_while_another_thread_looks_shifts_no_number(written):
    class Coming(list):
        """One more is there each time somebody has counted."""

        def __len__(self):
            self.append(self[-1])
            return super().__len__() - 1

    written.rows._tail = Coming(written.rows._tail)
    tail = written.rows.segments()[-1]
    assert len(tail.loose) == tail.last - tail.first + 1
