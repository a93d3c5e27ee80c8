"""Each code of the linter that is an error: a policy that has it, and one near to it that has not."""

from keyreeve.policy import Kind
from policy.linting import AWS, ROLE, allow, deny, github, in_bucket, trusts, when

# code: kind, statement(s) that have it, statement(s) that have not
ERRORS = {
    "ALLOW_WITH_NOT_PRINCIPAL": (
        Kind.RESOURCE,
        allow(NotPrincipal=AWS),
        deny(NotPrincipal=AWS),
    ),
    "ARN_REGION_NOT_ALLOWED": (
        Kind.IDENTITY,
        allow("iam:GetRole", "arn:aws:iam:eu-west-1:111122223333:role/r"),
        allow("iam:GetRole", ROLE),
    ),
    "DATA_TYPE_MISMATCH": (Kind.IDENTITY, allow(3), allow("s3:Get3")),
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": (
        Kind.IDENTITY,
        allow(Condition={"StringEquals": {"aws:userid": "a", "aws:UserId": "b"}}),
        allow(Condition={"StringEquals": {"aws:userid": "a", "aws:username": "b"}}),
    ),
    "INVALID_ACTION": (Kind.IDENTITY, allow("GetObject"), allow("s3:GetObject")),
    "INVALID_ARN": (
        Kind.SESSION,
        allow("sqs:SendMessage", "arn:aws:sqs"),
        allow("sqs:SendMessage", "arn:aws:sqs:*:*:*"),
    ),
    "INVALID_ARN_PREFIX": (Kind.IDENTITY, allow(resource="bucket"), allow(resource="arn:aws:s3:::bucket")),
    "INVALID_ARN_RESOURCE": (
        Kind.IDENTITY,
        allow("iam:GetUser", "arn:aws:iam::111122223333:alice"),
        allow("iam:GetUser", "arn:aws:iam::111122223333:user/alice"),
    ),
    "INVALID_ARN_SERVICE": (Kind.IDENTITY, allow(resource="arn:aws:s*:::b"), allow(resource="arn:aws:s3:::*")),
    "INVALID_CONDITION_OPERATOR": (
        Kind.IDENTITY,
        when("StringEqual", "aws:username", "a"),
        when("StringEquals", "aws:username", "a"),
    ),
    "INVALID_DATE_VALUE": (
        Kind.IDENTITY,
        when("DateLessThan", "aws:CurrentTime", "tomorrow"),
        when("DateLessThan", "aws:CurrentTime", "2030-01-01"),
    ),
    "INVALID_EFFECT": (Kind.IDENTITY, allow() | {"Effect": "allow"}, allow()),
    "INVALID_PARTITION": (Kind.IDENTITY, allow(resource="arn:asw:s3:::b"), allow(resource="arn:aws-cn:s3:::b")),
    "INVALID_POLICY_ELEMENT": (Kind.IDENTITY, allow(Reason="mine"), allow(Sid="mine")),
    "INVALID_PRINCIPAL_FORMAT": (Kind.TRUST, trusts({"AWS": "alice"}), trusts(AWS)),
    "INVALID_PRINCIPAL_KEY": (Kind.RESOURCE, in_bucket({"Aws": ROLE}), in_bucket(AWS)),
    "INVALID_SERVICE_IN_ACTION": (Kind.IDENTITY, allow("s 3:GetObject"), allow("s3:GetObject")),
    "INVALID_VARIABLE": (
        Kind.IDENTITY,
        allow(resource="arn:aws:s3:::b/${aws:username"),
        allow(resource="arn:aws:s3:::b/${aws:username}"),
    ),
    "INVALID_VARIABLE_FOR_OPERATOR": (
        Kind.IDENTITY,
        when("NumericEquals", "s3:max-keys", "${aws:PrincipalTag/n}"),
        when("StringEquals", "s3:prefix", "${aws:PrincipalTag/n}"),
    ),
    "MISSING_ACTION": (Kind.IDENTITY, allow(None), allow()),
    "MISSING_EFFECT": (Kind.IDENTITY, {"Action": "s3:*", "Resource": "*"}, allow()),
    "MISSING_PRINCIPAL": (Kind.TRUST, allow("sts:AssumeRole", None), trusts(AWS)),
    "MISSING_RESOURCE": (Kind.IDENTITY, allow(resource=None), allow()),
    "MISSING_STATEMENT": (Kind.IDENTITY, [], [allow()]),
    "MISSING_TENANT_CLAIM": (Kind.TRUST, github("*"), github("repo:ours/*")),
    "NULL_WITH_IF_EXISTS": (
        Kind.IDENTITY,
        when("NullIfExists", "aws:username", "true"),
        when("Null", "aws:username", "true"),
    ),
    "UNIQUE_SIDS_REQUIRED": (
        Kind.IDENTITY,
        [allow(Sid="A"), allow("s3:PutObject", Sid="A")],
        [allow(Sid="A"), allow("s3:PutObject", Sid="B")],
    ),
    "UNSUPPORTED_ACTION_IN_POLICY": (Kind.TRUST, trusts(AWS, "s3:GetObject"), trusts(AWS)),
    "UNSUPPORTED_ELEMENT_COMBINATION": (Kind.IDENTITY, allow(NotAction="s3:PutObject"), allow()),
    "UNSUPPORTED_ELEMENT_IN_POLICY_TYPE": (Kind.SCP, deny(Principal="*"), deny()),
    "UNSUPPORTED_PRINCIPAL": (Kind.IDENTITY, allow(Principal=AWS), allow()),
    "UNSUPPORTED_RESOURCE": (Kind.TRUST, trusts(AWS, Resource="*"), trusts(AWS)),
    "UNSUPPORTED_SID": (Kind.IDENTITY, allow(Sid="a b"), allow(Sid="ab")),
}
