"""Conformance: what every engine must do. A new engine is one more parameter."""

import threading

import pytest

from keyreeve.entities import User
from keyreeve.store import Batch, Change, Conflict, View
from keyreeve.store.memory import MemoryEngine
from keyreeve.store.sqlite import SqliteEngine


class Memory:
    """Opens one engine again and again: nothing of it ends with `close`."""

    def __init__(self, _):
        self.engine = MemoryEngine()

    def open(self):
        return self.engine


class Sqlite:
    def __init__(self, folder):
        self.path = folder / "keyreeve.db"

    def open(self):
        return SqliteEngine(self.path)


@pytest.fixture(params=[Memory, Sqlite])
def kept(request, tmp_path):
    """Where an engine keeps its content: `open` opens it."""
    return request.param(tmp_path)


@pytest.fixture
def engine(kept):
    opened = kept.open()
    yield opened
    opened.close()


@pytest.fixture
def again(kept, engine):
    """The engine closed and opened again."""
    opened = []

    def reopen():
        engine.close()
        opened.append(kept.open())
        return opened[-1]

    yield reopen
    for each in opened:
        each.close()


def put(key, data=b'{"a":1}', account="111122223333", kind="User"):
    return Change(account, kind, key, data)


def changes(*changed):
    return Batch(tuple(changed))


def sorted_(found):
    return sorted(found, key=lambda change: (change.account_id, change.kind, change.key))


def test_it_begins_empty(engine):
    assert engine.head() == 0
    assert list(engine.load()) == list(engine.since(0)) == []
    assert list(engine.events(0)) == list(engine.blocks(0)) == []
    assert engine.meta("head") is None


def test_what_was_appended_is_there_after_opening_again(engine, again):
    assert engine.append(0, [changes(put("a"), put("b")), changes(put("c", account="444455556666"))]) == 2
    reopened = again()
    assert reopened.head() == 2
    assert sorted_(reopened.load()) == [put("a"), put("b"), put("c", account="444455556666")]


def test_later_changes_replace_earlier_ones_of_the_same_group_too(engine, again):
    engine.append(0, [changes(put("a"), put("b")), changes(put("a", b'{"a":2}'), put("b", None))])
    assert list(again().load()) == [put("a", b'{"a":2}')]


def test_equal_keys_of_other_kinds_and_accounts_are_others(engine):
    three = [put("a"), put("a", kind="Role"), put("a", account="444455556666")]
    engine.append(0, [changes(*three)])
    engine.append(1, [changes(put("a", None))])
    assert sorted_(engine.load()) == sorted_(three[1:])


def test_since_tells_the_newest_state_and_deletions(engine):
    engine.append(0, [changes(put("a"), put("b"), put("c"))])
    engine.append(1, [changes(put("a", b'{"a":2}')), changes(put("a", b'{"a":3}'), put("b", None))])
    assert sorted_(engine.since(1)) == [put("a", b'{"a":3}'), put("b", None)]
    assert sorted_(engine.since(2)) == [put("a", b'{"a":3}'), put("b", None)]
    assert list(engine.since(3)) == []


def test_a_conflict_changes_nothing(engine):
    engine.append(0, [changes(put("a"))])
    for expected in (0, 2):
        with pytest.raises(Conflict):
            engine.append(expected, [Batch(events=(b"row",)), Batch((put("b"),), (b"row",), (("m", b"v"),))])
    assert (engine.head(), list(engine.load())) == (1, [put("a")])
    assert list(engine.events(0)) == []
    assert engine.meta("m") is None


def test_events_and_small_values_move_no_revision_and_conflict_with_nobody(engine):
    engine.append(0, [changes(put("a"))])
    assert engine.append(0, [Batch(events=(b"row",), metas=(("m", b"v"),))]) == 1
    assert engine.head() == 1


def test_events_are_numbered_over_all_batches(engine, again):
    engine.append(0, [Batch((put("a"),), (b"one", b"two")), Batch(events=(b"three",))])
    engine.append(1, [Batch(events=(b"",))])
    reopened = again()
    assert list(reopened.events(0)) == [(1, b"one"), (2, b"two"), (3, b"three"), (4, b"")]
    assert list(reopened.events(3)) == [(3, b"three"), (4, b"")]


def test_many_at_once(engine):
    rows = tuple(b"%d" % number for number in range(2500))
    engine.append(0, [Batch(tuple(put(f"{number:05d}") for number in range(2500)), rows)])
    assert [row for _, row in engine.events(0)] == list(rows)
    assert [change.key for change in sorted_(engine.load())] == [f"{number:05d}" for number in range(2500)]


def test_a_block_stands_for_its_rows(engine, again):
    engine.append(0, [Batch(events=(b"1", b"2", b"3", b"4", b"5"))])
    engine.replace_events(1, 2, b"first")
    engine.replace_events(3, 4, b"second")
    reopened = again()
    assert list(reopened.events(0)) == [(5, b"5")]
    assert list(reopened.blocks(0)) == [(1, 2, b"first"), (3, 4, b"second")]
    assert list(reopened.blocks(2)) == list(reopened.blocks(1))
    assert list(reopened.blocks(3)) == [(3, 4, b"second")]
    reopened.replace_events(1, 4, b"both")
    assert list(reopened.blocks(0)) == [(1, 4, b"both")]


