"""The linter on policies that its other tests do not come to: odd JSON types and principals, variables out of place."""

import json

import pytest

from keyreeve.policy import Kind
from keyreeve.policy.lint import lint
from keyreeve.policy.lint.referenced import overlap
from policy.linting import Known, allow, deny, in_bucket, when


def codes(found, kind=Kind.IDENTITY, reference=None):
    text = found if isinstance(found, str) else json.dumps({"Version": "2012-10-17", "Statement": found})
    return {finding.code for finding in lint(text, kind, reference)}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (allow(resource="arn:aws:s3:::b/${aws:nothing}"), "INVALID_GLOBAL_CONDITION_KEY"),
        ("[]", "DATA_TYPE_MISMATCH"),
        ('{"Version": "2012-10-17", "Statement": ["x"]}', "DATA_TYPE_MISMATCH"),
        (allow(7), "DATA_TYPE_MISMATCH"),
        (allow(Effect=7), "INVALID_EFFECT"),
        ([deny(None, NotAction="iam:*"), deny(None, NotAction="iam:*")], "REDUNDANT_STATEMENT"),
        (allow(Condition=[]), "DATA_TYPE_MISMATCH"),
        (allow(Condition={"StringEquals": []}), "DATA_TYPE_MISMATCH"),
        (allow(Condition={"DateEquals": {"aws:CurrentTime": "soon"}}), "INVALID_DATE_VALUE"),
        (allow(Condition={"StringEquals": {"a:b": {}}}), "DATA_TYPE_MISMATCH"),
        (
            allow(resource=None, NotResource=["arn:aws:iam::111122223333:role/a"], Action="iam:PassRole"),
            "PASS_ROLE_WITH_NOT_RESOURCE",
        ),
    ],
)
def test_what_is_odd_has_a_code(found, code):
    assert code in codes(found)


@pytest.mark.parametrize("element", [7, {"Robot": "r2"}, {"AWS": 7}])
def test_odd_principals_have_a_code(element):
    assert codes(in_bucket(element), Kind.RESOURCE) & {
        "INVALID_PRINCIPAL_FORMAT",
        "INVALID_PRINCIPAL_KEY",
        "DATA_TYPE_MISMATCH",
    }


def test_a_statement_for_everyone_covers_that_of_one():
    everyone, one = in_bucket("*"), in_bucket({"AWS": "111122223333"})
    assert "REDUNDANT_STATEMENT" in codes([everyone, one], Kind.RESOURCE)


def test_an_operator_that_is_none_is_no_reason_to_stop():
    assert "INVALID_CONDITION_OPERATOR" in codes(when("StringSame", "aws:username", "a"))


def test_passing_a_role_by_a_wildcard_to_one_role_is_nothing_to_tell():
    role = "arn:aws:iam::111122223333:role/worker"
    assert not {code for code in codes(allow("iam:Pass*", role)) if code.startswith("PASS_ROLE")}


def test_resources_are_held_against_actions_only_where_they_are_short():
    long = "arn:aws:shop:us-east-1:111122223333:item/" + "x" * 4000
    assert "RESOURCE_DOES_NOT_FIT_ACTION" not in codes(allow("shop:GetItem", long), reference=Known())
    assert codes(deny("shop:GetItem", "*"), reference=Known()) is not None


def test_a_trust_policys_date_that_is_none_has_a_code():
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    soon = {"DateLessThan": {"aws:CurrentTime": "soon"}}
    assert codes({**trust, "Condition": soon}, Kind.TRUST) == {"INVALID_DATE_VALUE"}


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ("a*c", "abc", True),
        ("a*", "*c", True),
        ("a?c", "abbc", False),
        ("a*", "*", True),
        ("a*c", "a*d", False),
        ("a*", "a***", True),
        ("", "***", True),
        ("", "?", False),
        ("ab*", "ba*", False),
    ],
)
def test_patterns_overlap_where_a_text_matches_both(one, other, overlaps):
    assert overlap(one, other) is overlaps
    assert overlap(other, one) is overlaps


@pytest.mark.parametrize(
    ("resource", "fits"),
    [
        ("arn:aws:cart:*:*:item/1", False),
        ("arn:aws:shop:*:*:item/1", True),
        ("arn:aws:shop:*:item/1", True),
        ("arn:aws:*:item/1", True),
        ("arn:*:item/a:b", True),
        ("arn:aws:sh?p:*", True),
        ("*:item/1", True),
    ],
)
def test_a_star_of_an_actions_arn_stays_in_its_field(resource, fits):
    found = codes(allow("shop:GetItem", resource), reference=Known())
    assert ("RESOURCE_DOES_NOT_FIT_ACTION" not in found) is fits
