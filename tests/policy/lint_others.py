"""Each code of the linter that is no error: a policy that has it, and one near to it that has not."""

from keyreeve.policy import Kind
from policy.linting import (
    AWS,
    BY_SAML,
    EVERYONE,
    NULL_CHECK,
    ROLE,
    SAML,
    TAGS,
    allow,
    deny,
    github,
    in_bucket,
    trusts,
    when,
)

OTHERS = {
    "ALLOW_WITH_NOT_ACTION": (
        Kind.IDENTITY,
        allow(None, NotAction="iam:*"),
        deny(None, NotAction="iam:*"),
    ),
    "ALLOW_WITH_NOT_RESOURCE": (
        Kind.IDENTITY,
        allow(resource=None, NotResource="arn:aws:s3:::b/*"),
        deny(resource=None, NotResource="arn:aws:s3:::b/*"),
    ),
    "CREDENTIAL_IN_POLICY": (
        Kind.IDENTITY,
        when("StringEquals", "aws:userid", "AKIAIOSFODNN7EXAMPLE"),
        when("StringEquals", "aws:userid", "AIDAIOSFODNN7EXAMPLE"),
    ),
    "FORALLVALUES_WITHOUT_NULL_CHECK": (
        Kind.IDENTITY,
        when("ForAllValues:StringEquals", TAGS, ["a"]),
        allow(Condition=NULL_CHECK),
    ),
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": (
        Kind.IDENTITY,
        when("ForAllValues:StringLike", "aws:PrincipalArn", "*"),
        when("ArnLike", "aws:PrincipalArn", ROLE),
    ),
    "PASS_ROLE_WITH_NOT_RESOURCE": (
        Kind.IDENTITY,
        allow("iam:PassRole", None, NotResource=ROLE),
        deny("iam:PassRole", None, NotResource=ROLE),
    ),
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": (
        Kind.IDENTITY,
        allow("iam:P*", "*"),
        allow("iam:Get*", "*"),
    ),
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": (
        Kind.IDENTITY,
        allow("iam:PassRole", "arn:aws:iam::*:role/*"),
        when("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", action="iam:PassRole", resource="*"),
    ),
    "PUBLIC_PRINCIPAL": (
        Kind.RESOURCE,
        in_bucket(EVERYONE, Condition={"Bool": {"aws:SecureTransport": "true"}}),
        in_bucket(EVERYONE, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    ),
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": (
        Kind.RESOURCE,
        in_bucket({"Service": "sns.amazonaws.com"}),
        in_bucket({"Service": "sns.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
    ),
    "SERVICE_STAR_WITH_STAR_RESOURCE": (Kind.IDENTITY, allow("s3:*", "*"), allow("s3:Get*", "*")),
    "STAR_ACTION_WITH_STAR_RESOURCE": (Kind.IDENTITY, allow("*", "*"), deny("*", "*")),
    "UNRESTRICTED_FEDERATION": (
        Kind.TRUST,
        trusts(SAML, BY_SAML),
        trusts(SAML, BY_SAML, Condition={"StringEquals": {"SAML:aud": "https://signin.example/saml"}}),
    ),
    "WIDE_TENANT_CLAIM": (Kind.TRUST, github("repo:*/app:ref:main"), github("repo:ours/*")),
    "VARIABLE_UNSUPPORTED_IN_VERSION": (
        Kind.INLINE,
        {"Version": "2008-10-17", "Statement": allow(resource="arn:aws:s3:::b/${aws:username}")},
        allow(resource="arn:aws:s3:::b/${aws:username}"),
    ),
    "ACTION_TAKES_NO_RESOURCE": (
        Kind.IDENTITY,
        allow("shop:ListItems", "arn:aws:shop:::item/1"),
        allow("shop:ListItems", "*"),
    ),
    "ARN_ACCOUNT_NOT_ALLOWED": (
        Kind.IDENTITY,
        allow(resource="arn:aws:s3::111122223333:b/k"),
        allow(resource="arn:aws:s3:eu-west-1:111122223333:accesspoint/a"),
    ),
    "CONDITION_KEY_DOES_NOT_FIT_ACTION": (
        Kind.IDENTITY,
        when("StringEquals", "shop:Color", "red", action="shop:ListItems", resource="*"),
        when("StringEquals", "shop:ItemTag/a", "b", action="shop:GetItem", resource="*"),
    ),
    "DEPRECATED_ACTION": (Kind.IDENTITY, allow("shop:SeeItem", "*"), allow("shop:GetItem", "*")),
    "DEPRECATED_CONDITION_KEY": (
        Kind.IDENTITY,
        when("StringEquals", "shop:Colour", "red"),
        when("StringEquals", "shop:Color", "red"),
    ),
    "EMPTY_CONDITION_VALUES": (
        Kind.IDENTITY,
        when("StringEquals", "aws:username", []),
        when("StringEquals", "aws:username", [""]),
    ),
    "INVALID_ARN_ACCOUNT": (
        Kind.IDENTITY,
        allow("sqs:*", "arn:aws:sqs:*:12345:q"),
        allow("sqs:*", "arn:aws:sqs:*:111122223333:q"),
    ),
    "INVALID_ARN_SERVICE_CASE": (
        Kind.IDENTITY,
        allow(resource="arn:aws:S3:::b"),
        allow(resource="arn:aws:s3:::B"),
    ),
    "INVALID_ARN_VALUE": (
        Kind.IDENTITY,
        when("ArnLike", "aws:SourceArn", "arn:aws:s3:*"),
        when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
    ),
    "INVALID_GLOBAL_CONDITION_KEY": (
        Kind.IDENTITY,
        when("StringEquals", "aws:PrincipleOrgID", "o-1"),
        when("StringEquals", "AWS:principalorgid", "o-1"),
    ),
    "INVALID_SERVICE_CONDITION_KEY": (
        Kind.IDENTITY,
        when("StringEquals", "shop:Size", "9"),
        when("StringEquals", "stop:Size", "9"),
    ),
    "MISMATCHED_ACTION_FOR_PRINCIPAL": (
        Kind.TRUST,
        trusts(SAML, "sts:AssumeRole"),
        trusts(SAML, ["sts:assumerolewithsaml", "sts:TagSession"]),
    ),
    "MISSING_ARN_FIELD": (Kind.IDENTITY, allow(resource="arn:aws:s3:*"), allow(resource="arn:aws:s3:::*")),
    "MISSING_QUALIFIER": (
        Kind.IDENTITY,
        when("StringEquals", TAGS, "a"),
        when("ForAnyValue:StringEquals", TAGS, "a"),
    ),
    "MISSING_VERSION": (Kind.TRUST, {"Statement": trusts(AWS)}, trusts(AWS)),
    "MULTIVALUED_KEY_IN_VARIABLE": (
        Kind.IDENTITY,
        allow(resource="arn:aws:s3:::b/${aws:TagKeys}"),
        allow(resource="arn:aws:s3:::b/${aws:userid}"),
    ),
    "NULL_WITH_QUALIFIER": (
        Kind.IDENTITY,
        when("ForAllValues:Null", TAGS, "true"),
        when("Null", TAGS, "true"),
    ),
    "OLD_VERSION": (Kind.TRUST, {"Version": "2008-10-17", "Statement": trusts(AWS)}, trusts(AWS)),
    "POLICY_SIZE_EXCEEDS_QUOTA": (
        Kind.SESSION,
        allow([f"s3:Get{number}" for number in range(300)]),
        allow([f"s3:Get{number}" for number in range(30)]),
    ),
    "RESOURCE_DOES_NOT_FIT_ACTION": (
        Kind.IDENTITY,
        allow("shop:GetItem", "arn:aws:shop:::cart/1"),
        allow("shop:Get*", ["arn:aws:shop:::item/1", "arn:aws:shop:::it?m/${aws:username}"]),
    ),
    "TYPE_MISMATCH": (
        Kind.IDENTITY,
        when("StringEquals", "aws:SecureTransport", "true"),
        when("Bool", "aws:SecureTransport", "true"),
    ),
    "TYPE_MISMATCH_BOOLEAN": (
        Kind.IDENTITY,
        when("Bool", "aws:SecureTransport", "yes"),
        when("Bool", "aws:SecureTransport", True),
    ),
    "TYPE_MISMATCH_IP_RANGE": (
        Kind.IDENTITY,
        when("IpAddress", "aws:SourceIp", "203.0.113.0/33"),
        when("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::1"]),
    ),
    "TYPE_MISMATCH_NUMBER": (
        Kind.IDENTITY,
        when("NumericLessThan", "aws:MultiFactorAuthAge", "1e3"),
        when("NumericLessThan", "aws:MultiFactorAuthAge", 1000),
    ),
    "TYPE_MISMATCH_STRING": (
        Kind.IDENTITY,
        when("BinaryEquals", "some:Key", "not base64"),
        when("BinaryEquals", "some:Key", "QmluYXJ5"),
    ),
    "UNKNOWN_ACTION": (Kind.IDENTITY, allow("shop:GetItme", "*"), allow("shop:GETITEM", "*")),
    "UNKNOWN_SERVICE": (Kind.IDENTITY, allow("shoop:GetItem", "*"), allow("*:Get*", "*")),
    "UNREACHABLE_STATEMENT": (
        Kind.IDENTITY,
        [deny(["s3:Get*"], "*"), allow("s3:GetObject")],
        [deny(["s3:Get*"], "arn:aws:s3:::other/*"), allow("s3:GetObject")],
    ),
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": (
        Kind.IDENTITY,
        allow(resource="arn:aws:sqs:*:${aws:PrincipalAccount}:q"),
        allow(resource="arn:aws:sqs:*:*:${aws:PrincipalAccount}"),
    ),
    "WILDCARD_WITHOUT_LIKE_OPERATOR": (
        Kind.IDENTITY,
        when("StringEquals", "aws:username", "a*"),
        when("StringEquals", "aws:username", "a${*}"),
    ),
    "EMPTY_ARRAY_PRINCIPAL": (Kind.RESOURCE, in_bucket({"AWS": []}), in_bucket(AWS)),
    "EMPTY_OBJECT_CONDITION": (Kind.IDENTITY, allow(Condition={}), when("Bool", "aws:SecureTransport", "true")),
    "EMPTY_SID_VALUE": (Kind.IDENTITY, allow(Sid=""), allow(Sid="A")),
    "IMPROVE_IP_RANGE": (
        Kind.IDENTITY,
        when("IpAddress", "aws:SourceIp", "203.0.113.7/24"),
        when("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "203.0.113.7"]),
    ),
    "PASS_ROLE_WITHOUT_PASSED_TO_SERVICE": (
        Kind.IDENTITY,
        allow("iam:PassRole", ROLE),
        when("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", action="iam:PassRole", resource=ROLE),
    ),
    "REDUNDANT_ACTION": (Kind.IDENTITY, allow(["s3:Get*", "S3:getobject"]), allow(["s3:Get*", "s3:*Object"])),
    "REDUNDANT_RESOURCE": (
        Kind.IDENTITY,
        allow(resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}"]),
        allow(resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b"]),
    ),
    "REDUNDANT_STATEMENT": (
        Kind.IDENTITY,
        [allow("s3:*"), when("Bool", "aws:SecureTransport", "true")],
        [when("Bool", "aws:SecureTransport", "true", action="s3:*"), allow()],
    ),
    "SET_OPERATOR_WITH_SINGLE_VALUED_KEY": (
        Kind.IDENTITY,
        when("ForAnyValue:StringEquals", "aws:username", "a"),
        when("StringEquals", "aws:username", "a"),
    ),
    "WILDCARD_IN_SERVICE_NAME": (Kind.IDENTITY, allow("s*:GetObject"), allow("s3:G*")),
}
