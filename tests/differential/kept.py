"""What a run has proven so far, kept in a file: a run that is interrupted goes on from there."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import spec
from tests.differential import piece, planting
from tests.differential.tally import Tally

PLACES = (planting.HOME, Path(spec.__file__).parent, Path(piece.__file__).parent)
"""Folders of the engine, of its twin and of the generators."""


class AnotherRunError(Exception):
    """The file is of another seed, or of other sources: their cases cannot be added up."""


def sources():
    """A hash of the sources of both sides and of the generators."""
    found = hashlib.sha256()
    for folder in PLACES:
        for path in sorted(folder.rglob("*.py")):
            found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return found.hexdigest()


@dataclass
class Kept:
    """The pieces of a run that are done, what they came to, and the seconds that this took."""

    seed: str
    sources: str
    done: set[int] = field(default_factory=set)
    mix: Tally = field(default_factory=Tally)
    wrong: int = 0
    seconds: float = 0

    def add(self, number, mix, wrong):
        """Take a piece in."""
        self.done.add(number)
        self.mix.add(mix)
        self.wrong += wrong


def load(path, seed):
    """What a file holds of a run, or a new run. Raises AnotherRunError. Without a seed, the file's."""
    here = sources()
    if path is None or not path.exists():
        return Kept(seed, here)
    found = json.loads(path.read_text())
    if found["sources"] != here:
        raise AnotherRunError(f"{path}: begun with other sources of the engine, its twin or the generators")
    if seed not in ("", found["seed"]):
        raise AnotherRunError(f"{path}: begun with seed {found['seed']}")
    mix = Tally(refused=found["refused"])
    for name in Tally.COUNTERS:
        setattr(mix, name, Counter({key(text): count for text, count in found[name].items()}))
    done = {number for first, last in found["done"] for number in range(first, last + 1)}
    return Kept(found["seed"], here, done, mix, found["wrong"], found["seconds"])


def save(path, kept):
    """Write a run down, whole or not at all."""
    if path is None:
        return
    counts = {name: {text(one): count for one, count in getattr(kept.mix, name).items()} for name in Tally.COUNTERS}
    found = {"seed": kept.seed, "sources": kept.sources, "done": ranges(kept.done), "wrong": kept.wrong}
    found |= {"seconds": round(kept.seconds, 1), "refused": kept.mix.refused, **counts}
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(".new")
    made.write_text(f"{json.dumps(found)}\n")
    made.replace(path)


def ranges(numbers):
    """[first, last] of each run of consecutive numbers."""
    found = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def text(one):
    """A counted thing as JSON's name for it."""
    return "/".join(one) if isinstance(one, tuple) else one


def key(name):
    """The counted thing of a name."""
    return tuple(name.split("/")) if "/" in name else name
