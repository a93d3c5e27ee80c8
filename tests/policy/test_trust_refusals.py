import json

import pytest

from keyreeve import policy
from keyreeve.policy import Kind, PolicyError

GOOD = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def changed(**members):
    return {name: value for name, value in {**GOOD, **members}.items() if value is not ...}


def parse(*statements, **members):
    return policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members}), Kind.TRUST)


def sentence(*statements, **members):
    with pytest.raises(PolicyError) as caught:
        parse(*statements, **members)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (changed(Effect=...), "Missing required field Effect"),
        (changed(Principal=...), "Missing required field Principal"),
        (changed(Action=...), "Missing required field Action"),
        (changed(Principal={}), "Missing required field Principal cannot be empty!"),
        (changed(Principal={"AWS": []}), "Missing required field Principal cannot be empty!"),
        (changed(Principal="*"), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        (changed(Principal="111122223333"), "Principal must be a JSON object."),
        (changed(Principal={"aws": "*"}), "Syntax error in policy."),
        (changed(Principal={"AWS": 111122223333}), "Syntax error in policy."),
        (changed(Principal=..., NotPrincipal={"AWS": "*"}), "Allow with NotPrincipal is not allowed."),
        (
            changed(Effect="Deny", Principal=..., NotPrincipal={"AWS": "*"}),
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
        (changed(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (changed(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (changed(Resource="*"), "Has prohibited field Resource"),
        (changed(NotResource="*"), "AssumeRole policy must not contain resources."),
        (changed(Effect="XXX"), "Invalid effect: XXX"),
        (changed(Effect="allow"), "Invalid effect: allow"),
        (
            changed(Principal={"AWS": "arn:aws:iam::111122223333:group/x"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/x"',
        ),
        (
            changed(Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
        ),
        (changed(Principal={"Service": "*"}), 'Invalid principal in policy: "SERVICE":"*"'),
        (changed(Principal={"Service": "amazonaws.com"}), 'Invalid principal in policy: "SERVICE":"amazonaws.com"'),
        (changed(Principal={"Service": "ec2.example.com"}), 'Invalid principal in policy: "SERVICE":"ec2.example.com"'),
        (
            changed(Principal={"Service": ["ec2.amazonaws.com", "ec2.amazonaws.co"]}),
            'Invalid principal in policy: "SERVICE":"ec2.amazonaws.co"',
        ),
        (
            changed(Principal={"Federated": "no domain"}),
            "Federated principals must be valid domain names or SAML metadata ARNs",
        ),
        (changed(Condition={"DateEquals": {"aws:CurrentTime": "x"}}), "Syntax error in policy."),
        (changed(Condition={"StringEquals": {"aws:x": "${"}}), "Syntax error in policy."),
        (changed(Extra=1), "Syntax error in policy."),
        (
            changed(Principal={"Federated": "cognito-identity.amazonaws.com"}),
            "A condition block must be present for the Cognito provider",
        ),
    ],
)
def test_each_fault_has_its_sentence(statement, expected):
    assert sentence(statement) == expected


def test_documents_are_refused_as_a_whole():
    assert sentence() == "Could not parse the policy: Statement is empty!"
    assert sentence(GOOD, Version="2020-01-01") == "The policy must contain a valid version string"
    assert sentence(changed(Sid="a"), changed(Sid="a")) == "The Statement Ids in the policy are not unique"
    with pytest.raises(PolicyError, match="This policy contains invalid Json"):
        policy.parse("{", Kind.TRUST)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/a/b"]},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"},
        {"AWS": "arn:aws:sts::111122223333:federated-user/bob"},
        {"AWS": ["AROAWORKERWORKERWRK1", "AIDAALICEALICEALICE1"]},
        {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"], "AWS": "111122223333"},
        {"Federated": ["accounts.google.com", "arn:aws:iam::111122223333:saml-provider/corp"]},
    ],
)
def test_principals_are_taken(principal):
    assert parse(changed(Principal=principal))


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}}, True),
        ({"StringLike": {"Token.actions.githubusercontent.com:SUB": ["repo:o/*"]}}, True),
        ({"ForAnyValue:StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/*"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:o/*", "*"]}}, False),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": []}}, False),
        ({"StringLikeIfExists": {"token.actions.githubusercontent.com:sub": "repo:o/*"}}, False),
        ({"ForAllValues:StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/*"}}, False),
        ({"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:o/*"}}, False),
        ({"Null": {"token.actions.githubusercontent.com:sub": "false"}}, False),
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, False),
        ({}, False),
    ],
)
def test_a_shared_issuer_needs_its_tenant(condition, taken):
    statement = changed(Principal={"Federated": GITHUB}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition)
    if taken:
        assert parse(statement)
    else:
        assert sentence(statement).startswith("Missing required condition on token.actions.githubusercontent.com:sub")
    assert parse({**statement, "Effect": "Deny"})
