"""The hunt for planted faults: each must make the engine disagree with its twin within a bounded number of cases."""

from functools import cache

from spec.evaluate import decide
from tests.differential import faults, mistakes, piece
from tests.differential.engine import Engine, RefusedError
from tests.differential.planting import planted

SEED = "planted faults"
CASES = 80_000
EACH = 4
"""Requests that are asked of a set of policies: most faults need other policies more than they need more requests."""
FAULTS = (*faults.ALL, *mistakes.ALL)


@cache
def batch(number):
    """The cases of one set of policies, with the twin's answers: made once for all faults."""
    cases = piece.batch(SEED, number, EACH)
    return cases, [decide(made) for made in cases]


def caught(fault, cases=CASES):
    """Number of the first case on which the engine with the fault disagrees; None when there is none."""
    with planted(fault) as policy:
        reader = Engine(policy)
        for number in range(cases // EACH):
            try:
                for place, (_, _, differing) in enumerate(piece.compared(*batch(number), reader)):
                    if differing:
                        return number * piece.REQUESTS + place
            except RefusedError:
                continue
    return None


def main(say):
    """Hunt them all; 1 if one got away."""
    away = []
    for fault in FAULTS:
        index = caught(fault)
        if index is None:
            away.append(fault)
        say(f"{'ESCAPED' if index is None else f'case {index}':>12}  {fault.file}: {fault.what}")
    say(f"{len(FAULTS) - len(away)} of {len(FAULTS)} planted faults caught")
    return 1 if away else 0
