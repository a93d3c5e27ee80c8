"""The mutation score of the evaluator and the matcher: `make mutants`."""

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

from tests.differential.planting import HOME
from tests.mutation import changes, equivalent, killing

MODULES = (
    "actions",
    "arn",
    "condition",
    "decision",
    "document",
    "evaluate",
    "layer",
    "memory",
    "operators",
    "plan",
    "principal",
    "question",
    "statement",
    "values",
    "variables",
    "wildcard",
)
"""Of the policy engine: what decides. What reads, refuses, explains and lints has tests of its own."""


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def options(arguments):
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    asked.add_argument("--module", action="append", choices=MODULES, help="only this module; may be given again")
    asked.add_argument("--every", type=int, default=1, help="one mutant in so many: a sample")
    asked.add_argument("--into", type=Path, default=Path("build/mutants.json"), help="where the outcome is written")
    return asked.parse_args(arguments)


def work(mutant):
    return mutant, killing.killer(mutant)


def all_mutants(modules):
    for module in modules:
        file = f"{module}.py"
        yield from changes.mutants(file, (HOME / file).read_text(encoding="utf-8"))


def main(arguments=None):
    asked = options(arguments)
    todo = list(all_mutants(asked.module or MODULES))[:: asked.every]
    killing.corpus(), killing.burst()  # before the processes part, so that they share them
    started, outcome = time.monotonic(), []
    with multiprocessing.Pool(asked.jobs) as pool:
        for done, (mutant, killer) in enumerate(pool.imap_unordered(work, todo), 1):
            outcome.append((mutant, killer))
            if killer is None and mutant.name not in equivalent.TIMES:
                say(f"survives: line {mutant.line} of {mutant.name}")
            if done % 100 == 0:
                say(f"{done} of {len(todo)}, {time.monotonic() - started:.0f} s")
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_text(json.dumps([{**mutant._asdict(), "killer": killer} for mutant, killer in outcome], indent=1))
    return score(outcome)


def score(outcome):
    """Say how many were killed; 0 if that is enough."""
    kinds = Counter(killer.partition(":")[0] for _, killer in outcome if killer)
    survivors = [mutant for mutant, killer in outcome if killer is None]
    argued = (Counter(mutant.name for mutant in survivors) & equivalent.TIMES).total()
    real = len(outcome) - argued
    killed = len(outcome) - len(survivors)
    say(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    say(f"{len(outcome)} mutants, {argued} of them equivalent; {killed} of {real} killed: {killed / real:.1%}")
    return 0 if killed / real > ENOUGH else 1


ENOUGH = 0.95

if __name__ == "__main__":
    sys.exit(main())
