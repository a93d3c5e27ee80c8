import json

import pytest

from keyreeve import policy
from keyreeve.policy import Kind, PolicyError

WRONG = "The provided policy document does not meet the requirements of the specified policy type."
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
DENY = {**OPEN, "Effect": "Deny"}


def without(statement, *names, **members):
    return {name: value for name, value in {**statement, **members}.items() if name not in names}


def parse(kind, statement, **members):
    return policy.parse(json.dumps({"Version": "2012-10-17", "Statement": statement, **members}), kind)


@pytest.mark.parametrize(
    ("kind", "statement", "members"),
    [
        (Kind.RESOURCE, OPEN, {"Id": "x"}),
        (Kind.RESOURCE, without(DENY, "Principal", NotPrincipal={"AWS": "111122223333"}), {}),
        (Kind.RESOURCE, without(OPEN, Principal={"CanonicalUser": "a" * 64}), {}),
        (Kind.ENDPOINT, OPEN, {}),
        (Kind.SCP, without(OPEN, "Principal", Condition={"Bool": {"aws:x": "true"}}), {}),
        (Kind.RCP, DENY, {}),
    ],
)
def test_good_documents_are_taken(kind, statement, members):
    assert parse(kind, statement, **members).kind is kind


@pytest.mark.parametrize(
    ("kind", "statement", "members", "sentence"),
    [
        (Kind.RESOURCE, without(OPEN, "Principal"), {}, "Missing required field Principal"),
        (Kind.RESOURCE, without(OPEN, Principal="x"), {}, "Syntax errors in policy."),
        (Kind.RESOURCE, without(OPEN, Principal={"AWS": "x"}), {}, 'Invalid principal in policy: "AWS":"x"'),
        (
            Kind.RESOURCE,
            without(OPEN, "Principal", NotPrincipal={"AWS": "*"}),
            {},
            "Allow with NotPrincipal is not allowed.",
        ),
        (Kind.ENDPOINT, without(OPEN, "Principal"), {}, "Missing required field Principal"),
        (Kind.SCP, OPEN, {}, WRONG),
        (Kind.SCP, without(OPEN, "Principal"), {"Id": "x"}, WRONG),
        (Kind.RCP, OPEN, {}, WRONG),
        (Kind.RCP, without(DENY, Action="*"), {}, WRONG),
        (Kind.RCP, without(DENY, "Action", NotAction="s3:x"), {}, WRONG),
        (Kind.RCP, without(DENY, Principal={"AWS": "111122223333"}), {}, WRONG),
        (Kind.RCP, DENY, {"Version": "2008-10-17"}, WRONG),
    ],
)
def test_each_kind_has_its_rules(kind, statement, members, sentence):
    with pytest.raises(PolicyError) as caught:
        parse(kind, statement, **members)
    assert caught.value.sentence == sentence


@pytest.mark.parametrize("kind", list(Kind))
def test_stored_is_lenient_about_rules_and_strict_about_form(kind):
    naming = kind in (Kind.TRUST, Kind.RESOURCE, Kind.RCP, Kind.ENDPOINT)
    statement = OPEN if naming else without(OPEN, "Principal")
    assert policy.stored(json.dumps({"Statement": statement}), kind)
    with pytest.raises(PolicyError):
        policy.stored(json.dumps({"Statement": without(OPEN, "Principal") if naming else OPEN}), kind)
