"""Revocation bites at once: no request that starts after a change was acknowledged is accepted on the old footing.

Some clients take access away, in every way there is; others go on calling with credentials that are about to be
revoked. Each call is noted with when it began and what came of it, each revocation with when it was acknowledged,
all by one clock: so the whole history can be judged.
"""

import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from tests.proofs.server import KEYREEVE, Client, Process, administrator
from tests.proofs.victims import KINDS, Maker

REVOCATIONS = 10_000 if os.environ.get("KEYREEVE_PROOFS") else 220
CACHED = (sys.executable, str(Path(__file__).with_name("cached.py")))
REVOKERS, CALLERS = 3, 4
BEFORE, AFTER = 1, 3
"""Calls of each victim that must have been accepted before it is revoked, and made afterwards."""

PATIENCE_SECONDS = 20

pytestmark = pytest.mark.slow


@dataclass(eq=False)
class Victim:
    """Credentials, the call that is made with them, and what came of it: (began, accepted)."""

    kind: str
    credentials: object
    probe: tuple
    calls: list = field(default_factory=list)
    revoked: float | None = None

    def called(self, *, accepted, since=0.0):
        return sum(1 for began, was in self.calls if was is accepted and began > since)


class History:
    """Everything that happened."""

    def __init__(self, port, administrator_, account):
        self.port, self.administrator, self.account = port, administrator_, account
        self.live, self.done, self.lock, self.over = [], [], Lock(), Event()
        self.failures = []

    def guarded(self, work, *arguments):
        """A thread whose failure is the test's."""

        def run():
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001  told by the test's own thread
                self.failures.append(error)
                self.over.set()

        return Thread(target=run)

    def call_on(self, rng):
        """Call with whatever is live, until it is over."""
        with Client(self.port, self.administrator) as client:
            while not self.over.is_set():
                with self.lock:
                    victim = rng.choice(self.live) if self.live else None
                if victim is None:
                    time.sleep(0.001)
                    continue
                client.credentials = victim.credentials
                began = time.monotonic()
                victim.calls.append((began, client.accepted(*victim.probe)))

    def revoke(self, number, count, rng):
        """Make victims and revoke them, one after the other, each kind as often as the others."""
        with Client(self.port, self.administrator) as client:
            for turn in range(count):
                kind = KINDS[(turn + number) % len(KINDS)]
                self._one(kind, Maker(client, self.account, f"v{number}-{turn}"), rng)
                if self.over.is_set():
                    return

    def _one(self, kind, make, rng):
        story = kind(make)
        victim = Victim(kind.__name__, *next(story))
        with self.lock:
            self.live.append(victim)
        self._until(lambda: victim.called(accepted=True) >= BEFORE, victim)
        time.sleep(rng.uniform(0, 0.002))
        next(story)
        victim.revoked = time.monotonic()
        self._until(lambda: sum(1 for began, _ in victim.calls if began > victim.revoked) >= AFTER, victim)
        with self.lock:
            self.live.remove(victim)
            self.done.append(victim)
        next(story)

    def _until(self, done, victim):
        end = time.monotonic() + PATIENCE_SECONDS
        while not done():
            if self.over.is_set() or time.monotonic() > end:
                raise AssertionError(
                    f"{victim.kind}: {len(victim.calls)} calls, and none of those that were waited for"
                )
            time.sleep(0.0005)

    def too_late(self):
        """Calls that began after their revocation was acknowledged, and were accepted all the same: by kind."""
        return Counter(
            victim.kind
            for victim in self.done
            for began, accepted in victim.calls
            if accepted and began > victim.revoked
        )


def history(data, revocations, command=KEYREEVE):
    """So many revocations on a new server, and what was called meanwhile."""
    credentials = administrator(data)
    process = Process(data, command)
    try:
        with Client(process.port, credentials) as client:
            account = client.call("GetCallerIdentity", {}, "sts").find(".//{*}Account").text
        told = History(process.port, credentials, account)
        shares = [len(range(number, revocations, REVOKERS)) for number in range(REVOKERS)]
        revokers = [
            told.guarded(told.revoke, number, share, random.Random(number))  # noqa: S311
            for number, share in enumerate(shares)
        ]
        callers = [told.guarded(told.call_on, random.Random(100 + number)) for number in range(CALLERS)]  # noqa: S311
        for thread in (*callers, *revokers):
            thread.start()
        for thread in revokers:
            thread.join()
        told.over.set()
        for thread in callers:
            thread.join()
    finally:
        process.kill()
    if told.failures:
        raise told.failures[0]
    return told


def test_nothing_is_accepted_after_it_was_revoked(tmp_path):
    told = history(tmp_path / "data", REVOCATIONS)
    kinds = Counter(victim.kind for victim in told.done)
    calls = sum(len(victim.calls) for victim in told.done)
    print(f"{len(told.done)} revocations, {calls} calls, too late: {dict(told.too_late())}")  # noqa: T201
    assert len(told.done) == REVOCATIONS
    assert set(kinds) == {kind.__name__ for kind in KINDS}
    assert not told.too_late()


def test_a_server_that_remembers_is_found(tmp_path):
    told = history(tmp_path / "data", len(KINDS) * REVOKERS, CACHED)
    assert set(told.too_late()) == {kind.__name__ for kind in KINDS}
