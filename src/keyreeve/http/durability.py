"""Durability: resuming on the event loop what waits for another thread to store a revision."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from keyreeve.logs import logger

if TYPE_CHECKING:
    from keyreeve.http.door import Door

Resume = Callable[[BaseException | None], None]
LOG = logger("http")

ENOUGH = 64
"""When so many answers wait, their changes are saved, whoever else is about to come."""


@dataclass(slots=True, eq=False)
class Turn:
    """What came to wait one after the other, for revisions from `oldest` to `newest`.

    Each of `resumes` is called once: with None when all of them are durable. `deadline` is there once they are
    waited for.
    """

    oldest: int
    newest: int
    deadline: float = math.inf
    resumes: list[Resume] = field(default_factory=list)


class Durability:
    """What waits for revisions. All but `_tell` runs in the event loop's thread.

    `newest` is the newest revision that was waited for. What comes in turns of the loop that follow each other waits
    together, up to ENOUGH, and news from the writer's thread are collected, so that one group of commits wakes the loop
    once.
    """

    def __init__(self, door: Door, seconds: float) -> None:
        self.door = door
        self.seconds = seconds
        self.turn: Turn | None = None
        self.waiting: set[Turn] = set()
        self.newest = 0
        self.news: deque[tuple[Turn, BaseException | None]] = deque()
        self.woken = False

    @property
    def answers(self) -> int:
        """How many answers wait."""
        return sum(len(turn.resumes) for turn in self.waiting)

    def then(self, revision: int, resume: Resume) -> None:
        """Resume when the revision is durable (perhaps at once), has failed, or nothing was heard of it in time."""
        if revision <= self.door.durable:
            resume(None)
            return
        turn = self.turn
        if turn is None:
            loop = asyncio.get_running_loop()
            turn = self.turn = Turn(revision, revision)
            self.waiting.add(turn)
            loop.call_soon(self._gather, loop, turn, 0)
        turn.oldest, turn.newest = min(turn.oldest, revision), max(turn.newest, revision)
        turn.resumes.append(resume)

    def _gather(self, loop: asyncio.AbstractEventLoop, turn: Turn, seen: int) -> None:
        """Wait for another turn of the loop while each brings more: to save many costs hardly more than to save one."""
        here = len(turn.resumes)
        if seen < here < ENOUGH:
            loop.call_soon(self._gather, loop, turn, here)
        else:
            self._wait(loop, turn)

    def _wait(self, loop: asyncio.AbstractEventLoop, turn: Turn) -> None:
        self.turn = None
        turn.deadline = loop.time() + self.seconds
        self.newest = max(self.newest, turn.newest)
        self.woken = True  # we are: what is stored before `kick` returns is heard of below
        try:
            self.door.wait(turn.newest, partial(self._tell, loop, turn), turn.oldest)
            self.door.kick()
        finally:
            self._hear()

    async def reach(self, revision: int) -> None:
        """Return when the revision is durable; raise what kept it from being so."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.then(revision, partial(_settle, future))
        await future

    def tick(self, now: float) -> None:
        """Give up on what was not heard of in time; called now and then."""
        for turn in [turn for turn in self.waiting if turn.deadline <= now]:
            self._resume(turn, TimeoutError("nothing was heard of the revision in time"))

    def _tell(self, loop: asyncio.AbstractEventLoop, turn: Turn, error: BaseException | None) -> None:
        """Take the news, in any thread. A loop that has closed has nobody left to tell."""
        self.news.append((turn, error))
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

    def _resume(self, turn: Turn, error: BaseException | None) -> None:
        if turn not in self.waiting:
            return
        self.waiting.remove(turn)
        for resume in turn.resumes:
            try:
                resume(error)
            except Exception:
                LOG.exception("what waited for a revision failed when it was told")


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
