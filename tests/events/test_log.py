from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest

from keyreeve.events import Event, EventLog, Filter, Rows, Stem, Written, compact, follow, look_up, retain, verify
from keyreeve.events.chain import FLOOR, Block, End, link, split
from keyreeve.events.log import EVENTS_PER_SNAPSHOT
from keyreeve.events.packing import made
from keyreeve.events.stem import BLANK_ID
from keyreeve.store.engine import Conflict, StoreFailure
from keyreeve.store.view import View


def names(found):
    return [event.event_name for _, event in found]


def test_deferred_events_can_be_looked_up_at_once_and_are_durable_after_a_flush(log, store, make, opened, view):
    log.defer(make.event(1))
    assert names(look_up(log.rows)) == ["GetCallerIdentity"]
    assert store.loose == {}
    log.flush()
    assert names(look_up(opened().rows)) == ["GetCallerIdentity"]


def test_what_waits_goes_before_the_change_that_came_later(log, store, make, opened, view):
    log.defer(make.event(1, name="GetUser"))
    log.commit(view.begin(), make.event(2, name="CreateUser"), make.event(3, name="AssumeRole"))
    assert names(look_up(opened().rows, newest_first=False)) == ["GetUser", "CreateUser", "AssumeRole"]
    assert [number for number, _ in look_up(log.rows)] == [3, 2, 1]


def test_a_commit_in_conflict_records_nothing_and_keeps_what_waits(log, view, ring, make):
    late = view.begin()
    log.commit(view.begin(), make.event(1, name="CreateUser"))
    log.defer(make.event(2, name="GetUser"))
    with pytest.raises(Conflict):
        log.commit(late, make.event(3, name="DeleteUser"))
    log.flush()
    assert names(look_up(log.rows, newest_first=False)) == ["CreateUser", "GetUser"]
    assert verify(view.engine, ring) == []


def test_when_the_store_fails_changes_are_forgotten_and_reads_wait_again(store, ring, make):
    view = View(store)
    log = EventLog(view, ring, lambda: make.START)
    log.commit(view.begin(), make.event(1, name="CreateUser"))
    view.save()
    log.defer(make.event(2, name="GetUser"))
    log.commit(view.begin(), make.event(3, who=make.user(2), name="CreateGroup"))
    store.fail = True
    with pytest.raises(StoreFailure):
        view.save()
    store.fail = False
    view.begin()
    assert names(look_up(log.rows, newest_first=False)) == ["CreateUser", "GetUser"]
    assert log.facts.access_key_last_used(make.user(2).access_key_id) is None
    log.flush()
    view.save()
    assert names(look_up(Rows(store), newest_first=False)) == ["CreateUser", "GetUser"]
    assert verify(store, ring) == []


def test_reads_are_told_to_the_facts_as_all_events_are(log, make):
    """Two stems of one caller, under a clock that was ahead for a moment, and over a failure of the store."""
    cli, sdk = (
        Stem(make.event(who=who, user_agent=agent, request_id=BLANK_ID, event_id=BLANK_ID))
        for who in (make.session(4),)
        for agent in ("cli", "sdk")
    )
    ahead = timedelta(days=1)

    def read(stem, after):
        event = make.event(who=make.session(4), after=after)
        log.defer(Written(stem.event, event.event_time, event.encode()))

    def used():
        role = make.session(4).entity_id
        yield log.facts.role_last_used(role).time - make.START
        yield log.facts.services_last_accessed(role)["sts"].time - make.START
        yield log.facts.actions_last_accessed(role)["sts:GetCallerIdentity"].time - make.START

    for stem, after in ((cli, timedelta()), (sdk, ahead), (cli, timedelta())):
        read(stem, after)
        assert set(used()) == {after}
    log.reload()
    assert set(used()) == {timedelta()}
    read(cli, timedelta())
    read(sdk, ahead)
    assert set(used()) == {ahead}
    assert log.facts.sequence == 5


