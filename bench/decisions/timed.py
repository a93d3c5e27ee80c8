"""One engine, one work, in a process of its own: what a decision takes, what compiling takes, and what came out.

The work comes on standard input; the answer is one JSON object. A call goes from the request as the engine's users have
it to the verdict. CPU is measured in groups of calls (a reading of that clock takes as long as a decision), wall time
call by call; the clock's own time is taken off.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Protocol

GROUP, GROUP_US = 32, 500.0
"""Calls whose CPU is measured together: so many, or as many as take so long."""


class Engine(Protocol):
    """An engine that has read a work."""

    def request(self, plain: dict[str, Any]) -> Any:
        """The request as users of this engine write it."""

    def decide(self, request: Any) -> str:
        """`allowed` or `denied`: what is timed."""


def run(name: str, version: str, prepare: Callable[[dict[str, Any]], Engine]) -> None:
    """Read a work, time it, print what was measured."""
    given = json.load(sys.stdin)
    before, started = resident(), time.process_time()
    engine = prepare(given)
    compiled, after = time.process_time() - started, resident()
    texts = [json.dumps(plain) for plain in given["requests"]]
    first, _ = timed(engine, firsts(given["requests"]), given["warm"], 1, passes=1)
    answers = [engine.decide(engine.request(json.loads(text))) for text in texts[:100]]
    group = min(GROUP, max(1, int(GROUP_US / median(first))))
    each, walls = timed(engine, texts, given["seconds"], group)
    report = {
        "engine": name,
        "version": version,
        "cpu_us": median(each),
        "p99_us": quantiles(walls, n=100)[98],
        "first_us": median(first),
        "calls": len(walls),
        "answers": answers,
        "compile_us_per_policy": compiled / len(given["policies"]) * 1e6,
        "bytes_per_policy": (after - before) / len(given["policies"]),
    }
    print(json.dumps(report))


def firsts(requests: list[dict[str, Any]]) -> list[str]:
    """The first request of each principal about each action."""
    found: dict[tuple[str, str], str] = {}
    for plain in requests:
        found.setdefault((plain["principal"]["arn"], plain["action"]), json.dumps(plain))
    return list(found.values())


def timed(
    engine: Engine, texts: list[str], seconds: float, size: int, passes: int = 1_000_000
) -> tuple[list[float], list[float]]:
    """Microseconds of CPU of a call, for each group, and of wall time of each call; for so many seconds.

    The requests of a group are made just before, as they would be by whoever reads them from a socket.
    """
    cpu: list[float] = []
    walls: list[float] = []
    clock, end = time.perf_counter_ns, time.monotonic() + seconds
    empty = sorted(-clock() + clock() for _ in range(2000))[1000]
    while time.monotonic() < end and passes:
        passes -= 1
        for start in range(0, len(texts), size):
            group = [engine.request(json.loads(text)) for text in texts[start : start + size]]
            decide = engine.decide
            begun = time.thread_time_ns()
            for request in group:
                decide(request)
            cpu.append((time.thread_time_ns() - begun) / len(group) / 1000)
            for request in group:
                began = clock()
                decide(request)
                walls.append((clock() - began - empty) / 1000)
            if time.monotonic() > end:
                break
    return cpu, walls * 2


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
