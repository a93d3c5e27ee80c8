"""Every case of the open corpus, a test for each file; and what every case has to have."""

from pathlib import Path

import pytest

from keyreeve import corpus, policy

FOLDER = Path(__file__).parents[1] / "cases"
FILES = sorted(str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.json"))
OPEN = "docs/decisions/0010-where-the-language-is-open.md"
BOOKS = (
    "IAM User Guide, ",
    "Amazon S3 API Reference, ",
    "Amazon S3 User Guide, ",
    "AWS Organizations User Guide, ",
    "AWS PrivateLink Guide, ",
    "AWS KMS Developer Guide, ",
)


@pytest.mark.parametrize("topic", FILES)
def test_the_engine_decides_as_the_page_says(topic):
    cases = corpus.read(FOLDER / f"{topic}.json", topic)
    failures = [f"{case.name}: {found}" for case in cases if (found := case.failure(corpus.answer(case)))]
    assert not failures, "\n".join(failures)


def test_names_are_said_once_in_a_topic(cases):
    names = [(case.topic, case.name) for case in cases]
    assert len(names) == len(set(names))


def test_sources_are_pages_of_aws(cases):
    assert [case.name for case in cases if not case.source.startswith(BOOKS)] == []


def test_open_cases_cite_the_page_of_our_readings_and_others_do_not(cases):
    assert [case.name for case in cases if case.open != case.source.endswith(OPEN)] == []


def test_layers_are_the_engines(cases):
    known = {*policy.Layer, None}
    assert [case.name for case in cases if case.layer not in known] == []
