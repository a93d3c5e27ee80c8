"""The words of which cases are made: callers, actions, resources, context keys with their types, and what fits them."""

HOME, AWAY = "111122223333", "444455556666"
ACCOUNTS = (HOME, AWAY)
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

KINDS = ("root", "user", "role_session", "federated_user", "service", "anonymous", "web_identity", "saml")
NAMES = ("alice", "bob", "dev/carol", "Alice")
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/id.example.com/x"
SAML = f"arn:aws:iam::{HOME}:saml-provider/Office"

# Actions, each with resources that it might ask about.
ACTIONS = {
    "s3:GetObject": ("arn:aws:s3:::bucket/key", "arn:aws:s3:::bucket/home/alice/a:b", "arn:aws:s3:::bucket/1/2/test/3"),
    "s3:ListBucket": ("arn:aws:s3:::bucket", "arn:aws:s3:::bu-cket"),
    "s3:ListAllMyBuckets": ("*",),
    "s3-object-lambda:GetObject": (f"arn:aws:s3-object-lambda:us-east-1:{HOME}:accesspoint/x",),
    "iam:GetUser": (f"arn:aws:iam::{HOME}:user/alice", f"arn:aws:iam::{AWAY}:user/dev/carol"),
    "iam:PassRole": (f"arn:aws:iam::{HOME}:role/service/builder",),
    "dynamodb:Query": (f"arn:aws:dynamodb:us-east-1:{HOME}:table/prod-x", f"arn:aws:dynamodb:us-west-1:{AWAY}:table/t"),
    "ec2:StopInstances": (f"arn:aws:ec2:us-east-1:{HOME}:instance/i-1", f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-12"),
    "kms:Decrypt": (f"arn:aws:kms:us-east-1:{HOME}:key/abc",),
    "sqs:SendMessage": (f"arn:aws:sqs:us-east-1:{HOME}:queue", f"arn:aws:sqs:us-east-1:{AWAY}:queue"),
}
ROLES = (f"arn:aws:iam::{HOME}:role/dev/builder", f"arn:aws:iam::{AWAY}:role/auditor")
ASSUME = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")

# What a caller's kind may call instead.
TOKEN_ACTIONS = {"web_identity": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}

STRINGS = (
    "alice",
    "Alice",
    "ALICE",
    "a*c",
    "a",
    "",
    "eng",
    "x/y",
    "straße",
    "STRASSE",
    "prod-1",
    "${x}",
    "*",
    "?",
    f"us-east-1:{HOME}",
    f"us-east-1:{HOME}",
)
NUMBERS = ("0", "10", "1e1", "10.0", "-3", "3600", "3600.5", "+7", "007", "99999999999999999999")
DATES = (
    "2026-11-24T10:00:00Z",
    "2026-11-24T12:00:00+02:00",
    "2026-11-24T10:00:00.5Z",
    "2026-11-24t10:00:00z",
    "2026-11-24T05:00:00-05:00",
    "2026-11-24T10:00Z",
    "2026-11-24",
    "2026-11",
    "2026",
    "1795514400",
    "1000000000",
    "999999999",
    "2027",
    "0",
    "2027-01-01T00:00:00Z",
)
TRUTHS = ("true", "false", "True", "FALSE")
ADDRESSES = ("203.0.113.7", "203.0.113.200", "10.0.0.1", "2001:db8::1", "2001:db8:1::7", "::ffff:203.0.113.7")
BLOCKS = (
    "203.0.113.0/24",
    "203.0.113.7",
    "0.0.0.0/0",
    "10.0.0.5/8",
    "2001:db8::/32",
    "::/0",
    "2001:db8::1",
    "203.0.113.7/32",
)
BYTES = ("QUJD", "QUI=", "QQ==", "")
ARNS = (
    f"arn:aws:iam::{HOME}:user/alice",
    f"arn:aws:iam::{HOME}:role/dev/builder",
    "arn:aws:s3:::bucket",
    f"arn:aws:sns:us-east-1:{HOME}:topic:sub",
    f"arn:aws:sqs:us-east-1:{HOME}:queue",
    "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
)
ODD = (
    "abc",
    "12x",
    "1e3",
    "2026-13-40",
    "maybe",
    "300.1.1.1",
    "203.0.113.0/33",
    "a:b:c",
    "!!!",
    " ",
    "arn:aws:s3",
    "*",
)

ODD += ("10.0.0.0/255.0.0.0", "203.0.113.0/28", "2026-11-24T10:00+25:00", "2026-11-24T10:00", "+1795514400")
ODD += ("2026-11-24T24:00Z", "2026-02-29", "9223372036854775808", "-9223372036854775809", "1.", ".5", "QUJ", "01.2.3.4")

# Families of condition operators: operators, values of the family, values that only policies hold, keys of one value,
# keys of several.
FAMILIES = {
    "string": (
        (
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ),
        STRINGS,
        (),
        ("aws:username", "aws:PrincipalTag/team", "s3:prefix", "aws:RequestTag/Env"),
        ("aws:TagKeys", "aws:CalledVia"),
    ),
    "number": (
        (
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ),
        NUMBERS,
        (),
        ("s3:max-keys", "aws:MultiFactorAuthAge"),
        ("test:numbers",),
    ),
    "date": (
        (
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ),
        DATES,
        (),
        ("aws:CurrentTime", "aws:TokenIssueTime"),
        ("test:dates",),
    ),
    "truth": (("Bool",), TRUTHS, (), ("aws:SecureTransport", "aws:MultiFactorAuthPresent"), ("test:truths",)),
    "bytes": (("BinaryEquals",), BYTES, (), ("test:blob",), ("test:blobs",)),
    "address": (
        ("IpAddress", "NotIpAddress"),
        ADDRESSES,
        BLOCKS,
        ("aws:SourceIp", "aws:VpcSourceIp"),
        ("test:addresses",),
    ),
    "arn": (
        ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
        ARNS,
        (),
        ("aws:PrincipalArn", "aws:SourceArn"),
        ("test:arns",),
    ),
}
OPERATORS = tuple(operator for family in FAMILIES.values() for operator in family[0])
SETS = ("ForAllValues:", "ForAnyValue:")
