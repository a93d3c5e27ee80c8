"""A clock that jumps ahead does not take the history with it."""

from datetime import timedelta

import pytest

from keyreeve.events import EventLog, look_up, verify
from keyreeve.events.slow_clock import CLOCK

YEARS = timedelta(days=3650)


class Machine:
    """A machine's two clocks: the one that can be set, and the one that only goes on."""

    def __init__(self, start):
        self.time, self.seconds = start, 1000.0

    def clock(self):
        return self.time

    def monotonic(self):
        return self.seconds

    def run(self, passed, jump=timedelta()):
        self.time += passed + jump
        self.seconds += passed.total_seconds()

    def rest(self, passed):
        self.time += passed
        self.seconds = 5.0


@pytest.fixture
def machine(make):
    return Machine(make.START)


@pytest.fixture
def start(store, ring, view, machine):
    """Open the log on the machine, as often as wanted."""
    return lambda: EventLog(view, ring, machine.clock, machine.monotonic)


@pytest.fixture
def long(start, store, ring, make):
    """Two blocks and a thousand loose rows, one a second."""
    log = start()
    for number in range(1, 3001):
        log.defer(make.event(number, event_time=make.START + timedelta(seconds=number)))
    log.flush()
    assert len(store.packed) == 2
    return log


def first(log):
    return list(look_up(log.rows))[-1][0]


def test_history_goes_when_its_time_has_come(long, machine, store, ring):
    machine.run(timedelta(days=89))
    assert long.retain() == 0
    machine.run(timedelta(days=2))
    assert long.retain() == 2000
    assert first(long) == 2001
    assert verify(store, ring) == []


def test_a_jump_ahead_takes_no_history_and_is_said(long, machine, start, caplog):
    machine.run(timedelta(hours=1), jump=YEARS)
    assert long.retain() == 0
    assert "the clock is ahead" in caplog.text
    machine.rest(timedelta(0))
    assert start().retain() == 0


def test_a_jump_ahead_that_nobody_sets_right_is_caught_up_with_slowly(long, machine):
    machine.run(timedelta(0), jump=YEARS)
    long.retain()
    machine.run(timedelta(days=44))
    assert long.retain() == 0
    machine.run(timedelta(days=2))
    assert long.retain() == 2000


def test_after_a_jump_back_history_is_as_old_as_before(long, machine):
    machine.run(timedelta(hours=1), jump=YEARS)
    long.retain()
    machine.run(timedelta(hours=1), jump=-YEARS)
    assert long.slow.now() == machine.time
    machine.run(timedelta(days=80))
    assert long.retain() == 0


def test_after_a_long_rest_it_catches_up(long, machine, start):
    long.flush(closing=True)
    machine.rest(timedelta(days=100))
    log = start()
    assert log.retain() == 0
    assert log.slow.behind == timedelta(days=100)
    machine.run(timedelta(days=95))
    assert log.retain() == 2000
    machine.run(timedelta(days=6))
    assert log.slow.behind == timedelta(0)


@pytest.mark.parametrize("kept", [None, b"broken", b"\x92\xc4\x01\x00\xc4\x01\x00"])
def test_without_a_time_under_our_seal_it_goes_on_from_the_newest_event(long, machine, store, start, make, kept):
    store.metas.pop(CLOCK, None)
    if kept is not None:
        store.set_meta(CLOCK, kept)
    machine.rest(YEARS)
    assert start().slow.now() == make.START + timedelta(seconds=3000)


def test_last_uses_are_not_forgotten_by_a_jump(long, machine, start):
    used = long.facts.services_last_accessed("AIDA00000000000000001")
    assert used
    machine.run(timedelta(hours=1), jump=YEARS)
    long.flush(closing=True)
    assert start().facts.services_last_accessed("AIDA00000000000000001") == used
