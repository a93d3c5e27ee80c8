"""Delivery: the thread that writes the files of trails, beside the one that answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING

from keyreeve.cloudtrail.delivering import Delivery, newest_keys
from keyreeve.entities import DigestKey, Trail
from keyreeve.logs import logger
from keyreeve.store import StoreError

if TYPE_CHECKING:
    from keyreeve.cloudtrail.deliveries import Deliveries
    from keyreeve.config import Config
    from keyreeve.seal import KeyRing
    from keyreeve.store import Engine, View

LOG = logger("delivery")
LOOK_SECONDS = 0.5


class Deliverer:
    """Delivers the trails that it was last shown, every so many seconds. `see` belongs to the thread of the view."""

    def __init__(
        self, config: Config, engine: Engine, ring: KeyRing, deliveries: Deliveries, now: Callable[[], datetime]
    ) -> None:
        self._delivery = Delivery(engine, ring, deliveries, now)
        self._engine, self._ring, self._deliveries = engine, ring, deliveries
        self._every = config.trail_seconds
        self._digests_every = timedelta(seconds=config.digest_seconds)
        self._sealed_under = ring.keys
        self._seen = -1
        self._trails: tuple[Trail, ...] = ()
        self._keys: dict[str, DigestKey] = {}
        self._stopping = Signal()
        self._thread: Thread | None = None

    def open(self, view: View) -> None:
        """Take up where every trail was."""
        self.see(view)
        for trail in self._trails:
            self._deliveries.load(self._engine, self._ring, trail.trail_id)

    def see(self, view: View) -> None:
        """Look at the trails that there are now."""
        if view.revision == self._seen or view.writer.failure is not None:
            return
        transaction = view.begin()
        self._keys = newest_keys(transaction.everywhere(DigestKey))
        self._trails = tuple(transaction.everywhere(Trail))
        self._seen = view.revision

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
        self._reseal()
        self._forget()
        for trail in self._trails:
            for member, attempt in (("delivery_error", self._log_files), ("digest_error", self._digest_files)):
                try:
                    attempt(trail)
                except (OSError, StoreError) as error:
                    self._delivery.failed(trail, member, error)
                    LOG.warning("a trail could not be delivered", trail_arn=trail.trail_arn, reason=str(error))
                except Exception as error:
                    self._delivery.failed(trail, member, error)
                    LOG.exception("a trail could not be delivered", trail_arn=trail.trail_arn)

    def _reseal(self) -> None:
        """Seal how far the trails are under the ring's new key: under a compromised one it is not believed again."""
        keys = self._ring.keys
        if keys is self._sealed_under:
            return
        try:
            for trail in self._trails:
                state = self._deliveries.state(trail.trail_id)
                self._deliveries.save(self._engine, self._ring, trail.trail_id, state)
        except StoreError as error:
            LOG.error("how far trails are could not be sealed anew", reason=str(error))
        else:
            self._sealed_under = keys

    def _forget(self) -> None:
        """Keep nothing of trails that were deleted."""
        try:
            self._deliveries.forget(self._engine, {trail.trail_id for trail in self._trails})
        except StoreError as error:
            LOG.error("how far deleted trails were could not be forgotten", reason=str(error))

    def _log_files(self, trail: Trail) -> None:
        self._delivery.log_files(trail)

    def _digest_files(self, trail: Trail) -> None:
        self._delivery.digest_files(trail, self._keys.get(trail.account_id), self._digests_every)

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
