"""The mutants: each is one change of one place, and the harness tells those that live from those that die."""

import ast
from collections import Counter

import pytest
from tests.mutation import changes, killing, run

TEXT = '''"""A module."""

def larger(one: int, other: int | None = 0) -> bool:
    """Whether it is."""
    if other is None:
        return False
    return one > other and not one == 1
'''


def told(text):
    return [(mutant.was, mutant.now) for mutant in changes.mutants("m.py", text)]


def test_every_operator_constant_and_answer_is_changed():
    assert told(TEXT) == [
        ("0", "1"),
        ("if other is None", "if not other is None"),
        ("other is None", "other is not None"),
        ("return False", "return None"),
        ("False", "True"),
        ("return one > other and (not one == 1)", "return None"),
        ("one > other and (not one == 1)", "one > other or not one == 1"),
        ("one > other", "one >= other"),
        ("not one == 1", "one == 1"),
        ("one == 1", "one != 1"),
        ("1", "2"),
    ]


def test_each_mutant_is_one_change():
    whole = ast.unparse(ast.parse(TEXT)).splitlines()
    for mutant in changes.mutants("m.py", TEXT):
        made = ast.unparse(changes.tree_of(TEXT, mutant.number)).splitlines()
        assert sum(one != other for one, other in zip(whole, made, strict=True)) == 1
        assert compile(changes.tree_of(TEXT, mutant.number), "m.py", "exec")


def test_there_is_no_mutant_beyond_the_last():
    with pytest.raises(LookupError, match="no mutant 11"):
        changes.tree_of(TEXT, 11)


def test_types_are_not_changed():
    assert told("Either = dict[str, int] | None\n") == []


def test_a_mutant_that_the_corpus_knows_is_killed_by_it():
    mutant = next(each for each in run.all_mutants(["evaluate"]) if each.now == "owner == own")
    assert killing.killer(mutant).startswith("corpus: ")


@pytest.mark.slow
def test_a_mutant_that_only_a_test_knows_is_killed_by_it():
    mutant = next(each for each in run.all_mutants(["principal"]) if each.now == "'account!'")
    assert killing.killer(mutant).startswith("test: FAILED")


def test_a_survivor_counts_unless_it_is_argued(capsys, monkeypatch):
    mutant = changes.Mutant("m.py", "larger", 1, "a", "b", 0)
    outcome = [(mutant, None), (mutant._replace(now="c"), "corpus: x")]
    assert run.score(outcome) == 1
    monkeypatch.setattr(run.equivalent, "TIMES", Counter([mutant.name]))
    assert run.score(outcome) == 0
    assert run.score([*outcome, (mutant, None)]) == 1
    assert "2 mutants, 1 of them equivalent; 1 of 1 killed: 100.0%" in capsys.readouterr().out
