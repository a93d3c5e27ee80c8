"""One connection: requests in, answers out, in order and in time.

Requests and refusals stand in one queue, so that nothing overtakes a whole request. A refusal is AWS's error document
and ends the connection.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import httptools

from keyreeve import faults
from keyreeve.http import refusals
from keyreeve.http.incoming import Incoming
from keyreeve.http.limits import Bodies
from keyreeve.http.proxies import plain
from keyreeve.http.render import render
from keyreeve.logs import logger
from keyreeve.wire.exchange import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyreeve.http.limits import Connections, Limits

LOG = logger("http")


class Application(Protocol):
    """What answers the requests of a connection."""

    def serve(self, request: Request, reply: Callable[[Answer], None]) -> None:
        """Call `reply` exactly once, now or later, in the event loop's thread. Must not raise."""


@dataclass(slots=True)
class Shared:
    """What the connections of one address share. `date` is the Date header's line, kept current by the server.

    `answers` are written at the end of the loop's turn.
    """

    app: Application
    limits: Limits
    budget: Connections
    refused: Callable[[Answer, str], None] = lambda _answer, _peer: None
    date: str = ""
    connections: set[Connection] = field(default_factory=set)
    answers: list[tuple[asyncio.Transport, bytes]] = field(default_factory=list)
    bodies: Bodies = field(default_factory=Bodies)

    def write(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, answered: bytes) -> None:
        """Write an answer at the end of the loop's turn, with those of the other connections.

        A client on the same machine that is woken once for several answers costs a third less CPU per request than one
        that is woken for each.
        """
        if not self.answers:
            loop.call_soon(self.flush)
        self.answers.append((transport, answered))

    def flush(self) -> None:
        """Write what waits; to be called before a connection is closed."""
        answers, self.answers = self.answers, []
        for transport, answered in answers:
            if not transport.is_closing():
                transport.write(answered)


