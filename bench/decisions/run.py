"""The decision engine beside its peers, in one run: CPU of a decision, p99, growth, compile cost, memory, the nastiest.

    make bench-engine                     everything, three rounds of every engine in turns
    make bench-engine ARGS=--quick        one short round
    make bench-engine ARGS="--json"       for a machine to read

Every engine is a process of its own that is told the same work and answers the same requests; what it answers is
compared as well. A decision goes from the request as the engine's users write it (plain data) to the verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.decisions import works
from bench.machine import machine, say
from tests.policy import nasty

from keyreeve import policy

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-bench/bin/python"
NODE = ROOT / "bench/decisions/node"
ENGINES = {
    "keyreeve": [sys.executable, "-m", "bench.decisions.keyreeve_"],
    "keyreeve, compiled": [str(PEERS), "-m", "bench.decisions.keyreeve_"],
    "cedarpy": [str(PEERS), "-m", "bench.decisions.cedar"],
    "vakt": [str(PEERS), "-m", "bench.decisions.vakt_"],
    "moto": [str(PEERS), "-m", "bench.decisions.moto_"],
    "iam-simulate": ["node", str(NODE / "simulate.mjs"), "runUnsafeSimulation"],
    "iam-simulate, checking": ["node", str(NODE / "simulate.mjs"), "runSimulation"],
}
CANNOT = {("moto", "d"): "moto's evaluator knows no boundary, session policy or SCP"}
LOOSELY = {"moto": "without the conditions, which its evaluator does not ask of requests"}
AIMS = {
    "a": {"us": 3.0, "cedarpy": 30, "iam-simulate, checking": 150},
    "b": {"iam-simulate, checking": 1500},
    "c": {"cedarpy": 300},
}
"""Microseconds at most, and times a peer's at least."""

GROWTH: tuple[tuple[str, float, Callable[[], works.Work], Callable[[], works.Work]], ...] = (
    ("1,000 times the principals", 3.0, lambda: works.many(principals=10), works.many),
    ("100 times the policies", 2.5, lambda: works.many(1000, pool=100), lambda: works.many(1000, pool=10_000)),
    ("10 times one's statements", 3.0, lambda: works.held_by_one(0), lambda: works.held_by_one(135)),
)
NASTY_MS = 10.0
WARM = 30.0
"""Seconds at most for asking everything once."""


def main() -> None:
    """Measure, and print what was measured."""
    options = _options()
    seconds, rounds = (0.5, 1) if options.quick else (3.0, 3)
    engines, missing = _present(options.engine)
    report: dict[str, Any] = {"machine": machine(), "missing": missing, "works": {}}
    for name, make in works.WORKS.items():
        if name in options.work:
            report["works"][name] = measured(name, make(), engines, seconds, rounds)
    if "keyreeve" in engines:
        report["growth"] = [grown(*each, seconds, rounds) for each in GROWTH]
        report["nasty_ms"] = nastiest()
    print(json.dumps(report, indent=2) if options.json else told(report))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--work", default="abcd", help="letters of the works, default: %(default)s")
    parser.add_argument("--engine", default="", metavar="TEXT", help="only engines with this in their name")
    return parser.parse_args()


def _present(only: str) -> tuple[list[str], dict[str, str]]:
    """The engines that can be run here, and why the others cannot."""
    found, missing = [], {}
    for name, command in ENGINES.items():
        if only not in name:
            continue
        if command[0] == "node" and not (shutil.which("node") and (NODE / "node_modules").is_dir()):
            missing[name] = "node or the installed package is not there"
        elif command[0] == str(PEERS) and not PEERS.exists():
            missing[name] = "the environment of the peers is not there"
        elif name == "keyreeve, compiled" and not _is_compiled():
            missing[name] = "it could not be compiled here"
        else:
            found.append(name)
    return found, missing


def _is_compiled() -> bool:
    """Whether the engine in the peers' environment is the compiled one."""
    probe = "from keyreeve.policy import evaluate; raise SystemExit(evaluate.__file__.endswith('.py'))"
    return subprocess.run([PEERS, "-c", probe], check=False, capture_output=True, cwd=PEERS.parent).returncode == 0


def asked(name: str, work: works.Work, seconds: float) -> dict[str, Any]:
    """One round of one engine."""
    # What is cold is told by itself; where a decision takes microseconds, every request is then asked once beforehand.
    warm = WARM if name.startswith("keyreeve") else seconds
    given = json.dumps({**work, "seconds": seconds, "warm": warm})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        ENGINES[name], input=given, capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    if ran.returncode:
        sys.exit(f"{name}: {ran.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def measured(letter: str, work: works.Work, engines: list[str], seconds: float, rounds: int) -> list[dict[str, Any]]:
    """A work on every engine, in turns; the medians of the rounds."""
    able = [name for name in engines if (name, letter) not in CANNOT]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in able}
    for number in range(rounds):
        for name in able:
            say(f"({letter}) {name}, round {number + 1}")
            found[name].append(asked(name, work, seconds))
    right = found[able[0]][0]["answers"]
    return [
        {
            "engine": name,
            "version": each[0]["version"],
            **{figure: median(one[figure] for one in each) for figure in FIGURES if all(figure in one for one in each)},
            "same_answers": sum(map(str.__eq__, right, each[0]["answers"])) / len(right),
        }
        for name, each in found.items()
    ]


