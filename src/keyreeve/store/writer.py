"""The writer: saves what was committed, in its order, as many batches at once as have come together (group commit).

Where the engine is quick, a group is saved by whoever kicks for it: to hand it to another thread, and to get the
interpreter back from it, costs more than saving it. Else the writer's own thread saves, and whoever kicked goes on.

A batch that cannot be saved takes all later ones with it: they may have read what it wrote. Then nothing is accepted
any more until the owner of the view has loaded it anew and says so (`resume`). That does not mean that saving works
again: a trial says so, once a second.
"""

from __future__ import annotations

import heapq
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count, pairwise
from threading import Condition, Lock, Thread
from time import monotonic

from msgspec.structs import replace

from keyreeve.logs import Seldom, logger
from keyreeve.store.engine import Batch, Engine, StoreFailure

LINGER_SECONDS = 0.02
"""After so long, and before twice as long, the writer's thread saves what nobody kicked for."""

QUICK_BYTES = 1 << 20
"""Records and events that others may wait for while they are saved: a quick disk takes about 5 ms for so many."""

SWITCH_SECONDS = 0.0001
"""How long a busy thread may keep the interpreter while the writer asks for it.

The writer asks about ten times for each group. A thread that lets go for a moment now and then, as an event loop does,
is never made to hand over if its turns are shorter than this: with Python's 5 ms, answers that wait for nothing could
keep commits waiting for seconds.
"""

TRIAL_SECONDS = 1.0
TRIAL_BYTES = 1 << 16
"""What is saved for trial, and deleted again: more than most changes take, so that they have room after it."""

TRIAL = "trial"
"""The small value that holds it."""

Done = Callable[[BaseException | None], None]
LOG = logger("store")


