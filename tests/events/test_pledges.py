"""Pledges: events that are durable before their answers leave, and are committed many at a time."""

import pytest

from keyreeve.events import EventLog, look_up, verify
from keyreeve.store import Batch, Change, StoreFailure
from keyreeve.store.view import View

GROUP = b'{"account_id":"111122223333","group_id":"g","group_name":"g","path":"/","create_date":"2026-01-01T00:00:00Z"}'


@pytest.fixture
def view(store):
    """A view that is saved when it is asked to."""
    return View(store)


@pytest.fixture
def log(view, ring, make):
    return EventLog(view, ring, lambda: make.START)


@pytest.fixture
def told(view):
    """Wait for a revision; the list that says how that ended."""

    def wait(revision):
        outcomes = []
        view.writer.wait(revision, outcomes.append)
        return outcomes

    return wait


def lose(store, view):
    """What waits to be saved is lost; then service goes on."""
    store.fail = True
    with pytest.raises(StoreFailure):
        view.save()
    store.fail = False
    view.begin()


def kept(store):
    return [number for number, _ in store.events(0)]


def test_no_more_events_wait_than_may(log, view, store, make, monkeypatch):
    monkeypatch.setattr("keyreeve.events.log.MOST_WAITING", 100)
    monkeypatch.setattr("keyreeve.events.log.TAKEN_AT_ONCE", 1)
    store.fail = True
    for number in range(1, 101):
        log.defer(make.event(number))
    for ask in (log.defer, log.pledge):
        with pytest.raises(StoreFailure, match="As many events wait"):
            ask(make.event(101))
    store.fail = False
    log.flush()
    view.save()
    assert kept(store) == list(range(1, 101))
    log.defer(make.event(101))


def test_what_was_pledged_is_durable_with_its_revision(log, view, store, ring, make, told):
    revisions = [log.pledge(make.event(number, name="AssumeRole")) for number in range(1, 4)]
    assert revisions == [1, 1, 1]
    outcome = told(1)
    view.save()
    assert (outcome, kept(store)) == ([], [])
    log.redeem()
    assert (view.revision, outcome) == (1, [])
    view.save()
    assert (outcome, kept(store)) == ([None], [1, 2, 3])
    log.redeem()
    assert view.revision == 1
    assert log.pledge(make.event(4)) == 2
    log.redeem()
    view.save()
    assert verify(store, ring) == []


def test_whatever_is_committed_next_takes_it_along(log, view, store, make, told):
    outcome = told(log.pledge(make.event(1, name="AssumeRole")))
    assert log.commit(view.begin(), make.event(2, name="CreateUser")) == 1
    log.redeem()
    assert view.revision == 1
    view.save()
    assert outcome == [None]
    names = [event.event_name for _, event in look_up(log.rows, newest_first=False)]
    assert (names, kept(store)) == (["AssumeRole", "CreateUser"], [1, 2])


def test_what_is_flushed_anyway_is_redeemed(log, view, make, told):
    outcome = told(log.pledge(make.event(1)))
    assert log.flush() == 1
    log.redeem()
    view.save()
    assert (view.revision, outcome) == (1, [None])


@pytest.mark.parametrize("redeemed", [True, False])
def test_a_failure_breaks_the_pledges_of_before(redeemed, log, view, store, ring, make, told):
    """The event is recorded later, but who waited for it is told that it was lost, whenever it asks."""
    log.commit(view.begin(), make.event(1, name="CreateUser"))
    pledged = log.pledge(make.event(2, name="AssumeRole"))
    early = told(pledged)
    if redeemed:
        log.redeem()
    lose(store, view)
    assert view.durable > pledged
    late = told(pledged)
    assert [type(outcome) for outcome in early + late] == [StoreFailure, StoreFailure]
    log.redeem()
    view.save()
    assert [event.event_name for _, event in look_up(log.rows)] == ["AssumeRole"]
    assert verify(store, ring) == []


@pytest.mark.parametrize("others", [False, True])
def test_what_was_pledged_before_all_was_loaded_anew_counts_as_lost(others, log, view, store, ring, make, told):
    pledged = log.pledge(make.event(1))
    if others:
        View(store).engine.append(0, [Batch((Change("111122223333", "Group", "g", GROUP),))])
        view.move_on()
    else:
        view.reload()
    assert [type(outcome) for outcome in told(pledged)] == [StoreFailure]
    again = told(log.pledge(make.event(2)))
    log.redeem()
    view.save()
    assert again == [None]


def test_a_pledge_after_a_failure_is_kept(log, view, store, make, told):
    log.commit(view.begin(), make.event(1))
    lose(store, view)
    outcome = told(log.pledge(make.event(2)))
    assert outcome == []
    log.redeem()
    view.save()
    assert outcome == [None]
