"""Keyreeve and moto's server side by side, in one run: CPU per request, latencies, start, memory.

    make bench                 everything, three slices of each workload, in turns
    make bench ARGS=--quick    one small slice of each
    make bench ARGS="--json"   for a machine to read

Each server is a process of its own with its defaults, the load a third; 32 requests are under way at any time.
Keyreeve checks signatures, authorises, records events and saves durably; moto does none of these by default.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import servers
from machine import machine, say
from servers import Measured, Server
from workloads import WORKLOADS, Workload, setup

SLICES = 3
STARTS = 5
USERS_IN_MEMORY = 4900
"""Just under the quota of an account; the figure is scaled to 10,000."""


def main() -> None:
    """Measure, and print what was measured."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers = (
            lambda: servers.keyreeve(folder, options.keyreeve),
            lambda: servers.moto(folder, options.moto),
        )
        report = {
            "machine": machine(),
            "operations": operations(makers, options),
            "start_seconds": starts(makers, 2 if options.quick else STARTS),
            "bytes_per_10000_users": memory(makers, 1000 if options.quick else USERS_IN_MEMORY),
        }
    print(json.dumps(report, indent=2) if options.json else told(report))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0], epilog="It needs some minutes, and a machine that does nothing else."
    )
    parser.add_argument("--quick", action="store_true", help="one slice of each workload, a quarter of its size")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", metavar="TEXT", default="", help="only workloads with this in their name")
    parser.add_argument("--keyreeve", metavar="COMMAND", default=servers.KEYREEVE, help="default: %(default)s")
    parser.add_argument("--moto", metavar="COMMAND", default=servers.MOTO, help="default: %(default)s")
    return parser.parse_args()


Makers = tuple[Callable[[], Server], Callable[[], Server]]


def operations(makers: Makers, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every workload, on both servers in turns."""
    rows = []
    with makers[0]() as keyreeve, makers[1]() as moto:
        for server in (keyreeve, moto):
            server.load(setup(server.account))
        for workload in WORKLOADS:
            if options.only.lower() in workload.name.lower():
                say(workload.name)
                rows.append(compared(workload, keyreeve, moto, quick=options.quick))
    return rows


def compared(workload: Workload, keyreeve: Server, moto: Server, *, quick: bool) -> dict[str, Any]:
    """A workload's slices on both servers, in turns; the medians."""
    slices, share = (1, 4) if quick else (SLICES, 1)
    ours, theirs = [], []
    for number in range(slices):
        ours.append(sliced(keyreeve, workload, number, workload.keyreeve // share))
        theirs.append(sliced(moto, workload, number, workload.moto // share))
    return {
        "name": workload.name,
        "keyreeve": medians(ours),
        "moto": medians(theirs),
        "ratio": median(slice_.cpu_us for slice_ in theirs) / median(slice_.cpu_us for slice_ in ours),
        "at_least": workload.at_least,
        "aim": workload.aim,
    }


def sliced(server: Server, workload: Workload, number: int, count: int) -> Measured:
    """One slice; calls are numbered on from one to the next, so that no name comes twice. Undoing is not measured."""
    numbers = range(number * count, (number + 1) * count)
    found = server.load([workload.call(at, server.account) for at in numbers])
    if workload.undo is not None:
        server.load([workload.undo(at, server.account) for at in numbers])
    return found


def medians(slices: list[Measured]) -> dict[str, float]:
    """The median of each figure, but all answers."""
    figures = {name: median(asdict(slice_)[name] for slice_ in slices) for name in asdict(slices[0])}
    return {**figures, "answers": sum(slice_.answers for slice_ in slices)}


def starts(makers: Makers, count: int) -> dict[str, float]:
    """Median seconds from the start of the process to its first answer, a signed GetCallerIdentity."""
    say("start")
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(count):
        for make, found in zip(makers, seconds, strict=True):
            with make() as server:
                found.append(server.start_seconds)
    return dict(zip(("keyreeve", "moto"), map(median, seconds), strict=True))


def memory(makers: Makers, users: int) -> dict[str, float]:
    """Bytes that become resident while users are created, scaled to 10,000."""
    say("memory")
    grown = []
    for make in makers:
        with make() as server:
            server.load([("sts", "GetCallerIdentity", {})] * 300)  # so that threads and buffers are there already
            before = server.resident_bytes()
            server.load([("iam", "CreateUser", {"UserName": f"user{number}"}) for number in range(users)])
            grown.append((server.resident_bytes() - before) / users * 10_000)
    return dict(zip(("keyreeve", "moto"), grown, strict=True))


def told(report: dict[str, Any]) -> str:
    """The report as a table."""
    where = report["machine"]
    both = f"{'keyreeve':>17}{'moto':>17}{'keyreeve':>10}{'moto':>6}"
    lines = [
        f"{where['date']}, {where['cores']} cores of {where['cpu']}, Python {where['python']}, {where['system']}",
        "",
        f"{'':18}{'CPU per request, µs':^20}{'moto takes':^22}{'p50 / p99, ms':^34}{'requests/s':^16}",
        f"{'':18}{'keyreeve':>10}{'moto':>10}{'times':>10}{'at least':>12}{both}",
    ]
    for row in report["operations"]:
        ours, theirs = row["keyreeve"], row["moto"]
        wanted = f"{row['at_least']:.0f} {'ok' if row['ratio'] >= row['at_least'] else 'MISSED'}"
        lines.append(
            f"{row['name']:18}{ours['cpu_us']:10.0f}{theirs['cpu_us']:10.0f}{row['ratio']:10.1f}"
            f"{wanted if row['at_least'] else '':>12}"
            f"{ours['p50_ms']:8.1f} / {ours['p99_ms']:6.1f}{theirs['p50_ms']:8.0f} / {theirs['p99_ms']:6.0f}"
            f"{ours['per_second']:10.0f}{theirs['per_second']:6.0f}"
        )
    start, size = report["start_seconds"], report["bytes_per_10000_users"]
    lines += [
        "",
        f"start to first answer: keyreeve {start['keyreeve']:.2f} s, moto {start['moto']:.2f} s",
        f"memory per 10,000 users: keyreeve {size['keyreeve'] / 1e6:.0f} MB, moto {size['moto'] / 1e6:.0f} MB",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
