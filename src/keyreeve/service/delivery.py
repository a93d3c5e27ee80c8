"""Delivery: the thread that writes the files of trails, beside the one that answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from keyreeve.cloudtrail.delivering import Delivery, newest_keys
from keyreeve.entities import DeletedTrail, DigestKey, Trail
from keyreeve.logs import logger
from keyreeve.store import StoreError

if TYPE_CHECKING:
    from keyreeve.cloudtrail.deliveries import Deliveries
    from keyreeve.config import Config
    from keyreeve.events import EventLog
    from keyreeve.seal import KeyRing
    from keyreeve.store import Engine, View

LOG = logger("delivery")
LOOK_SECONDS = 0.5

GIVEN_UP = timedelta(days=30)
"""So long, by the slow clock, what is left of a deleted trail is tried to deliver: as long as AWS tries a bucket."""


class Seen(NamedTuple):
    """The trails that there were at a revision, when the newest event had the number `last`.

    Of what came later they say nothing: a trail may have been changed in between.
    """

    revision: int
    trails: tuple[Trail, ...]
    deleted: tuple[DeletedTrail, ...]
    keys: dict[str, DigestKey]
    last: int

    @property
    def all(self) -> tuple[Trail, ...]:
        """The trails to deliver: first what is left of deleted ones."""
        return (*(deleted.trail for deleted in self.deleted), *self.trails)

    def has_left(self, trail: Trail) -> bool:
        """Whether a deleted trail of this one's name is to have digests in the same place, under like names."""
        places = ((each.trail.trail_arn, each.trail.s3_bucket_name) for each in self.deleted)
        return trail in self.trails and (trail.trail_arn, trail.s3_bucket_name) in places


class Deliverer:
    """Delivers the trails that it was last shown, every so many seconds.

    `see` and `drop_finished` belong to the thread of the view.
    """

    def __init__(
        self,
        config: Config,
        engine: Engine,
        ring: KeyRing,
        log: EventLog,
        deliveries: Deliveries,
        now: Callable[[], datetime],
    ) -> None:
        self._delivery = Delivery(engine, ring, deliveries, now)
        self._engine, self._ring, self._log, self._deliveries = engine, ring, log, deliveries
        self._every = config.trail_seconds
        self._digests_every = timedelta(seconds=config.digest_seconds)
        self._sealed_under = ring.keys
        self._seen = Seen(-1, (), (), {}, 0)
        self._coming: Seen | None = None
        self._stopping = Signal()
        self._thread: Thread | None = None

    def open(self, view: View) -> None:
        """Take up where every trail was."""
        view.on_reload.append(self._lose)
        transaction = view.begin()
        for record in (*transaction.everywhere(Trail), *transaction.everywhere(DeletedTrail)):
            self._deliveries.load(self._engine, self._ring, record.key, self._log.rows.last)
        self.see(view)

    def see(self, view: View) -> None:
        """Look at the trails that there are now; they are delivered as soon as they are durable."""
        if view.writer.failure is not None:
            return
        self._take(view)
        if self._coming is None and view.revision != self._seen.revision:
            transaction = view.begin()
            self._coming = Seen(
                view.revision,
                tuple(transaction.everywhere(Trail)),
                tuple(transaction.everywhere(DeletedTrail)),
                newest_keys(transaction.everywhere(DigestKey)),
                self._log.rows.last,
            )
            self._take(view)

    def _take(self, view: View) -> None:
        if self._coming is not None and self._coming.revision <= view.durable:
            self._seen, self._coming = self._coming, None

    def _lose(self) -> None:
        """Forget what may be lost: the numbers of lost events are used again."""
        self._coming = None

    def drop_finished(self, view: View) -> None:
        """Keep nothing of deleted trails that are delivered, or could not be for long."""
        if not self._seen.deleted or view.writer.failing is not None:
            return
        transaction = view.begin()
        over = [each for each in transaction.everywhere(DeletedTrail) if self._is_over(each)]
        for each in over:
            transaction.delete(each)
        if over:
            self._log.commit(transaction)

    def _is_over(self, deleted: DeletedTrail) -> bool:
        if self._delivery.is_finished(deleted.trail):
            return True
        over = deleted.delete_time + GIVEN_UP <= self._log.slow.now()
        if over:
            LOG.error("what a deleted trail had to deliver is given up", trail_arn=deleted.trail.trail_arn)
        return over

    def start(self) -> None:
        """Deliver in a thread of its own from now on."""
        self._thread = Thread(target=self._run, name="trail-delivery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; what is being written is finished."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def deliver(self) -> None:
        """Deliver everything once. What fails is noted, and tried again the next time; it stops no other trail."""
        seen = self._seen
        self._reseal(seen)
        self._forget(seen)
        for trail in seen.all:
            for member, attempt in (("delivery_error", self._log_files), ("digest_error", self._digest_files)):
                try:
                    attempt(trail, seen)
                except (OSError, StoreError) as error:
                    self._delivery.failed(trail, member, error)
                    LOG.warning("a trail could not be delivered", trail_arn=trail.trail_arn, reason=str(error))
                except Exception as error:
                    self._delivery.failed(trail, member, error)
                    LOG.exception("a trail could not be delivered", trail_arn=trail.trail_arn)

    def _reseal(self, seen: Seen) -> None:
        """Seal how far the trails are under the ring's new key: under a compromised one it is not believed again."""
        keys = self._ring.keys
        if keys is self._sealed_under:
            return
        try:
            for trail in seen.all:
                state = self._deliveries.state(trail.trail_id)
                self._deliveries.save(self._engine, self._ring, trail.trail_id, state)
        except StoreError as error:
            LOG.error("how far trails are could not be sealed anew", reason=str(error))
        else:
            self._sealed_under = keys

    def _forget(self, seen: Seen) -> None:
        """Keep nothing of trails that were deleted and are delivered."""
        try:
            self._deliveries.forget(self._engine, {trail.trail_id for trail in seen.all})
        except StoreError as error:
            LOG.error("how far deleted trails were could not be forgotten", reason=str(error))

    def _log_files(self, trail: Trail, seen: Seen) -> None:
        self._delivery.log_files(trail, seen.last)

    def _digest_files(self, trail: Trail, seen: Seen) -> None:
        if not seen.has_left(trail):
            self._delivery.digest_files(trail, seen.keys.get(trail.account_id), self._digests_every)

    def _run(self) -> None:
        due = time.monotonic() + self._every
        while not self._stopping.wait(LOOK_SECONDS):
            if time.monotonic() >= due:
                due = time.monotonic() + self._every
                try:
                    self.deliver()
                except StoreError as error:
                    LOG.error("trails could not be delivered", reason=str(error))
                except Exception:
                    LOG.exception("trails could not be delivered")
