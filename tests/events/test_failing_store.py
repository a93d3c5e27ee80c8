"""A store that fails at random, under a log that is used as a server does: what it says afterwards is all true."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from keyreeve.entities import User
from keyreeve.events import Bare, EventLog, Facts, Rows, Stem, Written, look_up, packing, verify
from keyreeve.events import log as logs
from keyreeve.events.stem import BLANK_ID
from keyreeve.store import MemoryEngine, StoreFailure, View

LIVES = 400 if os.environ.get("KEYREEVE_PROOFS") else 6
STEPS = 300


class Flaky(MemoryEngine):
    """A tenth of the groups fail, half of these having been kept all the same; it is quick half of the time."""

    chance = None

    @property
    def quick(self):
        return self.chance is not None and self.chance.random() < 0.5

    def append(self, expected, batches):
        if self.chance is None or self.chance.random() > 0.1:
            return super().append(expected, batches)
        if self.chance.random() < 0.5:
            super().append(expected, batches)
        raise self.chance.choice([StoreFailure, OSError])("planted")


class Life:
    """One thread that reads, changes and reloads at random, while others save and pack."""

    def __init__(self, view, log, make, chance):
        self.view, self.log, self.make, self.chance = view, log, make, chance
        self.stems = [
            Stem(make.event(who=make.session(who), request_id=BLANK_ID, event_id=BLANK_ID)) for who in range(3)
        ]
        self.number, self.now, self.reads, self.told = 0, timedelta(), set(), {}

    def live(self):
        for _ in range(STEPS):
            if self.chance.random() < 0.1:
                self.now += timedelta(seconds=self.chance.choice([1, 1, 5, 4000, -2, -7200]))
            step = self.chance.choices([self.read, self.change, self.log.flush, self.view.begin], [6, 3, 1, 1])[0]
            try:
                step()
            except StoreFailure:
                time.sleep(0.001)

    def next(self, stem=None, **more):
        self.number += 1
        who = self.make.session(self.number % 3) if stem is None else stem.event.user_identity
        return self.make.event(self.number, who=who, after=self.now, **more)

    def read(self):
        self.view.begin()
        for _ in range(self.chance.choice([1, 1, 3, 30])):
            stem = self.chance.choice(self.stems)
            event = self.next(stem)
            bare = Bare(
                stem, event.event_time, f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}", event.request_id, event.event_id
            )
            assert bare.record == event.encode()
            self.log.defer(self.chance.choice([bare, Written(stem.event, event.event_time, bare.record)]))
            self.reads.add(event.event_id)

    def change(self):
        tx, event = self.view.begin(), self.next(name="CreateUser")
        name = f"user{self.number}"
        made = User(
            account_id=self.make.ACCOUNT, user_id=event.event_id, user_name=name, path="/", create_date=self.make.START
        )
        tx.put(made)
        revision = self.log.commit(tx, event)
        self.view.writer.wait(revision, lambda outcome: self.hear(event.event_id, outcome))
        if self.chance.random() < 0.7:
            self.view.writer.kick()

    def hear(self, event_id, outcome):
        self.told[event_id] = outcome
        if outcome is not None:
            time.sleep(0.002)  # the others go on before the writer does


def pack(log, stop):
    while not stop.wait(0.003):
        log.compact()


@pytest.mark.parametrize("seed", range(LIVES))
def test_whatever_fails_the_log_says_what_happened(monkeypatch, ring, make, seed):
    for module in (packing, logs):
        monkeypatch.setattr(module, "EVENTS_PER_BLOCK", 10)
    monkeypatch.setattr(packing, "EVENTS_LEFT_LOOSE", 10)
    store, chance = Flaky(), random.Random(seed)  # noqa: S311  repeatable, not secret
    view = View(store)
    log, stop = EventLog(view, ring, lambda: make.START), threading.Event()
    packer = threading.Thread(target=pack, args=(log, stop))
    view.writer.start()
    packer.start()
    store.chance = random.Random(seed)  # noqa: S311
    life = Life(view, log, make, chance)
    life.live()
    store.chance = None
    stop.set()
    packer.join()
    view.writer.stop()
    view.begin()
    log.flush()
    view.save()
    check(store, ring, view, log, life)


def check(store, ring, view, log, life):
    assert verify(store, ring) == []
    kept = list(look_up(Rows(store), newest_first=False))
    assert kept == list(look_up(log.rows, newest_first=False))
    ids = Counter(event.event_id for _, event in kept)
    assert set(ids.values()) == {1}
    assert life.reads <= set(ids)
    users = {change.key for change in store.load()}
    assert users == {event.event_id for _, event in kept if event.event_name == "CreateUser"}
    assert users == {user.key for user in view.begin().all(User, life.make.ACCOUNT)}
    assert {event_id for event_id, outcome in life.told.items() if outcome is None} <= users
    folded = Facts()
    for sequence, event in kept:
        folded.fold(event, sequence)
    assert folded._state == log.facts._state


def test_reads_that_wait_again_keep_their_time(store, ring, make):
    """Of one that was given to the store that failed, and of one that was not."""
    view = View(store)
    log = EventLog(view, ring, lambda: make.START)
    for number in (1, 2):
        stem = Stem(make.event(who=make.session(number), request_id=BLANK_ID, event_id=BLANK_ID))
        read = make.event(number, who=make.session(number), after=timedelta(hours=number))
        log.defer(Bare(stem, read.event_time, f"{read.event_time:%Y-%m-%dT%H:%M:%SZ}", read.request_id, read.event_id))
        if number == 1:
            log.flush()
    store.fail = True
    with pytest.raises(StoreFailure):
        view.save()
    store.fail = False
    view.begin()
    for number in (1, 2):
        used = log.facts.role_last_used(make.session(number).entity_id)
        assert used.time - make.START == timedelta(hours=number)
    assert [event.event_time.hour for _, event in look_up(log.rows)] == [make.START.hour + 2, make.START.hour + 1]
