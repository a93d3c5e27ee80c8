"""`keyreeve lint`: what it prints, its status, and input that is no policy."""

import json

import pytest

from keyreeve.cli import lint as module
from keyreeve.policy import Kind
from keyreeve.policy.lint import CODES

CLEAN = (
    '{"Version": "2012-10-17",'
    ' "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}}'
)
ADMIN = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow",\n  "Action": "*", "Resource": "*"}}'
EMPTY_SID = CLEAN.replace('"Effect"', '"Sid": "", "Effect"')
TRUST = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}'
)


@pytest.fixture
def write(tmp_path):
    def write(text, name="policy.json"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.fixture
def lint(keyreeve):
    return lambda *arguments, **more: keyreeve("lint", *arguments, place=False, **more)


def test_nothing_is_found(lint, write):
    assert lint(write(CLEAN)).stdout == "Nothing found in 1 policy.\n"


def test_a_table_for_people(lint, write):
    path = write(ADMIN)
    said = lint(path, status=1).stdout
    assert f"{path}:2:13  SECURITY_WARNING  STAR_ACTION_WITH_STAR_RESOURCE" in said
    assert said.endswith("\n2 security warnings in 1 policy.\n")


def test_standard_input(lint):
    assert "-:2:13" in lint("-", text=ADMIN, status=1).stdout


def test_json_for_programs(lint, write):
    path = write(ADMIN)
    said = json.loads(lint("--json", path, write(CLEAN, "clean.json"), status=1).stdout)
    assert (said["files"], said["kind"], said["reference"]) == (2, "identity", True)
    first = said["findings"][0]
    assert (first["file"], first["line"], first["column"], first["path"]) == (path, 2, 13, "Statement.Action")
    assert (first["group"], first["code"]) == ("SECURITY_WARNING", "STAR_ACTION_WITH_STAR_RESOURCE")
    assert first["sentence"]
    assert first["advice"]


def test_sarif_for_code_scanning(lint, write):
    path = write(ADMIN, "a policy.json")
    log = json.loads(lint("--sarif", path, status=1).stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20policy.json")
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 13}


@pytest.mark.parametrize(
    ("text", "level", "status"),
    [
        (EMPTY_SID, "warning", 0),
        (EMPTY_SID, "suggestion", 1),
        (ADMIN, "security", 1),
        (ADMIN, "error", 0),
        (ADMIN, "never", 0),
        ("{", "error", 1),
    ],
)
def test_the_status_is_for_ci(lint, write, text, level, status):
    lint("--fail-on", level, write(text), status=status)


def test_the_kind_counts(lint, write):
    path = write(TRUST)
    assert "UNSUPPORTED_PRINCIPAL" in lint(path, status=1).stdout
    assert "PUBLIC_PRINCIPAL" in lint("--kind", "trust", path, status=1).stdout
    assert {kind.value for kind in Kind} == set(module.command.params[1].type.choices)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{\n  "Id": "\xff"}', "2:10: the text is no UTF-8."),
        (b" " * (4 * 2**20 + 1), "longer than 4 MiB."),
    ],
)
def test_what_is_no_text_is_told(lint, write, data, sentence):
    path = write(data)
    result = lint(path, status=2)
    assert result.stderr.startswith(f"keyreeve: {path}:")
    assert result.stderr.endswith(f"{sentence}\n")


def test_a_missing_file_is_told(lint):
    assert lint("nowhere.json", status=2).stderr == "keyreeve: nowhere.json: No such file or directory.\n"


def test_two_forms_at_once_are_a_wrong_use(lint, write):
    assert "take one" in lint("--json", "--sarif", write(CLEAN), status=2).stderr


def test_without_the_extra_it_says_so_and_less(lint, write, monkeypatch):
    monkeypatch.setattr(module, "reference", lambda: None)
    result = lint(write(CLEAN.replace("GetObject", "GetObjects")))
    assert "keyreeve[lint]" in result.stderr
    assert json.loads(lint("--json", write(CLEAN)).stdout)["reference"] is False


def test_the_extra_knows_actions(lint, write):
    result = lint(write(CLEAN.replace("GetObject", "GetObjcet")), status=1)
    assert "There is no action s3:GetObjcet. Did you mean s3:GetObject?" in result.stdout
