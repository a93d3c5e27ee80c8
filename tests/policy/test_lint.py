"""The linter: places, order, several faults at once, and that it answers for any text in bounded time."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyreeve.catalogue import Catalogue
from keyreeve.policy import Kind, PolicyError, parse
from keyreeve.policy.lint import CODES, Group, lint
from keyreeve.reference import reference

DOCUMENT = Path(__file__).parents[2] / "docs/lint.md"
KNOWN = reference()


def errors(text, kind):
    return [finding for finding in lint(text, kind) if finding.group is Group.ERROR]


def test_a_finding_has_place_sentence_and_advice():
    text = (
        '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow",\n "Action": ["s3:Get*", "*"], "Resource": "*"}]}'
    )
    first = lint(text, Kind.IDENTITY)[1]
    assert first.code == "STAR_ACTION_WITH_STAR_RESOURCE"
    assert first.group is Group.SECURITY_WARNING
    assert tuple(first.place) == ("Statement[0].Action[1]", 3, 24)
    assert first.sentence == "It allows every action on every resource."
    assert first.advice == CODES[first.code].advice


def test_a_text_that_is_not_json_is_told_where_it_goes_wrong():
    (found,) = lint('{"Version": "2012-10-17",\n "Statement": [}', Kind.IDENTITY)
    assert found.code == "JSON_SYNTAX_ERROR"
    assert (found.place.line, found.place.column) == (2, 16)
    assert found.sentence == "The text is not JSON: it ends or goes wrong here."


def test_findings_stand_in_the_order_of_the_text():
    statement = {"Effect": "Allow", "Sid": "", "Action": ["*", "s3:*"], "Resource": ["*", "*"], "Condition": {}}
    places = [
        (found.place.line, found.place.column) for found in lint(json.dumps({"Statement": statement}), Kind.INLINE)
    ]
    assert places == sorted(places)


def test_one_fault_does_not_hide_another():
    text = json.dumps(
        {
            "Version": "2008-10-17",
            "Statement": [
                {"Effect": "allow", "Action": "s3:*", "Resource": "*"},
                {"Sid": "A", "Effect": "Allow", "Action": "s3", "Resource": "*"},
                {"Sid": "B", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"},
                7,
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Strings": {"a.b[0]": "c"}}},
            ],
        }
    )
    found = {finding.place.path: finding.code for finding in errors(text, Kind.IDENTITY)}
    assert found == {
        "Version": "INVALID_VERSION",
        "Statement[0].Effect": "INVALID_EFFECT",
        "Statement[1].Action": "INVALID_ACTION",
        "Statement[3].Resource": "INVALID_ARN_PREFIX",
        "Statement[4]": "DATA_TYPE_MISMATCH",
        "Statement[5].Condition.Strings": "INVALID_CONDITION_OPERATOR",
    }
    assert "SERVICE_STAR_WITH_STAR_RESOURCE" in {finding.code for finding in lint(text, Kind.IDENTITY)}


def test_keys_with_dots_and_brackets_are_placed():
    block = {"StringEquals": {"a.b[0]": {}}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Condition": block}]})
    (found,) = errors(text, Kind.IDENTITY)
    assert found.place.path == "Statement[0].Condition.StringEquals.a.b[0]"


@pytest.mark.parametrize(
    ("condition", "narrow"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, False),
        ({"ForAllValues:StringLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/r"}}, False),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"StringEquals": {"aws:UserAgent": "mine"}}, False),
    ],
)
def test_who_everyone_is_takes_a_condition_that_tells(condition, narrow):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": {**statement, "Condition": condition}})
    codes = {finding.code for finding in lint(text, Kind.RESOURCE)}
    assert ("PUBLIC_PRINCIPAL" in codes) is not narrow


@pytest.mark.parametrize("kind", [Kind.SCP, Kind.ENDPOINT])
def test_what_bounds_may_be_wide(kind):
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    named = statement if kind is Kind.SCP else statement | {"Principal": "*"}
    assert not lint(json.dumps({"Version": "2012-10-17", "Statement": named}), kind)


def test_of_two_statements_that_say_the_same_the_second_is_redundant():
    statement = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "arn:aws:s3:::b/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement, statement]})
    assert [(found.code, found.place.path) for found in lint(text, Kind.IDENTITY)] == [
        ("REDUNDANT_STATEMENT", "Statement[1]")
    ]


@pytest.mark.parametrize("known", [None, pytest.param(KNOWN, marks=pytest.mark.slow)])
def test_aws_managed_policies_have_no_errors(known):
    for managed in Catalogue.load():
        found = lint(managed.document, Kind.IDENTITY, known)
        assert not [each for each in found if each.group is Group.ERROR], managed.policy_name


def test_every_code_is_documented():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE))
    assert rows == {code: row.advice for code, row in CODES.items()}


MEMBERS = [
    *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "AWS"),
    *("Action", "NotAction", "Resource", "NotResource"),
    *("Condition", "StringEquals", "Null", "DateLessThan", "ForAllValues:ArnLike", "aws:userid"),
]

TEXTS = ["*", "s3:*", "Allow", "Deny", "${a", "arn:aws:s3:::b", ""]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300)
@given(ANY_JSON, st.sampled_from(list(Kind)))
def test_whatever_parse_refuses_is_an_error_and_nothing_else_breaks(value, kind):
    for text in (json.dumps(value), json.dumps({"Version": "2012-10-17", "Statement": value})):
        found = errors(text, kind)
        try:
            parse(text, kind)
        except PolicyError:
            assert found


@settings(max_examples=200)
@given(st.text(max_size=200), st.sampled_from(list(Kind)))
def test_any_text_has_an_answer(text, kind):
    assert lint(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "a", "Resource": "*"}] * 2000}),
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": f"s3:{i}*", "Resource": f"arn:aws:s3:::{i}/*"} for i in range(1500)
                ],
            }
        ),
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Action": [f"s3:*{i}*a*b*" for i in range(4000)] + [f"s3:GetObj{i}" for i in range(4000)],
                    "Resource": ["arn:aws:s3:::" + "*a" * 900, *(f"arn:aws:s3:::*{i}*" for i in range(900))],
                },
            }
        ),
    ],
    ids=["refused", "statements", "wildcards"],
)
def test_hostile_policies_take_bounded_time(text):
    start = time.process_time()
    lint(text, Kind.INLINE, KNOWN)
    assert time.process_time() - start < 15
