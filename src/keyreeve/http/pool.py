"""The pool: slow work of requests (password hashes, keys), in a few threads beside the event loop.

Only what is proven and allowed comes this far. The bound on what runs bounds memory (a password hash takes 64 MiB),
the bound on what waits bounds time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

RUNNING = 2
WAITING = 62

Resume = Callable[[Callable[[], object]], None]


class Full(Exception):
    """As much work waits as may."""


class Pool:
    """Runs jobs. `jobs` counts those that run or wait; all but the work itself happens in the event loop's thread."""

    def __init__(self) -> None:
        self.jobs = 0
        self._threads = ThreadPoolExecutor(RUNNING, thread_name_prefix="slow")

    def run(self, work: Callable[[], object], resume: Resume) -> None:
        """Have work done, then call `resume` with what gives its result or raises its exception. Raises Full."""
        if self.jobs >= RUNNING + WAITING:
            raise Full
        self.jobs += 1
        loop = asyncio.get_running_loop()
        self._threads.submit(work).add_done_callback(partial(self._tell, loop, resume))

    def stop(self) -> None:
        """Take no more work, and drop what did not begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _tell(self, loop: asyncio.AbstractEventLoop, resume: Resume, future: Future[object]) -> None:
        """Bring the news to the loop. One that has closed has nobody left to tell."""
        try:
            loop.call_soon_threadsafe(self._resume, resume, future)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _resume(self, resume: Resume, future: Future[object]) -> None:
        self.jobs -= 1
        if not future.cancelled():
            resume(future.result)
