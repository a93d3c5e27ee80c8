import json

import pytest

from keyreeve import policy
from keyreeve.policy import Kind, PolicyError

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VERSION = "Policy document must be version 2012-10-17 or greater."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def refused(value, kind=Kind.IDENTITY):
    text = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(PolicyError) as caught:
        policy.parse(text, kind)
    with pytest.raises(PolicyError) as checked:
        policy.check(text, kind)
    assert str(checked.value) == str(caught.value)
    return caught.value


def with_statement(*statements, **members):
    return {"Version": "2012-10-17", "Statement": list(statements), **members}


def changed(**members):
    return {name: value for name, value in {**GOOD, **members}.items() if value is not ...}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "no json",
        "[]",
        '"text"',
        "NaN",
        "[" * 100_000,
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:x","Resource":"*","Effect":"Deny"}}',
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:x","Resource":"\\ud800"}}',
        '{"Version":"2012-10-17","Statement":[],"Id":NaN}',
        '{"Version":"2012-10-17","Statement":[],"Id":' + "9" * 5000 + "}",
        " " * (2**20 + 1),
        {"Version": "2012-10-18", "Statement": [GOOD]},
        {"Version": 2012, "Statement": [GOOD]},
        {"Version": ["2012-10-17"], "Statement": [GOOD]},
        {"Version": "2012-10-17"},
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "2012-10-17", "Statement": {}},
        {"Version": "2012-10-17", "Statement": "x"},
        {"Version": "2012-10-17", "Statement": ["x"]},
        with_statement(GOOD, Extra="x"),
        with_statement(GOOD, Id=5),
        with_statement(changed(effect="Allow")),
        with_statement(changed(Effect=...)),
        with_statement(changed(Effect="Permit")),
        with_statement(changed(Effect=["Allow"])),
        with_statement(changed(Sid=5)),
        with_statement(changed(Action=5)),
        with_statement(changed(Action=[["s3:x"]])),
        with_statement(changed(Resource={})),
        with_statement(changed(NotAction=[])),
        with_statement(changed(NotResource=[])),
        with_statement(changed(Principal="*", NotPrincipal="*")),
        with_statement(changed(Condition=[])),
        with_statement(changed(Condition="x")),
        with_statement(changed(Condition={"StringEquals": []})),
        with_statement(changed(Condition={"stringequals": {"a": "b"}})),
        with_statement(changed(Condition={"ForAnyValue::StringEquals": {"a": "b"}})),
        with_statement(changed(Condition={"ForSomeValue:StringEquals": {"a": "b"}})),
        with_statement(changed(Condition={":StringEquals": {"a": "b"}})),
        with_statement(changed(Condition={"NullIfExists": {"a": "true"}})),
        with_statement(changed(Condition={"StringEqualsIfExistsIfExists": {"a": "b"}})),
        with_statement(changed(Condition={"StringEquals": {"a": {"b": "c"}}})),
        with_statement(changed(Condition={"StringEquals": {"a": None}})),
        with_statement(changed(Condition={"StringEquals": {"aws:x": "a", "AWS:X": "b"}})),
    ],
)
def test_bad_grammar_is_a_syntax_error(value):
    assert refused(value).sentence == SYNTAX


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (changed(Effect="aLLow"), LEGACY),
        (changed(Action="invalid"), VENDOR),
        (changed(Action=""), VENDOR),
        (changed(Action="a a:X"), "Vendor a a is not valid"),
        (changed(Action=":X"), "Vendor  is not valid"),
        (changed(Action="s:3:X"), "Actions/Condition can contain only one colon."),
        (changed(Resource="invalid resource"), 'Resource invalid resource must be in ARN format or "*".'),
        (changed(Resource=""), 'Resource  must be in ARN format or "*".'),
        (
            changed(Resource="arn:error:s3:::example_bucket"),
            'Partition "error" is not valid for resource "arn:error:s3:::example_bucket".',
        ),
        (changed(Resource="a:b:cadfsdf"), 'Partition "b" is not valid for resource "arn:b:cadfsdf:*:*:*".'),
        (changed(Resource="foo:aws:s3:::b"), 'Resource foo:aws:s3:::b must be in ARN format or "*".'),
        (changed(Resource=...), "Policy statement must contain resources."),
        (changed(Resource=[]), "Policy statement must contain resources."),
        (changed(Action=...), "Policy statement must contain actions."),
        (changed(Action=[]), "Policy statement must contain actions."),
        ({"Effect": "Allow"}, "Policy statement must contain actions."),
        (
            changed(Resource="arn:aws:s*:::x"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            changed(Resource="arn:aws:iam:us-east-1::example_bucket"),
            "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.",
        ),
        (
            changed(Resource="arn:aws:s3:us-east-1::example_bucket"),
            "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.",
        ),
        (changed(Resource="arn:aws:s3::example_bucket"), LEGACY),
        (changed(Resource="arn:aws::x"), LEGACY),
        (changed(Resource="arn:aws:s3:::${aws:username"), LEGACY),
        (changed(Condition={"StringEquals": {"a": "${}"}}), LEGACY),
        (
            changed(Sid="a b"),
            SID,
        ),
        (changed(Principal="*"), "Policy document should not specify a principal."),
        (changed(NotPrincipal={"AWS": "*"}), "Policy document should not specify a principal."),
    ],
)
def test_each_fault_has_its_sentence(statement, sentence):
    assert refused(with_statement(statement)).sentence == sentence