def test_a_small_value_is_forgotten(engine, again):
    engine.set_meta("a", b"1")
    engine.set_meta("b", b"2")
    engine.forget_meta("a")
    engine.forget_meta("never there")
    reopened = again()
    assert (reopened.meta("a"), reopened.meta("b")) == (None, b"2")


def test_a_block_may_stand_for_rows_that_never_were(engine, again):
    engine.append(0, [Batch(events=(b"1", b"2"))])
    engine.append(0, [Batch(events=(b"3",)), Batch(blocks=((2, 3, b"b"), (4, 6, b"c")), events=(b"7",))])
    engine.append(0, [Batch(blocks=((7, 7, b"d"),), events=(b"8",))])
    reopened = again()
    assert list(reopened.events(0)) == [(1, b"1"), (8, b"8")]
    assert list(reopened.blocks(0)) == [(2, 3, b"b"), (4, 6, b"c"), (7, 7, b"d")]


def test_numbers_go_on_when_everything_was_deleted(engine, again):
    engine.append(0, [Batch(events=(b"1", b"2", b"3"))])
    engine.replace_events(1, 2, b"block")
    engine.replace_events(1, 3, None)
    reopened = again()
    assert list(reopened.events(0)) == list(reopened.blocks(0)) == []
    reopened.append(0, [Batch(events=(b"4",))])
    assert list(reopened.events(0)) == [(4, b"4")]


def test_many_blocks(engine):
    engine.append(0, [Batch(events=(b"x",) * 60)])
    for first in range(1, 61, 3):
        engine.replace_events(first, first + 2, b"b%d" % first)
    assert [first for first, _, _ in engine.blocks(0)] == list(range(1, 61, 3))


def test_small_values(engine, again):
    engine.set_meta("a", b"1")
    engine.append(0, [Batch(metas=(("a", b"2"), ("b", b"\x00\xff"))), Batch(metas=(("a", b"3"),))])
    reopened = again()
    assert (reopened.meta("a"), reopened.meta("b"), reopened.meta("c")) == (b"3", b"\x00\xff", None)


def test_other_threads_read_and_pack_while_one_appends(engine):
    def append():
        for head in range(200):
            engine.append(head, [Batch((put(f"{head}"),), (b"row",))])

    def pack():
        while engine.head() < 200:
            rows = list(engine.events(0))
            numbers = [number for number, _ in rows]
            assert numbers == list(range(numbers[0] if numbers else 1, engine_last(rows) + 1))
            if len(rows) > 10:
                engine.replace_events(rows[0][0], rows[9][0], b"block")

    def engine_last(rows):
        return rows[-1][0] if rows else 0

    writer = threading.Thread(target=append)
    writer.start()
    pack()
    writer.join()
    blocks = list(engine.blocks(0))
    assert sum(last - first + 1 for first, last, _ in blocks) + len(list(engine.events(0))) == 200


def test_a_view_finds_everything_again(engine, again, make):
    view = View(engine)
    for number in range(50):
        tx = view.begin()
        tx.put(make.user(number))
        tx.put(make.key(number, number))
        if number % 3 == 0 and number:
            tx.delete(make.user(number - 1))
        tx.record_events(b"row %d" % number)
        tx.commit()
    view.save()
    found = View(again()).begin()
    tx = view.begin()
    assert list(found.page(User, make.ACCOUNT, "name")) == list(tx.page(User, make.ACCOUNT, "name"))
    assert found.count(User, make.ACCOUNT) == 34


def test_a_view_moves_on_with_what_another_wrote(engine, make):
    ours, theirs = View(engine), View(engine)
    for number in (1, 2):
        tx = theirs.begin()
        tx.put(make.user(number))
        tx.commit()
        theirs.save()
    tx = theirs.begin()
    tx.delete(make.user(1))
    tx.commit()
    theirs.save()
    assert ours.begin().count(User, make.ACCOUNT) == 0
    before = ours.revision
    assert ours.move_on() > before
    assert ours.begin().all(User, make.ACCOUNT) == [make.user(2)]
    assert not ours.holds(before, [make.user(2).key])
    assert ours.revision == ours.durable
    assert ours.move_on() == ours.revision


def test_a_view_that_did_not_know_conflicts_and_begins_anew(engine, make):
    ours, theirs = View(engine), View(engine)
    for view, number in ((theirs, 1), (ours, 2)):
        tx = view.begin()
        tx.put(make.user(number))
        revision = tx.commit()
        if view is theirs:
            view.save()
    told = []
    ours.wait(revision, told.append)
    with pytest.raises(Conflict):
        ours.save()
    assert isinstance(told[0], Conflict)
    assert ours.begin().all(User, make.ACCOUNT) == [make.user(1)]
    tx = ours.begin()
    tx.put(make.user(2))
    tx.commit()
    ours.save()
    assert engine.head() == 2