def test_an_empty_flush_writes_nothing(log, store):
    assert log.flush() == 0
    assert store.metas == {}


@pytest.fixture
def long(log, store, make):
    for number in range(1, 5001):
        who = make.user(number % 10) if number % 3 else make.session(number % 4, f"s{number % 5}")
        name = ("GetUser", "ListUsers", "CreateUser")[number % 3]
        error = {"error_code": "AccessDenied"} if number % 50 == 0 else {}
        log.defer(
            make.event(
                number, who=who, name=name, after=timedelta(seconds=number), read_only=name != "CreateUser", **error
            )
        )
        if number % 900 == 0:
            log.flush()
    return log


def test_packing_keeps_everything(long, store, ring, opened):
    before = list(look_up(long.rows, newest_first=False))
    size = sum(map(len, store.loose.values()))
    long.flush()
    assert compact(store, ring, long.rows) == 4000
    assert list(look_up(long.rows, newest_first=False)) == before
    assert list(look_up(opened().rows, newest_first=False)) == before
    assert verify(store, ring) == []
    assert sum(map(len, store.packed.values())) < size / 6


def test_many_that_waited_are_packed_when_they_are_saved(store, ring, make, opened):
    view = View(store)
    log = EventLog(view, ring, lambda: make.START)
    log.commit(view.begin(), make.event(1, name="CreateUser"))
    for number in range(2, 4001):
        log.defer(make.event(number, who=make.user(number % 10)))
    log.flush()
    log.commit(view.begin(), make.event(4001, name="DeleteUser"))
    before = list(look_up(log.rows))
    view.save()
    assert list(store.packed) == [(1, 1000), (1001, 2000), (2001, 3000)]
    assert list(store.loose) == list(range(3001, 4002))
    assert list(look_up(log.rows)) == list(look_up(opened().rows)) == before
    assert verify(store, ring) == []


def test_nothing_is_packed_when_it_could_not_be_saved(store, ring, make):
    view = View(store)
    log = EventLog(view, ring, lambda: make.START)
    for number in range(1, 3001):
        log.defer(make.event(number))
    before = list(look_up(log.rows))
    log.flush()
    store.fail = True
    with pytest.raises(StoreFailure):
        view.save()
    assert list(look_up(log.rows)) == before
    store.fail = False
    view.begin()
    assert list(look_up(log.rows)) == before
    log.flush()
    view.save()
    assert list(look_up(log.rows)) == list(look_up(Rows(store))) == before
    assert len(store.packed) == 2
    assert verify(store, ring) == []


def test_what_is_packed_at_once_does_not_tidy_evidence_away(log, store, ring, make, caplog):
    for number in range(1, 901):
        log.defer(make.event(number))
    log.flush()
    store.loose[500] = store.loose[500].replace(b"192.0.2.1", b"192.0.2.9")
    for number in range(901, 4001):
        log.defer(make.event(number))
    log.flush()
    assert (len(store.packed), len(store.loose)) == (0, 4000)
    assert [(problem.kind, problem.sequence) for problem in verify(store, ring)] == [("edited", 500)]
    assert [log.compact(), log.compact()] == [0, 0]
    assert log.torn == 0
    (warning,) = caplog.records
    assert warning.getMessage() == "events are not packed nor deleted any more; see keyreeve events verify"


def test_a_time_without_a_zone_is_none_of_ours_and_left_as_it_is(log, store, ring, make):
    for number in range(1, 2001):
        log.defer(make.event(number))
        if number % 500 == 0:
            log.flush()
    digest = End().digest
    for number, row in store.loose.items():
        record = split(row)[1].replace(b'00Z","eventSource', b'00","eventSource') if number == 500 else split(row)[1]
        digest = link(digest, record)
        store.loose[number] = digest + record
    assert compact(store, ring, log.rows) == 0
    assert len(list(look_up(Rows(store)))) == 1999
    assert [problem.kind for problem in verify(store, ring)] == ["edited"]


