"""The corpus alone finds the faults that are planted in the engine, and the slow twin of the engine passes it too."""

import json

import pytest
from spec.evaluate import decide
from tests.differential import engine
from tests.differential.engine import Engine, RefusedError
from tests.differential.hunt import FAULTS
from tests.differential.planting import planted

NINE_IN_TEN = 0.9
RESOURCE = {"trust": "resource"}  # the twin's word for it


@pytest.fixture(scope="module")
def given(folder):
    """The cases as the twin takes them."""
    found = [case for file in sorted(folder.rglob("*.json")) for case in json.loads(file.read_bytes())]
    for case in found:
        case["request"].setdefault("context", {})
        case["request"]["principal"].setdefault("account_id", None)
    return found


def differs(answer, case):
    try:
        verdict, layer = answer(case)
    except RefusedError:
        return True
    wanted = case.get("layer")
    return verdict != case["verdict"] or (wanted is not None and RESOURCE.get(wanted, wanted) != layer)


def test_the_engine_itself_passes(given):
    assert [case["name"] for case in given if differs(engine.answer, case)] == []


def test_the_twin_passes(given):
    said = [(case, decide(case)) for case in given]
    assert [case["name"] for case, answer in said if answer["verdict"] != case["verdict"]] == []


@pytest.mark.slow
def test_nine_in_ten_planted_faults_are_found(given):
    away = [fault.what for fault in FAULTS if not found(fault, given)]
    assert len(away) <= len(FAULTS) * (1 - NINE_IN_TEN), away


def found(fault, given):
    with planted(fault) as policy:
        answer = Engine(policy).answer
        return any(differs(answer, case) for case in given)
