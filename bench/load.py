"""The load: a process of its own that sends requests made ahead over connections that are kept.

Reads a pickled `Job` from standard input, writes what it measured to standard output as JSON.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from collections import deque
from dataclasses import dataclass, field

import uvloop


@dataclass(frozen=True)
class Job:
    """Requests for a server on this machine, to be sent once each in this order, `concurrency` at a time."""

    port: int
    concurrency: int
    requests: list[bytes]


@dataclass
class Tally:
    """What is still to be sent, and what came back."""

    left: deque[bytes]
    done: asyncio.Future[None]
    open: int = 0
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def closed(self) -> None:
        """One connection has nothing more to do."""
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request. A server that closes is connected to again."""

    transport: asyncio.Transport

    def __init__(self, tally: Tally, port: int) -> None:
        self.tally, self.port = tally, port
        self.buffer = bytearray()
        self.needed = 0
        self.started = 0.0
        self.waiting = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self.transport = transport
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Go on with a new connection, as an SDK's pool does; an answer that did not come is a failure."""
        if self.waiting:
            self.tally.failures.append(f"the connection was closed: {exc!r}")
        if self.tally.left and not self.tally.failures:
            loop = asyncio.get_running_loop()
            self.again = loop.create_task(loop.create_connection(lambda: self, "127.0.0.1", self.port))
        else:
            self.tally.closed()

    def data_received(self, data: bytes) -> None:
        """Collect an answer; once it is whole, send the next request."""
        self.buffer += data
        if not self.needed:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            lowered = bytes(self.buffer[:head]).lower()
            self.needed = head + 4 + int(lowered.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            self.closes = b"connection: close" in lowered
        if len(self.buffer) >= self.needed:
            self._whole()

    def _whole(self) -> None:
        self.tally.seconds.append(time.perf_counter() - self.started)
        if self.buffer[9:12] != b"200":
            self.tally.failures.append(bytes(self.buffer[:2000]).decode(errors="replace"))
        self.buffer.clear()
        self.needed = 0
        self.waiting = False
        if self.closes:
            self.transport.close()
        else:
            self._next()

    def _next(self) -> None:
        if not self.tally.left or self.tally.failures:
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.waiting = True
        self.transport.write(self.tally.left.popleft())


async def run(job: Job) -> dict[str, object]:
    """Send everything; the number of answers, the seconds, percentiles in milliseconds, and the first failures."""
    loop = asyncio.get_running_loop()
    tally = Tally(deque(job.requests), loop.create_future(), open=job.concurrency)
    started = time.perf_counter()
    for _ in range(job.concurrency):
        await loop.create_connection(lambda: Connection(tally, job.port), "127.0.0.1", job.port)
    await tally.done
    seconds = time.perf_counter() - started
    ordered = sorted(tally.seconds)
    return {
        "answers": len(ordered),
        "seconds": seconds,
        "p50_ms": ordered[len(ordered) // 2] * 1e3,
        "p99_ms": ordered[len(ordered) * 99 // 100] * 1e3,
        "failures": tally.failures[:3],
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(pickle.load(sys.stdin.buffer)))))  # noqa: S301  from run.py, which started us
