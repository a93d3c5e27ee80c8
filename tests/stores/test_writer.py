"""The writer: nobody is told that something is durable before it is, or after it was lost."""

import random
import sys
import threading
import time

import pytest

from keyreeve.entities import Tag, User
from keyreeve.store import MemoryEngine, StoreFailure, View, writer
from keyreeve.store.writer import SWITCH_SECONDS


class Flaky(MemoryEngine):
    """Fails as often as it is told to, before or after it has kept a group; and can be held up."""

    quick = False  # or the test's own thread would be held up

    def __init__(self):
        super().__init__()
        self.failures, self.keep, self.groups, self.chance = [], False, [], None
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Event()
        self.threads = []

    def append(self, expected, batches):
        self.threads.append(threading.current_thread())
        self.entered.set()
        self.go.wait(10)
        self.groups.append(len(batches))
        if self.chance and self.chance.random() < 0.2:
            if self.chance.random() < 0.5:
                super().append(expected, batches)
            raise StoreFailure("planted by chance")
        if self.failures:
            if self.keep:
                super().append(expected, batches)
            raise self.failures.pop()
        return super().append(expected, batches)

    def head(self):
        if self.failures and self.failures[-1] is reading:
            raise self.failures.pop()
        return super().head()


reading = StoreFailure("unreadable")


@pytest.fixture
def engine():
    return Flaky()


@pytest.fixture
def view(engine):
    opened = View(engine)
    opened.writer.start()
    yield opened
    engine.go.set()
    opened.writer.stop()


class Told:
    """Collects what is told, and waits for it."""

    def __init__(self, view):
        self.view, self.outcomes, self.news = view, {}, threading.Condition()

    def wait(self, revision):
        self.view.wait(revision, lambda outcome: self.tell(revision, outcome))
        return self

    def tell(self, revision, outcome):
        with self.news:
            self.outcomes[revision] = outcome
            self.news.notify_all()

    def __getitem__(self, revision):
        with self.news:
            assert self.news.wait_for(lambda: revision in self.outcomes, 10)
            return self.outcomes[revision]


@pytest.fixture
def told(view):
    return Told(view)


def put(view, make, number):
    tx = view.begin()
    tx.put(make.user(number))
    return tx.commit()


def pack(view, make, number, packing):
    """The same with events that are packed; it is saved by itself, where others are saved before it."""
    tx = view.begin()
    tx.put(make.user(number))
    tx.pack_events(packing)
    return tx.commit()


def users(view, make):
    return [user.user_name for user in view.begin().page(User, make.ACCOUNT, "name")]


def test_a_commit_is_seen_at_once_and_told_when_it_is_durable(view, engine, told, make):
    engine.go.clear()
    revision = put(view, make, 1)
    told.wait(revision)
    assert users(view, make) == ["user1"]
    assert revision not in told.outcomes
    assert view.durable < revision
    engine.go.set()
    assert told[revision] is None
    assert view.durable == revision
    assert told.wait(revision)[revision] is None


def test_what_comes_while_one_group_is_saved_becomes_the_next(view, engine, told, make):
    engine.go.clear()
    told.wait(put(view, make, 1))
    engine.entered.wait(10)
    revisions = [put(view, make, number) for number in range(2, 9)]
    for revision in revisions:
        told.wait(revision)
    engine.go.set()
    assert all(told[revision] is None for revision in revisions)
    assert engine.groups == [1, 7]


@pytest.mark.parametrize("keep", [False, True], ids=["not-kept", "kept-all-the-same"])
def test_a_failure_takes_all_that_saw_it_and_then_service_goes_on(view, engine, told, make, keep):
    saved = put(view, make, 1)
    assert told.wait(saved)[saved] is None
    engine.go.clear()
    engine.failures, engine.keep = [StoreFailure("planted")], keep
    lost = [put(view, make, 2)]
    engine.entered.clear()
    engine.entered.wait(10)
    lost += [put(view, make, 3), view.begin().commit()]
    for revision in lost:
        told.wait(revision)
    open_before = view.begin()
    open_before.put(make.user(4))
    engine.go.set()
    for revision in lost:
        assert isinstance(told[revision], StoreFailure)
    with pytest.raises(StoreFailure):
        open_before.commit()
    assert users(view, make) == (["user1", "user2"] if keep else ["user1"])
    assert view.durable == view.revision > max(lost)
    after = put(view, make, 5)
    assert told.wait(after)[after] is None
    for revision in lost:
        assert isinstance(Told(view).wait(revision)[revision], StoreFailure)
    spanning = []
    view.writer.wait(after, spanning.append, oldest=max(lost))
    view.writer.wait(after, spanning.append, oldest=after)
    assert isinstance(spanning[0], StoreFailure)
    assert spanning[1] is None


