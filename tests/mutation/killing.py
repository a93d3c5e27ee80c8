"""What a mutant has to survive: the open corpus, then a burst of random cases that the twin has answered."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from spec.evaluate import decide
from tests.differential import piece
from tests.differential.engine import Engine, RefusedError
from tests.differential.planting import HOME, NAME, Copy, found_by
from tests.mutation import changes

SEED, SETS, EACH = "mutants", 1500, 4
"""The burst: sets of policies, and requests that are asked of each."""
SECONDS = 60
"""After which a mutant counts as one that never ends."""
ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases"
TESTS = [
    path
    for path in sorted((ROOT / "tests/policy").glob("test_*.py"))
    if not path.stem.startswith(("test_lint", "test_aws", "test_properties"))
]
"""The engine's own tests, but for those that take long."""
RESOURCE = {"trust": "resource"}


class Endless(Exception):
    """A mutant does not come to an end."""


class Mutated(Copy):
    """A copy of the engine with one change in it."""

    def __init__(self, mutant):
        super().__init__("mutated")
        self.mutant = mutant

    def exec_module(self, module):
        file = self.file(module.__name__)
        if file != self.mutant.file:
            super().exec_module(module)
            return
        text = (HOME / file).read_text(encoding="utf-8").replace(NAME, self.name)
        exec(compile(changes.tree_of(text, self.mutant.number), f"{self.name}/{file}", "exec"), module.__dict__)  # noqa: S102 -- our own


@cache
def corpus():
    """The cases of the corpus, as the engine's driver takes them."""
    found = [case for file in sorted(CASES.rglob("*.json")) for case in json.loads(file.read_bytes())]
    for case in found:
        case["request"].setdefault("context", {})
        case["request"]["principal"].setdefault("account_id", None)
    return found


@cache
def burst():
    """Random cases by their policies, with the twin's answers."""
    batches = [piece.batch(SEED, number, EACH) for number in range(SETS)]
    return [(cases, [decide(case) for case in cases]) for cases in batches]


def killer(mutant):
    """What kills a mutant; None when it survives."""
    try:
        with limited(), found_by(Mutated(mutant)) as engine:
            found = fails(Engine(engine))
        return found or failing_test(mutant)
    except Endless:
        return "never ends"
    except Exception as error:  # noqa: BLE001 -- a mutant may break in any way
        return f"breaks: {type(error).__name__}"


def fails(reader):
    """The first case that an engine gets wrong."""
    for case in corpus():
        if differs(reader, case):
            return f"corpus: {case['name']}"
    for number, (cases, answers) in enumerate(burst()):
        try:
            if any(differing for _, _, differing in piece.compared(cases, answers, reader)):
                return f"twin: set {number}"
        except RefusedError:
            return f"refuses: set {number}"
    return None


def differs(reader, case):
    """Whether an engine gets a case of the corpus wrong."""
    verdict, layer = reader.answer(case)
    wanted = case.get("layer")
    return verdict != case["verdict"] or (wanted is not None and RESOURCE.get(wanted, wanted) != layer)


def failing_test(mutant):
    """The first of the engine's own tests that a mutant fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.mutation.plugin",
    ]
    try:
        ran = subprocess.run(
            [*command, *map(str, TESTS)],
            cwd=ROOT,
            env={**os.environ, "MUTANT": f"{mutant.file} {mutant.number}"},
            capture_output=True,
            text=True,
            timeout=4 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "never ends"
    failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return None if ran.returncode == 0 else f"test: {failed[0] if failed else ran.stdout[-200:] + ran.stderr[-200:]}"


@contextmanager
def limited():
    """Raise Endless after a while."""

    def stop(*_):
        raise Endless

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
