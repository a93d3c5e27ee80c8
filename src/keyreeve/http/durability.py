"""Durability: resuming on the event loop what waits for another thread to store a revision."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyreeve.http.door import Door

Resume = Callable[[BaseException | None], None]


@dataclass(slots=True, eq=False)
class Wait:
    """Something that waits; `resume` is called once, with None when the revision is durable."""

    resume: Resume
    deadline: float


class Durability:
    """What waits for revisions. All but `_tell` runs in the event loop's thread.

    `newest` is the newest revision that was waited for. News from the writer's thread are collected, so that one group
    of commits wakes the loop once.
    """

    def __init__(self, door: Door, seconds: float) -> None:
        self.door = door
        self.seconds = seconds
        self.waiting: set[Wait] = set()
        self.newest = 0
        self.news: deque[tuple[Wait, BaseException | None]] = deque()
        self.woken = False
        self.kicking = False

    def then(self, revision: int, resume: Resume) -> None:
        """Resume when the revision is durable (perhaps at once), has failed, or nothing was heard of it in time."""
        if revision <= self.door.durable:
            resume(None)
            return
        loop = asyncio.get_running_loop()
        wait = Wait(resume, loop.time() + self.seconds)
        self.waiting.add(wait)
        self.newest = max(self.newest, revision)
        self.door.wait(revision, partial(self._tell, loop, wait))
        if not self.kicking:
            self.kicking = True
            loop.call_soon(self._kick)  # after all that came in with this request

    def _kick(self) -> None:
        self.kicking = False
        self.door.kick()

    async def reach(self, revision: int) -> None:
        """Return when the revision is durable; raise what kept it from being so."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.then(revision, partial(_settle, future))
        await future

    def tick(self, now: float) -> None:
        """Give up on what was not heard of in time; called now and then."""
        for wait in [wait for wait in self.waiting if wait.deadline <= now]:
            self._resume(wait, TimeoutError("nothing was heard of the revision in time"))

    def _tell(self, loop: asyncio.AbstractEventLoop, wait: Wait, error: BaseException | None) -> None:
        """Take the news, in any thread. A loop that has closed has nobody left to tell."""
        self.news.append((wait, error))
        if self.woken:
            return
        self.woken = True
        try:
            loop.call_soon_threadsafe(self._hear)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _hear(self) -> None:
        self.woken = False  # before looking: what comes from here on wakes the loop again
        while self.news:
            self._resume(*self.news.popleft())

    def _resume(self, wait: Wait, error: BaseException | None) -> None:
        if wait in self.waiting:
            self.waiting.remove(wait)
            wait.resume(error)


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
