"""The log: events in the order they happened, durable with what they tell of, or within a second.

A change and the event that records it are one batch: both are there or neither. Reads are deferred: they wait in
memory, can be looked up at once, and go into the next batch or the next `flush`. So the order of the log is the order
of events. Each batch carries the sealed head of the chain (see `chain.py`).
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from keyreeve.events.breach import breach
from keyreeve.events.chain import FLOOR, HEAD, Broken, End, Exposed, Ring, link, seal, unseal
from keyreeve.events.event import Event
from keyreeve.events.facts import SNAPSHOT, Facts
from keyreeve.events.packing import EVENTS_PER_BLOCK, KEPT, Link, Packing, compact, retain, rows_of
from keyreeve.events.parameters import written
from keyreeve.events.query import look_up
from keyreeve.events.rows import Rows
from keyreeve.events.slow_clock import CLOCK, NOTICEABLE, SlowClock
from keyreeve.events.stem import Bare, Kept, Written, record_of
from keyreeve.logs import logger
from keyreeve.store.engine import StoreFailure
from keyreeve.store.transaction import Transaction
from keyreeve.store.view import View

EVENTS_PER_SNAPSHOT = 50_000
"""The facts are saved after so many events, so that no more than these are folded at a start."""

TAKEN_AT_ONCE = 64
"""So many events come before they are linked and folded in, unless somebody asks or they are given to the store."""

MOST_WAITING = 250_000
"""Events that wait while nothing can be saved: a hundred megabytes. Then nothing is done that they would tell of."""

TORN = "rows of the event log behind %d do not follow from each other, or cannot be read"

LOG = logger("events")


class EventLog:
    """The log of one node. One thread records and looks up; packing may run in another.

    `clock` gives aware UTC times; `facts` are folded from the events as they come.
    """

    def __init__(
        self,
        view: View,
        ring: Ring,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view, self._engine, self._ring, self._clock = view, view.engine, ring, clock
        self._packing = Lock()
        self.torn: int | None = None
        """Where packing found rows behind this one that do not follow from each other; None where it found none."""
        self._coming: deque[Written | Bare] = deque()
        self._pledged = False
        self._waiting: list[Link] = []
        self._unsaved: deque[tuple[int, int, list[Link]]] = deque()
        view.on_reload.append(self.reload)
        self.reload()
        newest = next((event.event_time for _, event in look_up(self._rows)), None)
        self.slow = SlowClock(self._engine.meta(CLOCK), ring, newest, clock, monotonic)

    @property
    def rows(self) -> Rows:
        """All that was recorded, to look up."""
        self._take()
        return self._rows

    @property
    def facts(self) -> Facts:
        """What is folded from all that was recorded."""
        self._take()
        return self._facts

    @property
    def head(self) -> End:
        """The last event that was given to the store: keep a copy elsewhere to hold `verify` against."""
        return self._head

    def reload(self) -> None:
        """Start again from what is durable, as the view does when a batch failed.

        The events of lost changes are lost with them. Those of reads were not promised with an answer: they wait again.
        """
        self._take()
        with self._packing:  # or the rows that are forgotten would be told what was packed
            self._rows = Rows(self._engine)
        self._head = durable = self._rows.end
        doubt = self._doubt()
        if doubt is not None:
            self._note_breach(doubt)
        self._facts = Facts.load(self._engine, self._ring, self._rows)
        self._saved = self._facts.sequence
        lost = [
            kept
            for _, first, links in self._unsaved
            for number, (_, kept) in enumerate(links, first)
            if number > durable.sequence
        ]
        lost += [kept for _, kept in self._waiting]
        self._waiting, self._digest = [], self._head.digest
        self._unsaved.clear()
        for kept in lost:
            event = kept.event if isinstance(kept, Bare) else Event.decode(kept)
            self._wait(event, kept, kept.time if isinstance(kept, Bare) else event.event_time)

    def defer(self, event: Event | Written | Bare) -> None:
        """Record an event that may become durable a little later: a read. StoreFailure where too many wait already."""
        if len(self._waiting) >= MOST_WAITING:
            raise StoreFailure("As many events wait to be saved as may.")
        self._coming.append(_known(event))
        if len(self._coming) >= TAKEN_AT_ONCE:
            self._take()

    def pledge(self, event: Event | Written | Bare) -> int:
        """Record an event that has to be durable before its answer leaves: the revision to wait for.

        Every commit takes along what waits, so that is the next one. `redeem` makes it, once for many, where nothing
        else is committed before it is waited for.
        """
        self.defer(event)
        self._pledged = True
        return self._view.revision + 1

    def redeem(self) -> None:
        """Commit what was pledged, if nothing has been committed since."""
        if self._pledged:
            self.flush()

    def _take(self) -> None:
        """Link, show and fold in what came; some at a time, which takes half as long as each between two requests."""
        while self._coming:
            known = self._coming.popleft()
            self._wait(known.event, _kept(known), known.time)

    def _wait(self, event: Event, kept: Kept, time: datetime) -> None:
        self._digest = link(self._digest, record_of(kept))
        self._waiting.append((self._digest, kept))
        self._rows.append(kept)
        self._facts.fold(event, self._head.sequence + len(self._waiting), time)

    def commit(self, transaction: Transaction, *events: Event | Written | Bare) -> int:
        """Commit a transaction with its events and all that wait; the revision to wait for.

        If the commit raises, nothing of these events was recorded and what waited still waits.
        """
        coming = [_known(event) for event in events]
        self._take()
        digest, links = self._digest, list(self._waiting)
        for known in coming:
            digest = link(digest, known.record)
            links.append((digest, _kept(known)))
        head = End(self._head.sequence + len(links), digest)
        if links:
            transaction.make_meta(HEAD, partial(seal, head, self._ring, HEAD))
        if len(links) >= EVENTS_PER_BLOCK:
            revision = self._packed(transaction, links)
        else:
            transaction.record_events(*rows_of(links))
            revision = transaction.commit()
        self._pledged = False
        self._unsaved.append((revision, self._head.sequence + 1, self._waiting))
        while self._unsaved and self._unsaved[0][0] <= self._view.durable:
            self._unsaved.popleft()
        first = head.sequence - len(coming) + 1
        self._waiting, self._head, self._digest = [], head, digest
        for sequence, known in enumerate(coming, first):
            self._rows.append(_kept(known))
            self._facts.fold(known.event, sequence, known.time)
        return revision

    def _packed(self, transaction: Transaction, links: list[Link]) -> int:
        """Commit a transaction with many events, which are packed when they are saved."""
        packing = Packing(self._engine, self._ring, self._rows, self._head, links)
        transaction.pack_events(packing.pack)
        revision = transaction.commit()
        self._view.wait(revision, packing.saved)
        return revision

    def flush(self, *, closing: bool = False) -> int:
        """Give what waits to the store; to be called every second, and when closing. The revision to wait for."""
        self._take()
        unsaved = self._head.sequence + len(self._waiting) - self._saved
        save = unsaved >= EVENTS_PER_SNAPSHOT or (closing and unsaved > 0)
        if not self._waiting and not save:
            return 0
        transaction = self._view.begin()
        if save:
            self._keep_facts(transaction)
        revision = self.commit(transaction)
        if save:
            self._saved = self._head.sequence
        return revision

    def compact(self) -> int:
        """Pack older events; to be called every few seconds, in any thread. The number of events packed."""
        torn: list[int] = []
        with self._packing:
            self._rows.segments()  # look-ups shall find the index of blocks read
            packed = compact(self._engine, self._ring, self._rows, torn.append)
        if torn and self.torn is None:
            LOG.warning("events are not packed nor deleted any more; see keyreeve events verify", reason=TORN % torn[0])
        self.torn = torn[0] if torn else None
        return packed

    def retain(self, kept: timedelta = KEPT, size: int | None = None) -> int:
        """Delete what is older than `kept` or makes blocks take more than `size` bytes; hourly, in the same thread.

        How old something is goes by the slow clock.
        """
        if self.slow.behind > NOTICEABLE:
            LOG.warning("events are deleted later: the clock is ahead of their log", reason=f"by {self.slow.behind}")
        with self._packing:
            self._engine.set_meta(CLOCK, self.slow.kept())
            now = self.slow.now()
            old = retain(self._engine, self._ring, self._rows, now, kept=kept)
            early = 0 if size is None else retain(self._engine, self._ring, self._rows, now, kept=kept, size=size)
            if early:
                # Whoever may call at all can fill the log, and so push out what it tells of them.
                LOG.warning("events are deleted before their time: they take too much space", reason=f"{early} of them")
            return old + early

    def reseal(self, rotate: Callable[[], None], transaction: Transaction) -> None:
        """Have the key ring rotated, and what is sealed of the log sealed under its new key.

        The floor is at once, the facts with the transaction, and the head as with every commit. A crash in between
        leaves ends under a key that is perhaps compromised; the next start then notes that in the log.
        """
        with self._packing:
            try:
                floor = unseal(self._engine.meta(FLOOR), self._ring, FLOOR)
            except Broken:
                floor = End()  # left as it is, for `verify` to tell
            rotate()
            if floor != End():
                self._engine.set_meta(FLOOR, seal(floor, self._ring, FLOOR))
        self._keep_facts(transaction)

    def _keep_facts(self, transaction: Transaction) -> None:
        transaction.set_meta(SNAPSHOT, self._facts.snapshot(self._ring, self.slow.now()))
        transaction.set_meta(CLOCK, self.slow.kept())

    def _doubt(self) -> str | None:
        """Why the end of the log, or its floor, cannot be believed; None: they can.

        A floor that cannot be read at all is left to `verify`: only packing and retention need it, and they stop.
        """
        try:
            sealed = unseal(self._engine.meta(HEAD), self._ring, HEAD)
        except Broken as broken:
            return f"{broken}"
        try:
            unseal(self._engine.meta(FLOOR), self._ring, FLOOR)
        except Exposed as exposed:
            return f"{exposed}"
        except Broken:
            pass
        return None if sealed == self._head else "the last row is not the one that was sealed"

    def _note_breach(self, reason: str) -> None:
        """The break becomes a record itself, sealed with its number, so that going on does not hide it."""
        record = breach(reason, self._clock(), str(uuid.uuid4())).encode()
        transaction = self._view.begin()
        transaction.record_events(link(self._head.digest, record) + record)
        transaction.commit()
        self._view.save()
        self._rows = Rows(self._engine)
        self._head = self._rows.end
        try:
            unseal(self._engine.meta(FLOOR), self._ring, FLOOR)
        except Exposed as exposed:
            self._engine.set_meta(FLOOR, seal(exposed.end, self._ring, FLOOR))
        except Broken:
            pass
        self._engine.set_meta(HEAD, seal(self._head, self._ring, HEAD))


def _known(event: Event | Written | Bare) -> Written | Bare:
    return Written(event, event.event_time, written(event)) if isinstance(event, Event) else event


def _kept(known: Written | Bare) -> Kept:
    return known if isinstance(known, Bare) else known.record
