"""A piece of a run: cases of a seed from one set of policies to another, compared and counted."""

from random import Random

from spec.evaluate import decide
from tests.differential import compare, engine, fitting, loose, neighbours
from tests.differential.engine import RefusedError
from tests.differential.tally import SAMPLE, Tally

REQUESTS = 20
"""Cases that share their policies: a first one, and its neighbours."""


def batch(seed, number, count=REQUESTS):
    """The cases of one set of policies, or the first of them.

    One set in five is loose, the others are fitted to their first request.
    """
    dice = Random(f"{seed}:{number}")  # noqa: S311 -- to be repeated, not to be secret
    first = (loose if number % 5 == 4 else fitting).case(dice)
    return neighbours.cases(dice, first, count)


def case(seed, index):
    """The case of this number."""
    return batch(seed, index // REQUESTS)[index % REQUESTS]


def compared(cases, answers, reader=engine.INSTALLED):
    """(case, twin's answer, disagreement) of cases that share their policies. Raises RefusedError."""
    policies = reader.read(cases[0]["policies"])
    for made, expected in zip(cases, answers, strict=True):
        yield made, expected, compare.disagreement(made, lambda one: reader.decided(one["request"], policies), expected)


def taken_apart(number, place):
    """Whether a case is of the sample: another place in each set of the sample."""
    return number % SAMPLE == 0 and place == number // SAMPLE % REQUESTS


def run(seed, start, stop, *, count=True):
    """(mix, [(index, case, what both answered)]) of the sets of policies from `start` to before `stop`."""
    mix, found = Tally(), []
    for number in range(start, stop):
        made = batch(seed, number)
        if count:
            mix.count_set(made[0])
        try:
            for place, (one, expected, differing) in enumerate(compared(made, map(decide, made))):
                if differing:
                    found.append((number * REQUESTS + place, one, differing))
                elif count:
                    mix.count(one, expected["verdict"], sampled=taken_apart(number, place))
        except RefusedError:
            mix.refused += REQUESTS
    return mix, found
