"""The engine against its slow twin: `make differential N=100000`, or with a seed `SEED=…`.

Cases come from a seed and their number, so every one can be had again: `--case seed:number`. With `--keep FILE` a run
that is interrupted goes on where it was.
"""

import argparse
import json
import multiprocessing
import secrets
import sys
import time
from pathlib import Path

from tests.differential import compare, hunt, kept, piece

SETS = 50
"""Sets of policies in a piece, which one process does at a time."""
PIECE = SETS * piece.REQUESTS
"""Cases in a piece."""
TOLD, SAVED = 10, 60
"""Seconds between two lines of progress, and between two writes of what is kept."""
SHOWN = 30
"""Disagreements that are made small and written."""


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def options(arguments):
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000, help=f"how many, rounded up to thousands ({PIECE})")
    asked.add_argument("--seed", default="")
    asked.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    asked.add_argument("--keep", type=Path, help="where to keep what is proven, and to go on from")
    asked.add_argument("--mutants", action="store_true", help="plant faults in the engine and see each one caught")
    asked.add_argument("--case", default="", help="seed:number of one case, to be shown with both answers")
    asked.add_argument("--into", type=Path, default=Path("build/differential"), help="where disagreements are written")
    return asked.parse_args(arguments)


def work(arguments):
    seed, number = arguments
    return number, *piece.run(seed, number * SETS, (number + 1) * SETS)


def results(seed, numbers, jobs):
    """What the pieces of a run come to, one after the other."""
    todo = [(seed, number) for number in numbers]
    if jobs == 1:
        yield from map(work, todo)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap_unordered(work, todo)


def report(into, seed, index, case):
    """Write a disagreement, made as small as it gets, into a case file.

    One that is none when the case is asked alone comes of what the engine remembered of the requests before: then the
    case file says so, and has the case as it was.
    """
    alone = compare.disagreement(case)
    small = compare.minimised(case) if alone else case
    ours, twins = compare.disagreement(small) or ("only after the requests before it of its set", "")
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{seed}-{index}.json"
    found = {"name": f"case {seed}:{index}", "engine": list(map(str, ours)) if alone else ours, "twin": twins, **small}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    say(f"disagreement at {seed}:{index}, see {path}\n{json.dumps(found, ensure_ascii=False)}")


def show(name):
    """One case, and where both sides differ on it."""
    seed, _, index = name.rpartition(":")
    case = piece.case(seed, int(index))
    say(json.dumps(case, indent=2, ensure_ascii=False))
    say(compare.disagreement(case))


def prove(asked, proven):
    """Run the pieces that are not done yet."""
    todo = [number for number in range(-(-asked.cases // PIECE)) if number not in proven.done]
    begun, before = time.monotonic(), proven.seconds
    told = saved = begun
    for done, (number, mix, found) in enumerate(results(proven.seed, todo, asked.jobs), 1):
        for index, case, _ in found[: max(SHOWN - proven.wrong, 0)]:
            report(asked.into, proven.seed, index, case)
        proven.add(number, mix, len(found))
        now = time.monotonic()
        proven.seconds = before + now - begun
        if now - told >= TOLD:
            told, rate = now, done / (now - begun)
            left = (len(todo) - done) / rate
            say(f"{proven.mix.cases} cases, {proven.wrong} disagreements, {rate * PIECE:.0f}/s, {left:.0f} s left")
        if now - saved >= SAVED:
            saved = now
            kept.save(asked.keep, proven)


def main(arguments=None):
    asked = options(arguments)
    if asked.mutants:
        return hunt.main(say)
    if asked.case:
        show(asked.case)
        return 0
    try:
        proven = kept.load(asked.keep, asked.seed)
    except kept.AnotherRunError as error:
        say(str(error))
        return 2
    proven.seed = proven.seed or secrets.token_hex(4)
    say(f"seed {proven.seed}, {asked.cases} cases, {proven.mix.cases} of them held before")
    try:
        prove(asked, proven)
    finally:
        kept.save(asked.keep, proven)
    for line in proven.mix.lines():
        say(line)
    rate = proven.mix.cases / max(proven.seconds, 1e-9)
    say(f"{proven.wrong} disagreements; {proven.seconds:.1f} s, {rate:.0f} cases a second")
    return 1 if proven.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