@pytest.mark.parametrize("resource", ["arn:aws:iam::111122223333:u*", "arn:aws:iam::111122223333:thing/x"])
def test_an_iam_resource_begins_with_a_type(resource):
    assert refused(with_statement(changed(Resource=resource))).sentence == (
        'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
        "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
    )


@pytest.mark.parametrize(
    "date",
    [
        "sdfdsf",
        "234-13",
        "2016-12-13t2:00:00.593194+1",
        "2016-12-13t2:00:00.1999999999+10:59",
        9223372036854775808,
        "2016-13-01",
        "2016-12-13T25:00Z",
        "2016-12-13T20:00+99:00",
    ],
)
def test_bad_dates_fail_legacy_parsing(date):
    condition = {"DateLessThanIfExists": {"aws:CurrentTime": date}}
    assert refused(with_statement(changed(Condition=condition))).sentence == LEGACY


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"Statement": [changed(Effect="denY")]}, VERSION),
        ({"Version": "2008-10-17", "Statement": [GOOD]}, VERSION),
        (with_statement(changed(Effect="aLLow", Sid="a"), changed(Sid="a")), LEGACY),
        (
            with_statement(
                changed(Condition={"DateEquals": {"a": "x"}}, Resource="arn:error:s3:::example_bucket"),
            ),
            LEGACY,
        ),
        (
            with_statement(changed(Action="s:3:X", Resource="sdfsadf")),
            'Resource sdfsadf must be in ARN format or "*".',
        ),
        (with_statement(changed(Action="invalid", Resource=...)), VENDOR),
        (
            with_statement(changed(Sid="a"), changed(Sid="a", Action=...)),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            with_statement(changed(Action="x"), changed(Resource=["zzz", "aaa"])),
            'Resource zzz must be in ARN format or "*".',
        ),
    ],
)
def test_the_first_failing_stage_gives_the_sentence(value, sentence):
    assert refused(value).sentence == sentence


