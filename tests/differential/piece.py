"""A piece of a run: cases of a seed from one index to another, compared and counted."""

from random import Random

from tests.differential import compare, engine, fitting, loose
from tests.differential.engine import RefusedError
from tests.differential.tally import Tally


def case(seed, index):
    """The case of this number: one in five is loose, the others are fitted to their request."""
    dice = Random(f"{seed}:{index}")  # noqa: S311 -- to be repeated, not to be secret
    return (loose if index % 5 == 4 else fitting).case(dice)


def run(seed, start, stop, *, count=True):
    """(mix, [(index, case, what both answered)]) of a piece."""
    mix, found = Tally(), []
    for index in range(start, stop):
        made = case(seed, index)
        try:
            differing = compare.disagreement(made)
        except RefusedError:
            mix.refused += 1
            continue
        if differing:
            found.append((index, made, differing))
        elif count:
            mix.count(index, made, engine.answer(made)[0])
    return mix, found
