"""`keyreeve corpus run`: the table, the JSON, another engine's answers, and files that are none."""

import json

import pytest
from click.testing import CliRunner

from keyreeve.cli import main

ALICE = {"kind": "user", "account_id": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}
GRANT = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def case(**changed):
    request = {"principal": ALICE, "action": "iam:GetUser", "resource": "*"}
    made = {"name": "an Allow allows", "source": "a page", "request": request, "policies": {"identity": [GRANT]}}
    return {**made, "verdict": "allowed", **changed}


@pytest.fixture
def run(tmp_path):
    def run(cases, *arguments):
        (tmp_path / "topic.json").write_text(cases if isinstance(cases, str) else json.dumps(cases))
        return CliRunner().invoke(main, ["corpus", "run", str(tmp_path), *arguments])

    return run


def test_cases_that_pass_are_a_table_and_status_0(run):
    ran = run([case()])
    assert ran.exit_code == 0
    assert [line.split() for line in ran.stdout.splitlines()][1:] == [["topic", "1", "0", "ok"], ["all", "1", "0"]]


def test_a_case_that_fails_is_told_and_status_1(run):
    ran = run([case(), case(name="none", verdict="implicit_deny")])
    assert ran.exit_code == 1
    assert "topic: none\n  expected implicit_deny, got allowed by identity\n  a page" in ran.stdout
    assert "1 of 2 cases fail." in ran.stderr


def test_a_layer_counts_where_it_is_said(run):
    ran = run([case(layer="root")])
    assert "allowed as expected, but by identity instead of root" in ran.stdout


def test_json_is_for_programs(run):
    ran = run([case(), case(name="none", verdict="implicit_deny")], "--json")
    told = json.loads(ran.stdout)
    assert (told["cases"], told["passed"]) == (2, 1)
    assert told["failures"][0]["failure"] == "expected implicit_deny, got allowed by identity"


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ({"topic": "topic", "name": "an Allow allows", "verdict": "allowed"}, 0, "ok"),
        ({"topic": "topic", "name": "an Allow allows", "verdict": "explicit_deny"}, 1, "got explicit_deny"),
        ({"topic": "topic", "name": "another", "verdict": "allowed"}, 1, "got no answer"),
    ],
)
def test_another_engines_answers_are_held_to_it(run, tmp_path, line, status, told):
    (tmp_path / "answers.jsonl").write_text(json.dumps(line) + "\n\n")
    ran = run([case()], "--answers", str(tmp_path / "answers.jsonl"))
    assert ran.exit_code == status
    assert told in ran.stdout


@pytest.mark.parametrize("line", ["{", "[]", '{"topic": "t", "name": "n"}', '{"topic": "t", "name": 1, "verdict": []}'])
def test_answers_that_are_none_are_told(run, tmp_path, line):
    (tmp_path / "answers.jsonl").write_text(line)
    ran = run([case()], "--answers", str(tmp_path / "answers.jsonl"))
    assert ran.exit_code == 1
    assert "answers.jsonl, line 1: " in ran.stderr


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("\ud800", "no JSON"),
        ({}, "not an array of cases"),
        ([1], "topic, case 1: not an object"),
        ([case(verdict="yes")], "the verdict is none of allowed, explicit_deny, implicit_deny"),
        ([case(verdict=[])], "the verdict is none of"),
        ([case(name=7)], "topic, case 1: the name is no text"),
        ([case(more=1)], "unknown more"),
        ([{"name": "x"}], "missing policies, request, source, verdict"),
        ([case(request={})], "topic, case 1, request: missing action, principal, resource"),
        ([case(policies={"identity": [{}]})], "topic, 'an Allow allows'"),
        ([case(policies={"identity": [7]})], "topic, case 1, policies, identity: not an array of objects"),
        ([case(policies={"service_control": [GRANT]})], "not an array of arrays of objects"),
        ([case(policies={"identity": GRANT})], "not an array of objects"),
        ([case(policies={"boundary": [GRANT]})], "policies, boundary: not an object"),
        ([case(request={"principal": ALICE, "action": 1, "resource": "*"})], "request: the action is no text"),
        (
            [case(request={"principal": ALICE, "action": "a:B", "resource": "*", "context": []})],
            "topic, 'an Allow allows'",
        ),
    ],
)
def test_what_is_no_case_is_told_with_its_place(run, cases, told):
    ran = run(cases if not isinstance(cases, str) else cases.replace("\ud800", '"\\ud800'))
    assert ran.exit_code == 1
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_folder_without_cases_is_told(tmp_path):
    ran = CliRunner().invoke(main, ["corpus", "run", str(tmp_path)])
    assert ran.exit_code == 1
    assert "no JSON files of cases" in ran.stderr


def test_without_a_folder_it_is_the_corpus_of_the_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["corpus", "run"])
    assert ran.exit_code == 2
    assert "There is no tests/cases here" in ran.stderr