def test_the_newest_number_holds_while_what_was_packed_goes(long, store, ring):
    long.flush()
    rows, seen = long.rows, []
    reader = Thread(target=lambda: seen.append(rows.last))

    class Going(list):
        def __delitem__(self, some):
            super().__delitem__(some)
            if not reader.ident:
                reader.start()
                reader.join(0.1)

    rows._tail, newest = Going(rows._tail), rows.last
    assert compact(store, ring, rows) > 0
    reader.join()
    assert seen == [newest]


def test_events_are_kept_though_the_floor_cannot_be_read(log, store, ring, make):
    store.set_meta(FLOOR, b"broken")
    for number in range(1, 3001):
        log.defer(make.event(number))
    log.flush()
    assert (len(store.packed), len(store.loose)) == (0, 3000)


def test_who_packs_may_be_told_late(long, store, ring):
    long.flush()
    before = list(look_up(long.rows))
    store.replace_events(1, 1000, made(End(), list(store.events(1))[:1000]).encode())
    others = Rows(store)
    compact(store, ring, long.rows)
    for _, _, data in reversed(list(store.blocks(0))):
        assert list(look_up(others)) == before
        others.packed(Block.decode(data))
        others.packed(Block.decode(data))
    assert list(look_up(others)) == before


def test_rows_are_read_again_when_others_pack_meanwhile(long, store, ring):
    before = list(look_up(long.rows))

    class Busy:
        def __getattr__(self, name):
            return getattr(store, name)

        def events(self, first):
            for number, row in store.events(first):
                if number == 501:
                    compact(store, ring, long.rows)
                if number < 501 or number in store.loose:
                    yield number, row

    long.flush()
    assert list(look_up(Rows(Busy()))) == before


WANTED = [
    Filter(),
    Filter(user_name="user3"),
    Filter(user_name="s1"),
    Filter(event_name="CreateUser", error_code="AccessDenied"),
    Filter(event_source="iam.amazonaws.com"),
    Filter(access_key_id="AKIA0000000000000004"),
    Filter(read_only=False),
    Filter(event_id="10000000-0000-4000-8000-000000001234"),
    Filter(account_id="999999999999"),
]


@pytest.mark.parametrize("wanted", WANTED, ids=repr)
def test_look_ups_find_what_a_plain_scan_finds(long, store, ring, wanted):
    everything = list(look_up(long.rows, newest_first=False))
    expected = [(number, event) for number, event in everything if wanted.matches(event)]
    long.flush()
    compact(store, ring, long.rows)
    assert list(look_up(long.rows, wanted, newest_first=False)) == expected
    assert list(look_up(long.rows, wanted)) == expected[::-1]


def test_look_ups_by_time_and_number(long, store, ring, make):
    long.flush()
    compact(store, ring, long.rows)
    since, until = make.START + timedelta(seconds=1990), make.START + timedelta(seconds=2010)
    found = list(look_up(long.rows, Filter(since=since, until=until)))
    assert [number for number, _ in found] == list(range(2010, 1989, -1))
    assert [number for number, _ in look_up(long.rows, after=998, before=1003)] == [1002, 1001, 1000, 999]


def test_following_gives_each_event_once(log, make):
    seen = []
    for number in range(1, 31):
        log.defer(make.event(number))
        if number % 4 == 0:
            seen += follow(log.rows, seen[-1][0] if seen else 0)
        if number % 5 == 0:
            log.flush()
    seen += follow(log.rows, seen[-1][0])
    assert [number for number, _ in seen] == list(range(1, 31))


def test_retention_by_time_keeps_the_chain_whole(long, store, ring, make, opened):
    long.flush()
    compact(store, ring, long.rows)
    list(look_up(long.rows))
    now = make.START + timedelta(days=90, seconds=2500)
    assert retain(store, ring, long.rows, now) == 2000
    assert verify(store, ring) == []
    assert [number for number, _ in look_up(long.rows)] == list(range(5000, 2000, -1))
    assert [number for number, _ in look_up(opened().rows)] == list(range(5000, 2000, -1))
    assert retain(store, ring, long.rows, now) == 0
    del store.packed[2001, 3000]
    assert verify(store, ring)[0].kind == "missing"