@pytest.mark.parametrize(
    "statement",
    [
        GOOD,
        changed(Action="*"),
        changed(Action=["IAM:listaccesskeys", "s3:*"], Sid=""),
        changed(Action=..., NotAction="iam:*"),
        changed(Resource=..., NotResource="arn:aws:s3:::x/*"),
        changed(Resource="arn:aws:dynamodb:*:table/prod-*"),
        changed(Resource=["arn:aws:iam::*", "arn:aws:ec2:*", "arn:aws:sqs", "arn:*:s3:::x"]),
        changed(Resource=["arn:aws:iam::aws:policy/x", "arn:aws:iam::*:root", "arn:aws:iam::111122223333:*"]),
        changed(Resource="arn:aws:s3:us-east-1:111122223333:accesspoint/x"),
        changed(Resource="arn:aws:s3:::home/${aws:username}/${aws:PrincipalTag/team, 'none'}${*}"),
        changed(Condition={}),
        changed(Condition={"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 10.5}}),
        changed(Condition={"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", "b*"]}}),
        changed(Condition={"DateLessThan": {"aws:CurrentTime": ["2020", "2020-01-01T00:00Z", 1577836800]}}),
    ],
)
def test_good_statements_are_taken(statement):
    assert len(policy.parse(json.dumps(with_statement(statement, Id="x")), Kind.IDENTITY).statements) == 1


def test_inline_policies_take_the_old_version():
    assert policy.parse(json.dumps({"Statement": GOOD}), Kind.INLINE).version == "2008-10-17"


def test_session_policies_take_no_shortened_arn():
    short = with_statement(changed(Resource="arn:aws:sqs"))
    assert policy.parse(json.dumps(short), Kind.INLINE)
    assert refused(short, Kind.SESSION).sentence == LEGACY
    assert policy.parse(json.dumps(with_statement(changed(Resource="arn:aws:s3:::x"))), Kind.SESSION)


def test_a_refusal_says_where():
    text = (
        '{\n "Version": "2012-10-17",\n "Statement": [\n  {"Effect": "Allow", "Action": "s3:x", "Resource": "nope"}]}'
    )
    place = refused(text).place
    assert (place.path, place.line, place.column) == ("Statement[0].Resource", 4, 53)
    assert str(place) == "Statement[0].Resource, line 4, column 53"


def test_a_duplicate_member_is_placed():
    place = refused('{"Version": "2012-10-17",\n"Version": "2012-10-17", "Statement": []}').place
    assert (place.line, place.column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "path", "line", "column"),
    [
        (
            '{"Statement": [\n{"Effect": "Allow", "Effect": "Deny"},\n{"Effect": "Allow"}]}',
            "Statement[0].Effect",
            2,
            21,
        ),
        ('{"Statement":\n{"Effect": "Allow",\n"\\u0045ffect" : "Effect"}}', "Statement.Effect", 3, 1),
        ('{"Id": {"a": "Id"}, "b": {"a": 1},\n "Id": {"a": 2}}', "Id", 2, 2),
        ('{"Id": "\\"Id\\": ",\n"Id": 1, "Id": 2}', "Id", 2, 1),
    ],
)
def test_a_duplicate_member_is_placed_where_it_is_named_again(text, path, line, column):
    place = refused(text).place
    assert (place.path, place.line, place.column) == (path, line, column)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"Version":\n oops}', 2, 2),
        ('{"Id": "NaN", "Version":\n NaN}', 2, 2),
        ('{"Id": "Infinity", "Version": [\n-Infinity]}', 2, 1),
        ('{"Id": "\\ud83d\\ude00",\n"Version": "\\ud83d"}', 2, 12),
        ('{"Id": 1,\n"\\ud83d": 2}', 2, 1),
        ('{"Id": 1, "Id": 2, "Version":\n"\\ud83d"}', 2, 1),
        ('{"Id": 1, "Id": 2,\n oops}', 2, 2),
        ('{"Id": 1, "Id": 2, "Version":\nNaN}', 2, 1),
        (" " * 2**20 + "\n{}", 1, 1),
    ],
)
def test_what_is_no_json_is_placed(text, line, column):
    place = refused(text).place
    assert (place.path, place.line, place.column) == ("", line, column)


def test_stored_takes_what_was_once_accepted():
    old = json.dumps({"Statement": changed(Sid="a b", Resource="nope")})
    assert policy.stored(old, Kind.IDENTITY).statements[0].resources == ("nope",)
    with pytest.raises(PolicyError):
        policy.stored("no json", Kind.IDENTITY)
