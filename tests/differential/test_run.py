"""A run of the comparison: what it keeps, and what it writes of a disagreement."""

import json

import pytest
from spec.evaluate import decide
from tests.differential import engine, kept, piece, run


def counts(path):
    found = json.loads(path.read_text())
    return {name: value for name, value in found.items() if name != "seconds"}


def test_a_run_in_parts_comes_to_what_a_run_at_once_comes_to(tmp_path):
    parts, once = tmp_path / "parts.json", tmp_path / "once.json"
    assert run.main(["--cases", "1000", "--seed", "x", "--jobs", "1", "--keep", str(parts)]) == 0
    assert run.main(["--cases", "2000", "--jobs", "1", "--keep", str(parts)]) == 0
    assert run.main(["--cases", "2000", "--seed", "x", "--jobs", "2", "--keep", str(once)]) == 0
    assert counts(parts) == counts(once)
    assert sum(counts(once)["verdicts"].values()) == 2000
    assert counts(once)["done"] == [[0, 1]]


def test_a_run_that_breaks_off_keeps_what_it_has(tmp_path, monkeypatch):
    path = tmp_path / "broken.json"
    monkeypatch.setattr(run, "work", broken_off)
    with pytest.raises(KeyboardInterrupt):
        run.main(["--cases", "5000", "--seed", "x", "--jobs", "1", "--keep", str(path)])
    assert counts(path)["done"] == [[0, 0]]


def broken_off(arguments):
    if arguments[1] == 1:
        raise KeyboardInterrupt
    return arguments[1], *piece.run(arguments[0], 0, 1)


@pytest.mark.parametrize(("name", "told"), [("sources", "other sources"), ("seed", "begun with seed")])
def test_cases_of_another_run_are_not_added_up(tmp_path, capsys, name, told):
    path = tmp_path / "other.json"
    assert run.main(["--cases", "1000", "--seed", "x", "--jobs", "1", "--keep", str(path)]) == 0
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: "other"}))
    assert run.main(["--cases", "2000", "--seed", "x", "--jobs", "1", "--keep", str(path)]) == 2
    assert told in capsys.readouterr().out


def test_the_sources_of_both_sides_and_of_the_generators_are_held_together():
    assert {path.name for path in kept.PLACES} == {"policy", "spec", "differential"}
    assert kept.sources() == kept.sources()


def test_a_disagreement_is_counted_and_written_small(tmp_path, monkeypatch):
    monkeypatch.setattr(engine.Engine, "decided", lambda *_: ("explicit_deny", "identity"))
    asked = ["--cases", "1000", "--seed", "x", "--jobs", "1", "--into", str(tmp_path)]
    monkeypatch.setattr(run, "SHOWN", 2)
    assert run.main(asked) == 1
    small = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert len(small) == 2
    assert all(decide(case) == case["twin"] for case in small)
    assert all("identity" not in case["twin"]["layers"] for case in small)
    assert all(case["engine"] == ["explicit_deny", "identity"] for case in small)


def test_a_disagreement_that_none_of_the_cases_shows_alone_is_written_whole(tmp_path):
    case = piece.case("x", 3)
    run.report(tmp_path, "x", 3, case)
    found = json.loads((tmp_path / "x-3.json").read_text())
    assert "requests before" in found["engine"]
    assert found["request"] == case["request"]