FIGURES = ("cpu_us", "p99_us", "first_us", "compile_us_per_policy", "bytes_per_policy")


def grown(
    what: str,
    most: float,
    small: Callable[[], works.Work],
    large: Callable[[], works.Work],
    seconds: float,
    rounds: int,
) -> dict[str, Any]:
    """How many times the CPU of a decision grows, the two measured in turns."""
    say(what)
    works_ = small(), large()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, found in zip(works_, times, strict=True):
            found.append(asked("keyreeve", work, seconds)["cpu_us"])
    before, after = map(median, times)
    return {"what": what, "from_us": before, "to_us": after, "times": after / before, "at_most": most}


def nastiest() -> dict[str, float]:
    """Milliseconds of CPU of the longest and nastiest policies, the best of five with a resource of their own each."""
    say("the nastiest policies")
    alice = policy.Principal("user", works.ACCOUNT, works.user()["arn"])
    found = {}
    for name in nasty.STATEMENTS:
        document = policy.parse(nasty.document(name), policy.Kind.INLINE)
        times = []
        for number in range(5):
            request = policy.Request(alice, "s3:GetObject", nasty.RESOURCE[number:], nasty.CONTEXT)
            held = policy.Policies(identity=(policy.Policy(document, "identity", name),))
            started = time.process_time()
            policy.decide(request, held)
            times.append((time.process_time() - started) * 1000)
        found[name] = min(times)
    return found


def told(report: dict[str, Any]) -> str:
    """The report for people."""
    about = report["machine"]
    lines = [f"{about['date']}, {about['cpu']}, {about['cores']} cores, Python {about['python']}"]
    lines += [f"not measured: {name}: {why}" for name, why in report["missing"].items()]
    for letter, rows in report["works"].items():
        lines += ["", *_table(letter, rows)]
    if "growth" in report:
        lines += ["", *(_grown(each) for each in report["growth"])]
        worst = max(report["nasty_ms"], key=report["nasty_ms"].__getitem__)
        most = report["nasty_ms"][worst]
        met = "ok" if most < NASTY_MS else "MISSED"
        lines.append(f"the nastiest of {len(report['nasty_ms'])} policies: {most:.1f} ms ({worst}), under 10: {met}")
    return "\n".join(lines)


def _table(letter: str, rows: list[dict[str, Any]]) -> list[str]:
    title = works.WORKS[letter].__doc__ or letter
    lines = [
        title,
        (
            f"  {'':24}{'CPU, µs':>11}{'times':>9}{'at least':>13}{'p99, µs':>11}{'first, µs':>11}"
            f"{'compile, µs':>13}{'bytes':>9}{'same':>7}"
        ),
    ]
    ours = rows[0]["cpu_us"]
    for row in rows:
        name = row["engine"]
        times = row["cpu_us"] / ours
        aim = AIMS.get(letter, {}).get(name)
        wanted = f"{aim:g} {'ok' if times >= aim else 'MISSED'}" if aim else ""
        if row is rows[0] and "us" in AIMS.get(letter, {}):
            wanted = f"<{AIMS[letter]['us']:g} {'ok' if ours < AIMS[letter]['us'] else 'MISSED'}"
        compile_us, size = row.get("compile_us_per_policy"), row.get("bytes_per_policy")
        lines.append(
            f"  {name:24}{row['cpu_us']:11.1f}{times:9.1f}{wanted:>13}{row['p99_us']:11.0f}{row['first_us']:11.1f}"
            f"{'' if compile_us is None else f'{compile_us:.0f}':>13}{'' if size is None else f'{size:.0f}':>9}"
            f"{row['same_answers']:7.0%}"
        )
    names = {row["engine"] for row in rows}
    lines += [f"  {name}: {why}" for name, why in LOOSELY.items() if name in names]
    return [*lines, *(f"  not {name}: {why}" for (name, at), why in CANNOT.items() if at == letter)]


def _grown(row: dict[str, Any]) -> str:
    met = "ok" if row["times"] <= row["at_most"] else "MISSED"
    return (
        f"{row['what']}: {row['from_us']:.1f} to {row['to_us']:.1f} µs, {row['times']:.2f} times,"
        f" at most {row['at_most']:g}: {met}"
    )


if __name__ == "__main__":
    main()
