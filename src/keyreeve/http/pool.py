"""The pools: slow work of requests, in a few threads beside the event loop.

One is for what is proven and allowed (password hashes, keys), the others for strangers: one for each operation that has
a proof which takes time, SAML's or web identity's. So nobody who has proved nothing can keep others waiting, an address
only itself, and an issuer that is slow to answer no proof of another kind.
The bound on what runs bounds memory (a password hash takes 64 MiB), the bound on what waits bounds time.

Who asks for much waits for it. Each account has a line of its own (where no account stands for the work, each address),
and the lines take turns.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from keyreeve.http.limits import LOOPBACK, LOOPBACK_FACTOR, neighbourhood

RUNNING = 2
WAITING = 126
"""An account may have half of the places."""

STRANGERS_RUNNING = 8
STRANGERS_AT_ONCE = 2
"""Jobs of one line that run: an account may name issuers that never answer, which takes a thread five seconds each."""

STRANGERS_WAITING = 56
STRANGERS_FROM_ONE_ADDRESS = 16

Resume = Callable[[Callable[[], object]], None]


class Full(Exception):
    """As much work waits as may."""


@dataclass(slots=True, eq=False)
class _Job:
    """Work, the line whose turn it runs in (empty: it waits), and who is told when it has run, with the address."""

    work: Callable[[], object]
    turn: str = ""
    told: list[tuple[Resume, str]] = field(default_factory=list)


class Pool:
    """Runs jobs: `most` at a time or waiting, `at_once` of one line, and so many `from_one` address.

    From this machine it is `loopback` times as many. An account has no more jobs than there are places left, so that no
    few of them take all. `peers` counts the requests that wait for a job. All but the work itself happens in the event
    loop's thread.
    """

    def __init__(
        self,
        running: int = RUNNING,
        waiting: int = WAITING,
        from_one: int | None = None,
        at_once: int | None = None,
        loopback: int = LOOPBACK_FACTOR,
    ) -> None:
        self.loopback = loopback
        self.most = running + waiting
        self.from_one = self.most if from_one is None else from_one
        self.at_once = running if at_once is None else at_once
        self.peers: Counter[str] = Counter()
        self._jobs: dict[Hashable, _Job] = {}
        self._lines: dict[str, dict[Hashable, _Job]] = {}
        """What waits, in the order of turns and in each line of arrival."""
        self._turns: Counter[str] = Counter()
        """What runs, by the line whose turn it is."""
        self._idle = running
        self._threads = ThreadPoolExecutor(running, thread_name_prefix="slow")

    @classmethod
    def of_strangers(cls, loopback: int = LOOPBACK_FACTOR) -> Pool:
        """The pool of those who have proved nothing yet."""
        return cls(STRANGERS_RUNNING, STRANGERS_WAITING, STRANGERS_FROM_ONE_ADDRESS, STRANGERS_AT_ONCE, loopback)

    def run(
        self,
        work: Callable[[], object],
        resume: Resume,
        peer: str,
        account_id: str = "",
        same: Hashable | None = None,
    ) -> None:
        """Have work done, then call `resume` with what gives its result or raises its exception. Raises Full.

        `account_id` is whose line it waits in. What is the `same` as a job that runs or waits is not done again: both
        have its result, at the first turn of either's line.
        """
        name = neighbourhood(peer)
        factor = self.loopback if name == LOOPBACK else 1
        key = object() if same is None else same
        line = self._lines.get(account_id or name, {})
        job = self._jobs.get(key)
        if self.peers[name] >= self.from_one * factor or (job is not None and len(job.told) >= self.most):
            raise Full
        if job is None or not (job.turn or key in line):
            self._check_room(account_id, len(line))
            job = self._jobs.setdefault(key, _Job(work))
            self._lines.setdefault(account_id or name, line)[key] = job
        job.told.append((resume, name))
        self.peers[name] += 1
        self._begin()

    def stop(self) -> None:
        """Take no more work, and drop what did not begin."""
        self._lines.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def jobs(self) -> int:
        """Requests whose work runs or waits."""
        return self.peers.total()

    def _check_room(self, account_id: str, waiting: int) -> None:
        """Raise Full where no place is left, or the account has as many as are left."""
        left = self.most - len(self._jobs)
        if not left or (account_id and waiting + self._turns[account_id] >= left):
            raise Full

    def _begin(self) -> None:
        """Begin what threads are idle for: the first job of the first line that may have one more run."""
        while self._idle:
            turn = next((name for name in self._lines if self._turns[name] < self.at_once), None)
            if turn is None:
                return
            key, job = next(iter(self._lines[turn].items()))
            self._lines[turn] = self._lines.pop(turn)  # its next turn comes after everybody's
            self._leave(key)
            job.turn = turn
            self._turns[turn] += 1
            self._idle -= 1
            ended = partial(self._ended, key, job)
            self._threads.submit(job.work).add_done_callback(partial(self._tell, asyncio.get_running_loop(), ended))

    def _leave(self, key: Hashable) -> None:
        """Take a job out of the lines."""
        for line in self._lines.values():
            line.pop(key, None)
        self._lines = {name: line for name, line in self._lines.items() if line}

    def _tell(
        self, loop: asyncio.AbstractEventLoop, ended: Callable[[Future[object]], None], future: Future[object]
    ) -> None:
        """Bring the news to the loop. One that has closed has nobody left to tell."""
        try:
            loop.call_soon_threadsafe(ended, future)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _ended(self, key: Hashable, job: _Job, future: Future[object]) -> None:
        del self._jobs[key]
        self._idle += 1
        self._turns -= Counter([job.turn])
        self.peers -= Counter(name for _, name in job.told)
        self._begin()
        if not future.cancelled():
            for resume, _ in job.told:
                asyncio.get_running_loop().call_soon(resume, future.result)
