"""The pools: slow work of requests, in a few threads beside the event loop.

One is for what is proven and allowed (password hashes, keys), the others for strangers: one for each operation that has
a proof which takes time, SAML's or web identity's. So nobody who has proved nothing can keep others waiting, an address
only itself, and an issuer that is slow to answer no proof of another kind.
The bound on what runs bounds memory (a password hash takes 64 MiB), the bound on what waits bounds time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from keyreeve.http.limits import neighbourhood

RUNNING = 2
WAITING = 62

STRANGERS_RUNNING = 4
STRANGERS_WAITING = 60
STRANGERS_FROM_ONE_ADDRESS = 16

Resume = Callable[[Callable[[], object]], None]


class Full(Exception):
    """As much work waits as may."""


class Pool:
    """Runs jobs: `most` at a time or waiting, and so many `from_one` address, times its factor.

    `jobs` counts those that run or wait; all but the work itself happens in the event loop's thread.
    """

    def __init__(self, running: int = RUNNING, waiting: int = WAITING, from_one: int | None = None) -> None:
        self.jobs = 0
        self.most = running + waiting
        self.from_one = self.most if from_one is None else from_one
        self.peers: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(running, thread_name_prefix="slow")

    @classmethod
    def of_strangers(cls) -> Pool:
        """The pool of those who have proved nothing yet."""
        return cls(STRANGERS_RUNNING, STRANGERS_WAITING, STRANGERS_FROM_ONE_ADDRESS)

    def run(self, work: Callable[[], object], resume: Resume, peer: str) -> None:
        """Have work done, then call `resume` with what gives its result or raises its exception. Raises Full."""
        name, factor = neighbourhood(peer)
        if self.jobs >= self.most or self.peers[name] >= self.from_one * factor:
            raise Full
        self.jobs += 1
        self.peers[name] += 1
        loop = asyncio.get_running_loop()
        self._threads.submit(work).add_done_callback(partial(self._tell, loop, partial(self._resume, resume, name)))

    def stop(self) -> None:
        """Take no more work, and drop what did not begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _tell(
        self, loop: asyncio.AbstractEventLoop, resume: Callable[[Future[object]], None], future: Future[object]
    ) -> None:
        """Bring the news to the loop. One that has closed has nobody left to tell."""
        try:
            loop.call_soon_threadsafe(resume, future)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _resume(self, resume: Resume, name: str, future: Future[object]) -> None:
        self.jobs -= 1
        self.peers[name] -= 1
        if not self.peers[name]:
            del self.peers[name]
        if not future.cancelled():
            resume(future.result)
