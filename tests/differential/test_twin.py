"""The engine and the twin agree: a short run on a fixed seed and on a fresh one, and a look at the harness itself."""

import json
import secrets
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from spec.evaluate import decide
from tests.differential import ablation, compare, piece

SETS = 400
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", ["a fixed seed", secrets.token_hex(4)], ids=["fixed", "fresh"])
def test_the_engine_agrees_with_its_twin(seed):
    print(f"seed {seed}")  # noqa: T201 -- pytest shows it when the test fails
    _, found = piece.run(seed, 0, SETS, count=False)
    assert found == []


def test_the_mix_holds_every_verdict_operator_principal_form_and_layer():
    mix, _ = piece.run("a fixed seed", 0, 3 * SETS)
    assert mix.share("allowed") >= 0.2
    assert mix.share("explicit_deny") >= 0.15
    assert [feature for feature in ablation.expected() if not mix.used[feature]] == []
    assert mix.decided.keys() <= mix.sampled.keys() <= mix.used.keys()
    assert {kind for kind, _ in mix.decided} == {"operator", "principal", "layer"}


def test_the_twin_speaks_json():
    case = piece.case("a fixed seed", 0)
    run = [sys.executable, "-m", "spec"]
    answers = subprocess.run(
        run, cwd=ROOT, input=f"{json.dumps(case)}\n" * 2, capture_output=True, text=True, check=True
    )
    assert [json.loads(line) for line in answers.stdout.splitlines()] == [decide(case)] * 2


def test_a_case_can_be_had_again():
    assert piece.case("seed", 7) == piece.case("seed", 7)
    assert piece.case("seed", 7) != piece.case("other", 7)


def test_a_case_and_its_neighbours_share_policies_and_no_two_are_alike():
    for number in range(20):
        cases = piece.batch("a fixed seed", number)
        assert len(cases) == piece.REQUESTS
        assert all(case["policies"] is cases[0]["policies"] for case in cases)
        assert all(one["request"] != other["request"] for one, other in combinations(cases, 2))


def test_neighbours_have_other_answers():
    answers = [{decide(case)["verdict"] for case in piece.batch("a fixed seed", number)} for number in range(200)]
    assert sum(len(verdicts) > 1 for verdicts in answers) > 60


def test_a_disagreement_is_made_small():
    case = next(made for made in (piece.case("small", index) for index in range(200)) if allowed(made))
    small = compare.minimised(case, lambda _: ("explicit_deny", "identity"))
    assert decide(small)["verdict"] == "allowed"
    assert small["request"]["context"] == {}


def allowed(case):
    return decide(case)["verdict"] == "allowed" and len(case["request"]["context"]) > 3