class Connection(asyncio.Protocol):
    """A connection. `deadline` is the loop's time at which its peer will have been too slow.

    `counted`: it was counted in before it was made, and found to be within the limits.
    """

    transport: asyncio.Transport
    incoming: Incoming

    def __init__(self, shared: Shared, loop: asyncio.AbstractEventLoop, *, counted: bool = False) -> None:
        self.shared = shared
        self.counted = counted
        self.made = False
        self.limits = shared.limits
        self.loop = loop
        self.peer = ""
        self.deadline = math.inf
        self.queue: deque[tuple[Request | Answer, bool]] = deque()
        self.busy = False  # an answer is awaited
        self.full = False  # the peer does not read what we write
        self.deaf = False  # nothing more is heard: refused, upgraded, or stopping
        self.held = False  # reading is paused
        self.lost = False
        self.keep_alive = True
        self.head_only = False
        self.body_bytes = 0  # of the request that is being answered

    # The life of the connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection in, or refuse it."""
        self.transport = transport
        self.made = True
        peername = transport.get_extra_info("peername")
        self.peer = plain(str(peername[0])) if peername else ""
        secure = transport.get_extra_info("sslcontext") is not None
        self.incoming = Incoming(self.limits, self.shared.bodies, self.peer, secure, self._begun, self._whole)
        self.shared.connections.add(self)
        self._wait_for_peer(self.limits.request_seconds)
        if not (self.counted or self.shared.budget.enter(self.peer)):
            self._refuse(refusals.answer(faults.ServiceUnavailable("Too many connections.")))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's form
        """Count the connection out. An answer that is still awaited will be thrown away."""
        self.lost = self.deaf = True
        self.queue.clear()
        self.shared.connections.discard(self)
        self.shared.budget.leave(self.peer)
        self.incoming.let_go(self.incoming.held)
        del self.incoming  # it holds our methods

    def eof_received(self) -> bool:
        """The peer will send no more, but may still read what it asked for (not with TLS, which has no half-close)."""
        self.deaf = True
        return bool(self.busy or self.queue) and not self.incoming.secure

    def expire(self, now: float) -> None:
        """End the connection if its peer was too slow; called now and then for every connection."""
        if now < self.deadline:
            return
        if self.full or self.transport.is_closing():
            self.transport.abort()
        elif self.incoming.reading and not self.deaf:
            self._refuse(refusals.answer(refusals.RequestTimeout("The request did not arrive in time.")))
        else:
            self._close()

    def shutdown(self) -> None:
        """Close now, or after the requests that have begun."""
        if self.busy or self.queue or self.incoming.reading:
            self.keep_alive = False
        else:
            self._close()

    def pause_writing(self) -> None:
        """The peer does not read: nothing more is answered until it does, and it has only so long."""
        self.full = True
        self.deadline = self.loop.time() + self.limits.request_seconds

    def resume_writing(self) -> None:
        """The peer reads again."""
        self.full = False
        self._wait_for_peer(self.limits.keep_alive_seconds)
        self._advance()

    # Requests in.

    def data_received(self, data: bytes) -> None:
        """Take in what came, and answer the requests that it completes."""
        if self.deaf:
            return
        try:
            self.incoming.feed(data)
        except httptools.HttpParserUpgrade:
            self.deaf = True  # we speak HTTP/1.1 only: answer the request and hear nothing after it
        except httptools.HttpParserError:
            refusal = self.incoming.refusal
            self._refuse(refusal or refusals.answer(refusals.BadRequest("This is not a valid HTTP request.")))
        if self.incoming.awaits_continue() and not self.busy:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._advance()

    def _begun(self) -> None:
        self._wait_for_peer(self.limits.request_seconds)

    def _whole(self, request: Request, persists: bool) -> None:
        """A request is whole: from here on the time is ours."""
        if len(self.queue) >= self.limits.pipelined:
            self.incoming.stop(refusals.answer(faults.Throttling("Rate exceeded")))
        self.queue.append((request, persists))
        if not self.full:
            self.deadline = math.inf

    # Answers out.

    def _advance(self) -> None:
        """Have the next request answered, unless an answer is awaited or the peer does not read."""
        if self.queue and not (self.busy or self.full):
            item, persists = self.queue.popleft()
            self.busy = True
            self.keep_alive = self.keep_alive and persists
            if isinstance(item, Request):
                self.head_only = item.method == "HEAD"
                self.body_bytes = len(item.body)
                self.shared.app.serve(item, self._reply)
            else:
                self._reply(item)
        elif self.queue and not self.held:
            self.held = True
            self.transport.pause_reading()

    def _reply(self, answer: Answer) -> None:
        """Write an answer and turn to what is next."""
        if self.lost:
            return
        if self.deaf and not self.queue:
            self.keep_alive = False
        try:
            answered = render(answer, self.shared.date, close=not self.keep_alive, head_only=self.head_only)
        except (LookupError, ValueError):
            refusal = refusals.answer(faults.ServiceFailure("The request failed for an internal reason."))
            LOG.exception("answer cannot be written", request_id=refusals.request_id(refusal))
            answered = render(refusal, self.shared.date, close=not self.keep_alive)
        self.shared.write(self.loop, self.transport, answered)
        if self.queue:
            self.shared.flush()  # more was asked already: a peer that does not read must show before it is answered
        self.incoming.let_go(self.body_bytes)
        self.body_bytes = 0
        self.busy = self.head_only = False
        self._next()

    def _next(self) -> None:
        if not self.keep_alive:
            self._end()
        elif self.queue:
            self._advance()
        else:
            self._hear()
            reading = self.incoming.reading
            self._wait_for_peer(self.limits.request_seconds if reading else self.limits.keep_alive_seconds)

    def _refuse(self, refusal: Answer) -> None:
        """Answer this after what was asked before, and hear no more."""
        self.deaf = True
        self.incoming.drop()
        self.shared.refused(refusal, self.peer)
        self.queue.append((refusal, False))
        self._advance()

    def _end(self) -> None:
        """Close. When more may come it is read and thrown away for a moment: else a reset could destroy the answer."""
        self.shared.flush()
        self.queue.clear()
        if not self.deaf:
            self._close()
            return
        self._hear()
        self._wait_for_peer(self.limits.linger_seconds)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _close(self) -> None:
        self.shared.flush()
        self.deaf = True
        self.transport.close()
        self._wait_for_peer(self.limits.linger_seconds)

    def _hear(self) -> None:
        if self.held:
            self.held = False
            self.transport.resume_reading()

    def _wait_for_peer(self, seconds: float) -> None:
        """Give the peer this long; while it does not read what we wrote, its time runs on."""
        if not self.full:
            self.deadline = math.inf if self.busy else self.loop.time() + seconds
