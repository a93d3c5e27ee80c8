"""After a failed save something is saved for trial, and saving is said to fail until that succeeds."""

import threading
import time

import pytest

from keyreeve.entities import User
from keyreeve.store import MemoryEngine, StoreFailure, View, writer


class Full(MemoryEngine):
    """Keeps nothing while there is a reason; `tried` is set by each trial."""

    quick = False

    def __init__(self):
        super().__init__()
        self.reason, self.tried = None, threading.Event()

    def append(self, expected, batches):
        if self.reason is not None:
            raise self.reason
        return super().append(expected, batches)

    def set_meta(self, name, value):
        if name == writer.TRIAL:
            self.tried.set()
        if self.reason is not None:
            raise self.reason
        super().set_meta(name, value)


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(writer, "TRIAL_SECONDS", 0.02)
    return Full()


@pytest.fixture
def view(engine):
    opened = View(engine)
    opened.writer.start()
    yield opened
    opened.writer.stop()


def outcome(view, make, number):
    """What who waits for a new user is told."""
    told, outcomes = threading.Event(), []
    tx = view.begin()
    tx.put(make.user(number))
    view.wait(tx.commit(), lambda error: outcomes.append(error) or told.set())
    assert told.wait(10)
    return outcomes[0]


def soon(found):
    until = time.monotonic() + 10
    while not found() and time.monotonic() < until:
        time.sleep(0.005)
    return found()


def test_saving_fails_until_something_was_really_saved(view, engine, make, caplog):
    engine.reason = StoreFailure("planted")
    assert outcome(view, make, 1) is engine.reason
    view.begin()
    assert (view.writer.failure, view.writer.failing) == (None, engine.reason)
    for _ in range(3):
        engine.tried.clear()
        assert engine.tried.wait(10)
    assert view.writer.failing is not None
    engine.reason = None
    assert soon(lambda: len(caplog.records) == 2)
    assert view.writer.failing is None
    assert engine.meta(writer.TRIAL) is None
    said = [record.getMessage() for record in caplog.records]
    assert said == ["what was committed could not be saved", "saving works again"]
    assert caplog.records[0].fields["reason"] == "planted"
    assert not caplog.records[0].exc_info


def test_a_change_that_is_saved_meanwhile_does_not_end_it(view, engine, make, monkeypatch):
    """It may have been smaller than the one that failed."""
    monkeypatch.setattr(writer, "TRIAL_SECONDS", 100)
    engine.reason = StoreFailure("planted")
    assert outcome(view, make, 1) is engine.reason
    engine.reason = None
    assert outcome(view, make, 2) is None
    assert view.writer.failing is not None
    assert view.writer.try_again()
    assert view.writer.failing is None


def test_nothing_is_tried_where_nothing_failed(view, engine, make):
    assert outcome(view, make, 1) is None
    time.sleep(0.1)
    assert not engine.tried.is_set()


def test_a_trial_that_meets_a_bug_does_not_end_the_thread(view, engine, make):
    engine.reason = ZeroDivisionError("planted")
    assert isinstance(outcome(view, make, 1), StoreFailure)
    assert engine.tried.wait(10)
    engine.reason = None
    assert soon(lambda: view.writer.failing is None)
    assert outcome(view, make, 2) is None
    assert [user.user_name for user in view.begin().all(User, make.ACCOUNT)] == ["user2"]


def test_what_cannot_be_loaded_anew_is_told_where_it_fails_and_once(view, engine, make, caplog, monkeypatch):
    engine.reason = StoreFailure("planted")
    assert outcome(view, make, 1) is engine.reason

    def unreadable():
        raise StoreFailure("unreadable")

    monkeypatch.setattr(engine, "head", unreadable)
    for _ in range(3):
        with pytest.raises(StoreFailure, match="unreadable"):
            view.begin()
    assert str(view.writer.failure) == "unreadable"
    assert [record.getMessage() for record in caplog.records] == ["what was committed could not be saved"]
