"""The engine against its slow twin: `make differential N=100000`, or with a seed `SEED=…`.

Cases come from a seed and their number, so every one can be had again: `CASE=seed:number`.
"""

import argparse
import json
import multiprocessing
import secrets
import sys
import time
from pathlib import Path

from tests.differential import compare, hunt, piece
from tests.differential.tally import Tally

PIECE = 1000


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def options(arguments):
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0, help="number of the first case")
    asked.add_argument("--seed", default="")
    asked.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    asked.add_argument("--mutants", action="store_true", help="plant faults in the engine and see each one caught")
    asked.add_argument("--case", default="", help="seed:number of one case, to be shown made as small as it gets")
    asked.add_argument("--into", type=Path, default=Path("build/differential"), help="where disagreements are written")
    return asked.parse_args(arguments)


def work(arguments):
    seed, start, stop = arguments
    return piece.run(seed, start, stop)


def pieces(seed, first, cases):
    return [(seed, at, min(at + PIECE, first + cases)) for at in range(first, first + cases, PIECE)]


def results(asked, seed):
    """What the pieces of a run come to, one after the other."""
    todo = pieces(seed, asked.first, asked.cases)
    if asked.jobs == 1:
        yield from map(work, todo)
        return
    with multiprocessing.Pool(asked.jobs) as pool:
        yield from pool.imap_unordered(work, todo)


def report(into, seed, index, case):
    """Write a disagreement, made as small as it gets, into a case file."""
    small = compare.minimised(case)
    ours, twins = compare.disagreement(small)
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{seed}-{index}.json"
    found = {"name": f"case {seed}:{index}", "engine": list(map(str, ours)), "twin": twins, **small}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    say(f"disagreement at {seed}:{index}, see {path}\n{json.dumps(found, ensure_ascii=False)}")


def main(arguments=None):
    asked = options(arguments)
    if asked.mutants:
        return hunt.main(say)
    if asked.case:
        seed, _, index = asked.case.rpartition(":")
        case = piece.case(seed, int(index))
        say(json.dumps(case, indent=2, ensure_ascii=False))
        say(compare.disagreement(case))
        return 0
    seed = asked.seed or secrets.token_hex(4)
    say(f"seed {seed}, cases {asked.first} to {asked.first + asked.cases - 1}")
    started, mix, wrong = time.monotonic(), Tally(), 0
    for number, (part, found) in enumerate(results(asked, seed), 1):
        mix.add(part)
        wrong += len(found)
        for index, case, _ in found[:3] if wrong < 30 else []:
            report(asked.into, seed, index, case)
        if number % 100 == 0:
            say(f"{mix.cases} cases, {wrong} disagreements, {time.monotonic() - started:.0f} s")
    seconds = time.monotonic() - started
    for line in mix.lines():
        say(line)
    say(f"{wrong} disagreements; {seconds:.1f} s, {mix.cases / seconds:.0f} cases a second")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