def test_a_failure_that_nobody_foresaw_is_one_too(view, engine, told, make):
    engine.failures = [MemoryError("planted")]
    revision = put(view, make, 1)
    assert isinstance(told.wait(revision)[revision], StoreFailure)
    assert users(view, make) == []


def test_service_goes_on_only_when_everything_could_be_loaded(view, engine, told, make):
    engine.failures = [reading, reading, StoreFailure("planted")]
    revision = put(view, make, 1)
    assert isinstance(told.wait(revision)[revision], StoreFailure)
    for _ in range(2):
        with pytest.raises(StoreFailure, match="unreadable"):
            view.begin()
    assert users(view, make) == []


def test_what_was_folded_is_told_to_start_anew(view, engine, told, make):
    reloads = []
    view.on_reload.append(lambda: reloads.append(view.revision))
    engine.failures = [StoreFailure("planted")]
    revision = put(view, make, 1)
    assert told.wait(revision)[revision] is not None
    kept = view.revision
    view.begin()
    assert reloads == [view.revision]
    assert not view.holds(kept, [make.user(1).key])


def test_service_goes_on_only_when_what_is_folded_could_be_too(view, engine, told, make):
    failures = [StoreFailure("folding"), StoreFailure("folding")]
    view.on_reload.append(lambda: failures and fail_with(failures.pop()))
    engine.failures = [StoreFailure("planted")]
    revision = put(view, make, 1)
    assert told.wait(revision)[revision] is not None
    for _ in range(2):
        with pytest.raises(StoreFailure, match="folding"):
            view.begin()
    assert users(view, make) == []
    after = put(view, make, 2)
    assert told.wait(after)[after] is None


def fail_with(error):
    raise error


def test_one_who_fails_when_told_does_not_stop_the_others(view, told, make, caplog):
    def fail(_):
        raise ValueError("planted")

    revision = put(view, make, 1)
    view.wait(revision, fail)
    assert told.wait(revision)[revision] is None
    second = put(view, make, 2)
    assert told.wait(second)[second] is None


def test_events_alone_are_waited_for_as_well(view, engine, told):
    engine.go.clear()
    tx = view.begin()
    tx.record_events(b"row")
    revision = told.wait(tx.commit()).view.revision
    assert revision > view.durable
    engine.go.set()
    assert told[revision] is None
    assert list(engine.events(0)) == [(1, b"row")]
    assert engine.head() == 0


def test_a_quick_engine_keeps_a_group_before_who_kicks_goes_on(view, engine, told, make):
    engine.quick = True
    revision = put(view, make, 1)
    assert told.wait(revision).outcomes == {revision: None}
    assert view.durable == revision
    assert engine.threads == [threading.current_thread()]


def test_what_is_about_to_be_kicked_for_is_not_taken_away(engine, make, monkeypatch):
    """The thread would get in the way of the one that kicks, and the group be saved in two parts."""
    monkeypatch.setattr(writer, "LINGER_SECONDS", 0.4)
    engine.quick, view = True, View(engine)
    view.writer.start()
    try:
        for number in range(15):
            put(view, make, number)
            time.sleep(0.04)
            view.writer.kick()
    finally:
        view.writer.stop()
    assert set(engine.threads) == {threading.current_thread()}


def test_nobody_is_held_up_by_a_group_that_is_being_saved(view, engine, told, make):
    engine.go.clear()
    first = put(view, make, 1)
    told.wait(first)
    engine.entered.wait(10)
    engine.quick = True
    second = put(view, make, 2)
    assert told.wait(second).outcomes == {}
    engine.go.set()
    assert told[first] is told[second] is None
    assert threading.current_thread() not in engine.threads


def test_what_is_to_be_packed_is_left_to_the_writer(view, engine, told):
    engine.quick = True
    tx = view.begin()
    tx.pack_events(lambda: ((), (b"row",)))
    revision = tx.commit()
    assert told.wait(revision)[revision] is None
    assert list(engine.events(0)) == [(1, b"row")]
    assert threading.current_thread() not in engine.threads


