import json

import pytest

from keyreeve import policy
from keyreeve.policy.condition import FOR_ALL, FOR_ANY, conditions
from keyreeve.policy.operators import OPERATORS

TAGS, PATHS, IP = "aws:TagKeys", "aws:PrincipalOrgPaths", "aws:SourceIp"


def holds(block, context=None, effect="Allow", *, active=True):
    lowered = {key.lower(): value for key, value in (context or {}).items()}
    return all(each.holds(lowered) for each in conditions(block, denies=effect == "Deny", active=active))


# operator, key, policy values, request value (None: absent), result in an Allow
VECTORS = [
    ("StringEquals", "aws:PrincipalTag/job-category", "iamuser-admin", None, False),
    ("StringNotEquals", "aws:PrincipalAccount", ["A", "B"], "C", True),
    ("StringNotEquals", "aws:PrincipalAccount", ["A", "B"], "A", False),
    ("StringNotLike", "k", ["x*"], None, True),
    ("StringLikeIfExists", "ec2:InstanceType", ["t1.*", "t2.*"], None, True),
    ("StringLikeIfExists", "ec2:InstanceType", ["t1.*", "t2.*"], "m2.x", False),
    ("ForAllValues:StringEquals", TAGS, ["environment", "cost-center"], ("environment", "dept"), False),
    ("ForAllValues:StringEquals", TAGS, ["environment", "cost-center"], ("environment",), True),
    ("ForAllValues:StringEquals", TAGS, ["environment"], None, True),
    ("ForAllValues:StringEquals", TAGS, ["environment"], ("",), True),
    ("ForAnyValue:StringEquals", TAGS, ["environment"], ("Environment",), False),
    ("ForAnyValue:StringEquals", TAGS, ["environment"], ("",), False),
    ("Bool", "aws:MultiFactorAuthPresent", "false", None, False),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "false", None, True),
    ("Bool", "aws:MultiFactorAuthPresent", True, "TRUE", True),
    ("Bool", "aws:MultiFactorAuthPresent", ["true", "false"], "false", True),
    ("Bool", "aws:MultiFactorAuthPresent", "${aws:other}", "true", False),
    ("Null", "aws:TokenIssueTime", "true", None, True),
    ("Null", "aws:TokenIssueTime", True, "2026", False),
    ("Null", "aws:TokenIssueTime", False, "", True),
    ("Null", TAGS, "false", (), False),
    ("Null", TAGS, "false", ("",), False),
    ("Null", TAGS, ["true", "false"], None, True),
    ("Null", TAGS, "perhaps", None, False),
    ("ForAllValues:Null", TAGS, "true", ("a",), True),
    ("ForAnyValue:Null", TAGS, "true", None, False),
    ("IpAddress", IP, "203.0.113.0/24", None, False),
    ("NotIpAddress", IP, "203.0.113.0/24", None, True),
    ("IpAddress", IP, "203.0.113.0/24", "203.0.113.9", True),
    ("IpAddress", IP, "203.0.113.9", "203.0.113.9", True),
    ("IpAddress", IP, "203.0.113.77/24", "203.0.113.9", True),
    ("IpAddress", IP, ["10.0.0.0/8", "2001:DB8::/32"], "2001:db8::1", True),
    ("NotIpAddress", IP, "203.0.113.0/24", "2001:db8::1", True),
    ("NotIpAddress", IP, "::/0", "203.0.113.9", True),
    ("IpAddress", IP, ["10.0.0.0/8", "10.1.0.0/16", "10.255.0.0/15"], "10.200.0.1", True),
    ("IpAddress", IP, ["10.0.0.0/9", "10.128.0.0/9", "12.0.0.0/8"], "10.255.255.255", True),
    ("IpAddress", IP, ["10.0.0.0/9", "12.0.0.0/8"], "11.0.0.0", False),
    ("IpAddress", IP, ["10.0.0.0/9", "12.0.0.0/8"], "9.255.255.255", False),
    ("ForAnyValue:StringLike", PATHS, "o-a1/r-ab12/ou-1/*", ("o-a1/r-ab12/ou-1/",), True),
    ("NumericLessThanEquals", "aws:MultiFactorAuthAge", 3600, None, False),
    ("NumericLessThanEquals", "aws:MultiFactorAuthAge", "3600", "3600.0", True),
    ("NumericEquals", "k", "10", "10.0", True),
    ("NumericNotEquals", "k", [1, 2], "3", True),
    ("NumericNotEquals", "k", [1, 2], "2", False),
    ("NumericLessThan", "k", "-1.5", "-2", True),
    ("NumericGreaterThan", "k", 5, "5", False),
    ("NumericGreaterThan", "k", [9, 5], "6", True),
    ("NumericGreaterThanEquals", "k", [9, 5], "5", True),
    ("NumericLessThan", "k", [1, 4], "3", True),
    ("NumericLessThanEquals", "k", [1, 4], "4.1", False),
    ("NumericLessThan", "k", ["x", 4], "3", True),
    ("NumericLessThan", "k", ["x", 4], "5", False),
    ("NumericGreaterThanEquals", "k", 5, "5", True),
    ("ForAnyValue:StringNotEquals", TAGS, ["a"], ("a", "b"), True),
    ("ForAnyValue:StringNotEquals", TAGS, ["a"], ("a",), False),
    ("ForAnyValue:StringNotEquals", TAGS, ["a"], None, False),
    ("ForAllValues:StringNotEquals", TAGS, ["a"], ("a", "b"), False),
    ("ForAllValues:StringNotEquals", TAGS, ["a"], ("b", "c"), True),
    ("ForAllValues:StringLike", "aws:PrincipalArn", "x", None, True),
    ("ForAllValues:StringLike", "aws:PrincipalArn", "x", "x", True),
    ("ForAnyValue:StringLike", "aws:PrincipalArn", "x", "y", False),
    ("ForAllValues:StringEqualsIfExists", TAGS, "a", None, True),
    ("ForAnyValue:StringEqualsIfExists", TAGS, "a", None, False),
    ("ForAnyValue:StringEqualsIfExists", TAGS, "a", ("a",), True),
    ("StringEquals", TAGS, ["a"], ("a",), False),
    ("StringEquals", TAGS, ["a"], ("a", "b"), False),
    ("StringNotEquals", TAGS, ["a"], ("b",), False),
    ("StringNotEquals", TAGS, ["a"], (), True),
    ("StringEqualsIfExists", TAGS, ["a"], ("a",), False),
    ("StringLike", "s3:prefix", ["", "home/*"], "", True),
    ("StringLike", "s3:prefix", ["", "home/*"], "home", False),
    ("StringLike", "k", "?*", "", False),
    ("StringEquals", "k", "a*", "ab", False),
    ("StringEquals", "k", "A", "a", False),
    ("StringEqualsIgnoreCase", "k", "A", "a", True),
    ("StringNotEqualsIgnoreCase", "k", ["A", "b"], "B", False),
    ("StringEquals", "K", 10, "10", True),
    ("StringEquals", "k", True, "true", True),
    ("StringEquals", "k", [], "a", False),
    ("StringNotEquals", "k", [], "a", False),
    ("BinaryEquals", "k", "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", "k", "QmluYXJ5", "QmluYXJ6", False),
    ("BinaryEquals", "k", "QmluYXJ5", "no base64", False),
    ("BinaryEquals", "k", "QmluYXJ5", "Qml", False),
    ("DateEquals", "k", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "k", "1767225600", "2026-01-01", True),
    ("DateEquals", "k", "2026", "2026-01-01T00:00Z", True),
    ("DateEquals", "k", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z", True),
    ("DateNotEquals", "k", "2026-01", "2026-01-01", False),
    ("DateLessThan", "k", "2026-01-02", "2026-01-01t23:59:59.999z", True),
    ("DateLessThanEquals", "k", "2026-01-01", "2026-01-01", True),
    ("DateGreaterThan", "k", "2025-12-31T23:00:00-02:00", "2026-01-01T00:59:59Z", False),
    ("DateGreaterThanEquals", "k", "0001-01-01", "2026-01-01", True),
    ("ArnEquals", "k", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y", True),
    ("ArnLike", "k", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/a/b", True),
    ("ArnLike", "k", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/role/x", False),
    ("ArnNotLike", "k", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/x", True),
    ("ArnNotEquals", "k", "arn:aws:s3:::b", "arn:aws:s3:::b", False),
    ("ArnLike", "k", "arn:aws:ec2:*:instance/i-1", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", False),
    ("ArnLike", "k", "*", "arn:aws:s3:::b", False),
    ("ArnLike", "k", "${aws:other}", "arn:aws:s3:::b", False),
]


@pytest.mark.parametrize(("operator", "key", "values", "given", "expected"), VECTORS)
def test_a_condition_in_an_allow(operator, key, values, given, expected):
    assert holds({operator: {key: values}}, {} if given is None else {key: given}) is expected


def test_the_arn_comparison_is_strict_where_the_string_comparison_is_not():
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    assert holds({"StringLike": {"k": pattern}}, {"k": value})
    assert not holds({"ArnLike": {"k": pattern}}, {"k": value})


def test_operators_and_keys_are_all_demanded():
    block = {"StringLike": {"a": "x*", "b": "y"}, "StringNotEquals": {"a": "xx"}}
    assert holds(block, {"A": "xy", "b": "y"})
    assert not holds(block, {"a": "xx", "b": "y"})
    assert not holds(block, {"a": "xy"})
    assert holds({})


def test_key_names_have_no_case():
    assert holds({"StringEquals": {"AWS:principaltag/TEAM": "red"}}, {"aws:PrincipalTag/team": "red"})


DOUBTFUL = [
    ("NumericEquals", "5", "five"),
    ("NumericEquals", "5", "5e0"),
    ("NumericNotEquals", "five", "5"),
    ("DateLessThan", "2026-01-01", "soon"),
    ("DateLessThan", "2026-01-01", "9223372036854775808"),
    ("DateLessThan", "2026-01-01", "2026-02-30"),
    ("DateLessThan", "2026-01-01", "2026-01-01T24:00Z"),
    ("DateLessThan", "2026-01-01", "2026-01-01T23:00"),
    ("Bool", "true", "yes"),
    ("Bool", "yes", "true"),
    ("BinaryEquals", "QQ==", "?"),
    ("IpAddress", "10.0.0.0/8", "nowhere"),
    ("NotIpAddress", "10.0.0.0/99", "10.0.0.1"),
    ("NotIpAddress", "10.0.0.0/8", "10.0.0.1%eth0"),
    ("ArnLike", "*", "arn:aws:s3:::b"),
    ("ArnNotLike", "arn:aws:s3:::b", "b"),
    ("ArnLike", "x:aws:s3:::b", "x:aws:s3:::b"),
]


@pytest.mark.parametrize(("operator", "value", "given"), DOUBTFUL)
@pytest.mark.parametrize("quantifier", ["", f"{FOR_ALL}:", f"{FOR_ANY}:"])
def test_doubt_gives_nothing_and_denies(operator, value, given, quantifier):
    block = {f"{quantifier}{operator}": {"k": value}}
    context = {"k": (given,) if quantifier else given}
    assert not holds(block, context)
    assert holds(block, context, "Deny")


def test_doubt_about_one_value_leaves_the_others():
    assert holds({"NumericEquals": {"k": ["x", 5]}}, {"k": "5"})
    assert not holds({"NumericEquals": {"k": ["x", 5]}}, {"k": "6"})
    assert holds({"NumericEquals": {"k": ["x", 5]}}, {"k": "6"}, "Deny")


def test_a_deny_takes_the_reading_that_denies():
    assert holds({"StringEquals": {TAGS: "a"}}, {TAGS: ("b", "a")}, "Deny")
    assert not holds({"StringEquals": {TAGS: "a"}}, {TAGS: ("b",)}, "Deny")
    assert holds({"StringNotEquals": {TAGS: "a"}}, {TAGS: ("b", "a")}, "Deny")
    assert holds({"ForAnyValue:StringEqualsIfExists": {TAGS: "a"}}, {}, "Deny")
    assert holds({"Null": {TAGS: "perhaps"}}, {}, "Deny")
    assert holds({"StringNotEquals": {"k": []}}, {"k": "a"}, "Deny")
    assert holds({"StringEquals": {"k": []}}, {"k": "a"}, "Deny")
    assert holds({"StringEquals": {"k": []}}, {}, "Deny")
    assert holds({"Null": {"k": []}}, {}, "Deny")
    assert holds({"ForAllValues:StringEquals": {TAGS: "a"}}, {TAGS: ("", "")}, "Deny")
    moving = {"ArnEquals": {"k": "arn:aws:sqs:${a}:1:q"}}, {"a": "x:1:q", "k": "arn:aws:sqs:x:1:q:1:q"}
    assert holds(*moving, "Deny")
    assert not holds(*moving)
    assert not holds({"StringEqualsIfExists": {"k": []}}, {"k": "a"}, "Deny")
    assert not holds({"ForAnyValue:StringEquals": {TAGS: []}}, {TAGS: ("a",)}, "Deny")
    assert holds({"ForAllValues:StringEquals": {TAGS: []}}, {}, "Deny")
    assert not holds({"ForAllValues:StringEquals": {TAGS: []}}, {TAGS: ("a",)}, "Deny")


def test_variables_in_values():
    context = {"aws:username": "al*", "k": "home/al*", "team": ("a", "b")}
    assert holds({"StringLike": {"k": "home/${aws:UserName}"}}, context)
    assert not holds({"StringLike": {"k": "home/${aws:UserName}"}}, {**context, "k": "home/alice"})
    assert holds({"StringEquals": {"k": ["x", "home/${aws:username}"]}}, context)
    assert holds({"StringEquals": {"k": ["home/al*", "${aws:username}"]}}, context)
    assert holds({"StringLike": {"k": "*${*}"}}, context)
    assert not holds({"StringLike": {"k": "*${?}"}}, context)
    assert holds({"StringEquals": {"k": "home/al${*}"}}, context)
    assert holds({"StringEquals": {"k": "${missing, 'home/al*'}"}}, context)
    assert not holds({"StringEquals": {"k": "${team, 'home/al*'}"}}, context)
    assert not holds({"StringLike": {"k": "${missing}*"}}, context)
    assert holds({"StringNotEquals": {"k": "${missing}"}}, context)
    assert holds({"StringNotEquals": {"k": "${missing}"}}, context, "Deny")
    assert not holds({"StringEquals": {"k": "home/${aws:username}"}}, context, active=False)
    assert holds({"StringEquals": {"k": "${aws:username}"}}, {"k": "${aws:username}"}, active=False)
    assert holds({"Bool": {"k": "${b}"}}, {"k": "true", "b": "True"})
    assert not holds({"NumericEquals": {"k": "${n}"}}, {"k": "5", "n": "5"})


def test_variables_in_arns():
    arn = "arn:aws:iam::111122223333:role/x"
    assert holds({"ArnEquals": {"k": "${aws:PrincipalArn}"}}, {"k": arn, "aws:principalarn": arn})
    assert holds({"ArnLike": {"k": "arn:aws:iam::111122223333:role/${n}"}}, {"k": arn, "n": "x"})
    smuggled = {"k": "arn:aws:x:a:999988887777:b:111122223333:c", "n": "a:999988887777:b"}
    assert not holds({"ArnLike": {"k": "arn:aws:x:${n}:111122223333:*"}}, smuggled)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_by_name_is_accepted_with_every_prefix_and_suffix(name):
    value = "2026-01-01" if name.startswith("Date") else "x"
    for spelled in (name, f"{name}IfExists", f"{FOR_ALL}:{name}", f"{FOR_ANY}:{name}IfExists"):
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {spelled: {"k": value}}}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        assert policy.parse(text, policy.Kind.IDENTITY).statements[0].conditions[0].operator == spelled


def test_a_block_of_addresses_is_no_address_of_a_request():
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    assert not holds(condition, {"aws:sourceip": "203.0.113.0/28"})
    assert holds(condition, {"aws:sourceip": "203.0.113.0/28"}, "Deny")


def test_an_epoch_second_has_no_plus_sign():
    assert not holds({"DateEquals": {"k": "5"}}, {"k": "+5"})