def test_retention_by_size(long, store, ring, make):
    long.flush()
    compact(store, ring, long.rows)
    half = sum(map(len, store.packed.values())) // 2
    assert retain(store, ring, long.rows, make.START, size=half) in (2000, 3000)
    assert sum(map(len, store.packed.values())) <= half
    assert verify(store, ring) == []


def test_what_goes_before_its_time_is_told(long, store, ring, make, caplog):
    long.flush()
    compact(store, ring, long.rows)
    caplog.set_level("WARNING", logger="keyreeve.events")
    whole = sum(map(len, store.packed.values()))
    assert long.retain(timedelta(days=90), whole) == 0
    assert not caplog.records
    deleted = long.retain(timedelta(days=90), whole // 2)
    assert deleted in (2000, 3000)
    assert [record.getMessage() for record in caplog.records] == [
        "events are deleted before their time: they take too much space"
    ]
    assert verify(store, ring) == []


def test_packing_goes_on_after_retention(long, store, ring, make):
    long.flush()
    compact(store, ring, long.rows)
    retain(store, ring, long.rows, make.START, size=0)
    assert store.packed == {}
    for number in range(5001, 7001):
        long.defer(make.event(number))
        if number % 500 == 0:
            long.flush()
    assert compact(store, ring, long.rows) == 2000
    assert verify(store, ring) == []


def test_the_facts_are_saved_now_and_then_and_at_the_end(log, store, make, opened, view):
    for number in range(EVENTS_PER_SNAPSHOT):
        log.defer(make.event(number))
    log.flush()
    assert "event facts" in store.metas
    log.defer(make.event(0, who=make.user(2)))
    log.flush(closing=True)
    store.loose = {number: row for number, row in store.loose.items() if number > EVENTS_PER_SNAPSHOT}
    assert opened().facts.access_key_last_used(make.user().access_key_id) is not None


@pytest.mark.parametrize("harm", [lambda row: row[:40], lambda row: row.replace(b"192.0", b"\xff\xff")])
def test_damaged_rows_do_not_stop_look_ups(long, store, opened, harm):
    long.flush()
    store.loose[4] = harm(store.loose[4])
    found = list(look_up(opened().rows, newest_first=False))
    assert len(found) == 4999
    assert all(isinstance(event, Event) for _, event in found)


def test_where_rows_are_gone_the_others_keep_their_numbers(long, store, ring):
    """In the store: rows that no block holds, some of which blocks could still take, and all of them."""
    long.flush()
    assert compact(store, ring, long.rows) == 4000
    store.loose = {number: row for number, row in store.loose.items() if number not in {4200, 4201, 4600}}
    kept = [*range(1, 4200), *range(4202, 4600), *range(4601, 5001)]
    rows = Rows(store)
    assert [number for number, _ in look_up(rows, newest_first=False)] == kept
    assert [number for number, _ in look_up(rows, newest_first=False, after=4190)] == kept[4190:]
    store.loose = {3: b"", **store.loose}
    assert [number for number, _ in look_up(Rows(store))] == kept[::-1]
    store.loose = {}
    rows = Rows(store)
    assert rows.last == 4000
    assert [number for number, _ in look_up(rows)] == kept[3999::-1]


def test_rows_before_some_that_are_gone_are_shown_once_when_they_are_packed(long, store, ring):
    long.flush()
    del store.loose[1500]
    asked, not_asked = Rows(store), Rows(store)
    kept = [*range(1, 1500), *range(1501, 5001)]
    assert [number for number, _ in look_up(asked, newest_first=False)] == kept
    assert compact(store, ring, asked) == 1000
    for rows in (asked, not_asked, Rows(store)):
        assert [number for number, _ in look_up(rows, newest_first=False)] == kept