class Writer:
    """Saves batches through an engine, in a thread of its own (`start`) or in the caller's (`save`).

    `durable` is the newest saved revision, `head` the engine's that belongs to it, `failure` why nothing is accepted.
    `failing` is why saving failed last; None once a trial has succeeded since, which the thread makes (`try_again`).
    """

    def __init__(self, engine: Engine, revision: int, head: int) -> None:
        self._engine = engine
        self.durable, self.head = revision, head
        self.failure: StoreFailure | None = None
        self.failing: StoreFailure | None = None
        self._trial = 0.0
        self._told = Seldom(LOG)
        self._resumed = 0
        self._queue: list[tuple[int, Batch]] = []
        self._since = 0.0
        self._waiting: list[tuple[int, int, Done]] = []
        self._numbers = count()
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._saving = Lock()
        self._thread: Thread | None = None
        self._kicked = self._stopping = False
        self._switch_seconds = sys.getswitchinterval()

    def submit(self, revision: int, batch: Batch) -> None:
        """Queue a batch; revisions come in order. Raises the failure after one."""
        with self._lock:
            if self.failure is not None:
                raise self.failure.with_traceback(None)
            if not self._queue:
                self._since = monotonic()
            self._queue.append((revision, batch))

    def kick(self) -> None:
        """Have what is queued saved now, before this returns if that is quick; what fails is told to those who wait.

        Who commits much kicks once for many: a group costs hardly more than one.
        """
        with suppress(StoreFailure):
            if self._thread is not None and self._engine.quick and self._save_beside():
                return
        with self._changed:
            self._kicked = True
            self._changed.notify()

    def wait(self, revision: int, done: Done, oldest: int | None = None) -> None:
        """Have `done` called when the revision is durable (with None) or lost (with the failure).

        With `oldest`, all revisions from there on have to be durable: batches are saved in order, but what was
        committed between two of them may have been lost, and the view loaded anew since. It is called in whatever
        thread learns of it, so it must be quick and must not raise.
        """
        first = revision if oldest is None else oldest
        with self._lock:
            outcome = self.failure
            if 0 < first < self._resumed:
                # After a failure it is not told apart which older revisions had been saved before.
                outcome = StoreFailure("What this revision saw may have been lost.")
            elif revision <= self.durable:
                outcome = None
            elif outcome is None:
                heapq.heappush(self._waiting, (revision, next(self._numbers), done))
                return
        _tell(done, outcome)

    def save(self) -> None:
        """Save all that is queued. Raises StoreFailure; then everything since the last saved revision is lost."""
        with self._saving:
            self._save()
        failure = self.failure  # others may resume at any time
        if failure is not None:
            raise failure.with_traceback(None)

    def resume(self, revision: int, head: int) -> None:
        """Go on after a failure, or after others wrote: the view stands at this revision, the engine at this head.

        Whoever asks for an older one from here on is told that it was lost: it may be one that never came.
        """
        with self._lock:
            self._resumed = self.durable = revision
            self.head, self.failure = head, None

    def start(self) -> None:
        """Save in a thread of its own from now on, which gets the interpreter soon when it asks (SWITCH_SECONDS)."""
        self._stopping = False
        self._switch_seconds = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_SECONDS, self._switch_seconds))
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Save what is queued and end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            sys.setswitchinterval(self._switch_seconds)

    def try_again(self) -> bool:
        """Save something and delete it again; whether that succeeded, which means that saving works again."""
        try:
            with self._saving:  # or a save that fails meanwhile would be forgotten
                self._engine.set_meta(TRIAL, os.urandom(TRIAL_BYTES))
                self._engine.forget_meta(TRIAL)
                self.failing = None
        except Exception as error:  # noqa: BLE001  whatever it is, the thread goes on
            self._trial = monotonic() + TRIAL_SECONDS
            self._told.error("saving still fails", revision=self.durable, reason=str(error))
            return False
        self._told.begin_anew()
        LOG.warning("saving works again", revision=self.durable)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._kicked or self._stopping or self._lingers() or self._is_to_try()):
                    self._changed.wait(LINGER_SECONDS)
                self._kicked = False
                if not self._queue and self._stopping:
                    return
            with suppress(StoreFailure):
                self.save()
            if self._is_to_try():
                self.try_again()

    def _is_to_try(self) -> bool:
        return self.failing is not None and monotonic() >= self._trial

    def _lingers(self) -> bool:
        """Whether what is queued waits for too long; what came just now is perhaps about to be kicked for."""
        return bool(self._queue) and monotonic() - self._since >= LINGER_SECONDS

    def _save_beside(self) -> bool:
        """Save beside the writer's thread, unless that one is about to; False: there is more to do than is quick."""
        if not self._saving.acquire(blocking=False):
            return False
        try:
            with self._lock:
                if not _is_little([batch for _, batch in self._queue]):
                    return False
            self._save()
            return True
        finally:
            self._saving.release()

    def _save(self) -> None:
        """Save what is queued. What fails is told to those who wait, and raised; it takes the rest of the group along.

        Whatever it was, the outcome is unknown then, and nobody may be told otherwise. The event loop's thread can be
        interrupted besides.
        """
        try:
            with self._lock:
                group, self._queue = self._queue, []
            for part in _parts(group):
                head = self._engine.append(self.head, _settled([batch for _, batch in part]))
                self._saved(part[-1][0], head)
        except StoreFailure as failure:
            self.fail(failure)
            raise
        except BaseException as error:
            unknown = StoreFailure(f"Saving failed: {error!r}.")
            self.fail(unknown)
            if isinstance(error, Exception):
                LOG.exception("saving met a bug")
                raise unknown from error
            raise

    def _saved(self, revision: int, head: int) -> None:
        ready = []
        with self._lock:
            self.durable, self.head = revision, head
            while self._waiting and self._waiting[0][0] <= revision:
                ready.append(heapq.heappop(self._waiting)[2])
        for done in ready:
            _tell(done, None)

    def fail(self, failure: StoreFailure) -> None:
        """Accept nothing until `resume`; what is not durable is lost. It is told here, and nowhere else."""
        with self._lock:
            if self.failing is None:
                self._trial = monotonic() + TRIAL_SECONDS
            self.failure = self.failing = failure
            lost, self._waiting, self._queue = self._waiting, [], []
        self._told.error("what was committed could not be saved", revision=self.durable, reason=str(failure))
        for _, _, done in lost:
            _tell(done, failure)


def _is_little(batches: list[Batch]) -> bool:
    """Whether batches take no longer to save than is quick: none is packed, and they have no more than QUICK_BYTES."""
    if any(batch.pack is not None for batch in batches):
        return False
    changed = sum(len(change.data or b"") for batch in batches for change in batch.changes)
    return changed + sum(len(row) for batch in batches for row in batch.events) <= QUICK_BYTES


def _parts(group: list[tuple[int, Batch]]) -> list[list[tuple[int, Batch]]]:
    """A group in parts: one that packs what is kept before it begins a part of its own."""
    if not group:
        return []
    begins = [number for number, (_, batch) in enumerate(group) if number and batch.pack is not None]
    return [group[first:last] for first, last in pairwise((0, *begins, len(group)))]


def _settled(batches: list[Batch]) -> list[Batch]:
    """The batches of a part with what is late made: each value once, and with the last batch, whose values they are."""
    first = batches[0]
    if first.pack is not None:
        blocks, loose = first.pack()
        batches = [replace(first, events=loose + first.events, blocks=blocks, pack=None), *batches[1:]]
    late = {name: make for batch in batches for name, make in batch.late}
    if not late:
        return batches
    made = tuple((name, make()) for name, make in late.items())
    last = batches[-1]
    return [*batches[:-1], replace(last, metas=(*last.metas, *made), late=())]


def _tell(done: Done, outcome: StoreFailure | None) -> None:
    try:
        done(outcome)
    except Exception:
        LOG.exception("what waited for a revision failed when it was told")