def test_a_failure_of_a_quick_engine_is_told_to_those_who_wait_and_to_nobody_else(view, engine, told, make, caplog):
    engine.quick, engine.failures = True, [StoreFailure("planted")]
    lost = put(view, make, 1)
    assert isinstance(told.wait(lost).outcomes[lost], StoreFailure)
    view.writer.kick()
    assert [record.getMessage() for record in caplog.records] == ["what was committed could not be saved"]
    after = put(view, make, 2)
    assert told.wait(after)[after] is None
    assert users(view, make) == ["user2"]


def test_what_was_lost_is_not_saved_when_the_view_is_loaded_anew_meanwhile(view, engine, make):
    """The writer is still telling of the failure when the view goes on: the rest of its group is lost all the same."""
    failed, going_on = threading.Event(), threading.Event()
    engine.go.clear()
    view.wait(put(view, make, 1), lambda _: None)
    engine.entered.wait(10)
    lost = pack(view, make, 2, lambda: fail_with(StoreFailure("planted")))
    pack(view, make, 3, lambda: ((), (b"row",)))
    view.wait(lost, lambda _: failed.set() or going_on.wait(10))
    engine.go.set()
    failed.wait(10)
    assert users(view, make) == ["user1"]
    going_on.set()
    view.save()
    assert [change.key for change in engine.load()] == [make.user(1).key]
    assert list(engine.events(0)) == []


def test_who_is_interrupted_while_saving_has_lost_what_was_to_be_saved(view, engine, told, make):
    """The event loop's thread is the one that takes signals."""
    engine.quick, engine.failures = True, [KeyboardInterrupt()]
    lost = put(view, make, 1)
    tx = view.begin()
    tx.put(make.user(2))
    with pytest.raises(KeyboardInterrupt):
        told.wait(lost)
    with pytest.raises(StoreFailure):
        tx.commit()
    assert isinstance(told[lost], StoreFailure)
    assert users(view, make) == []
    after = put(view, make, 3)
    assert told.wait(after)[after] is None
    assert users(view, make) == ["user3"]


@pytest.mark.parametrize("kind", ["events", "changes"])
def test_much_at_once_is_left_to_the_writer_though_the_engine_is_quick(view, engine, told, make, kind):
    engine.quick = True
    tx = view.begin()
    if kind == "events":
        tx.record_events(*[bytes(100_000)] * 50)
    else:
        for number in range(200):
            tx.put(make.user(number, tags=tuple(Tag(f"{each}", "v" * 256) for each in range(50))))
    revision = tx.commit()
    assert told.wait(revision)[revision] is None
    assert threading.current_thread() not in engine.threads


def test_stopping_saves_what_is_queued(view, engine, make):
    engine.go.clear()
    for number in range(5):
        put(view, make, number)
    threading.Timer(0.05, engine.go.set).start()
    view.writer.stop()
    assert len(list(engine.load())) == 5


def test_a_busy_thread_hands_the_interpreter_over_soon_while_the_writer_runs():
    before = sys.getswitchinterval()
    view = View(MemoryEngine())
    view.writer.start()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    view.writer.stop()
    assert sys.getswitchinterval() == before


def test_without_a_thread_saving_is_up_to_the_caller(make):
    view = View(MemoryEngine())
    outcomes = []
    revision = put(view, make, 1)
    view.wait(revision, outcomes.append)
    assert outcomes == []
    view.save()
    assert outcomes == [None]


@pytest.mark.parametrize("seed", range(5))
def test_under_failures_at_random_whatever_is_told_to_be_durable_is(view, engine, told, make, seed):
    """A fifth of the groups fail, half of these having been kept all the same; up to eight commits wait at once."""
    engine.quick = bool(seed % 2)
    engine.chance = random.Random(seed)  # noqa: S311  repeatable, not secret
    numbers = {}
    for number in range(300):
        try:
            revision = put(view, make, number)
        except StoreFailure:
            continue
        seen = view.begin().commit()
        told.wait(revision).wait(seen)
        numbers[revision] = number
        if number % 8 == 7:
            assert told[revision] is None or isinstance(told[revision], StoreFailure)
    outcomes = {number: told[revision] for revision, number in numbers.items()}
    engine.chance = None
    kept = {int(user.user_name[4:]) for user in View(engine).begin().all(User, make.ACCOUNT)}
    durable = {number for number, outcome in outcomes.items() if outcome is None}
    assert durable <= kept
    assert durable
    assert len(durable) < len(outcomes)
