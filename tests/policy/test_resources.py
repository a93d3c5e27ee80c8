import pytest

DYNAMO = "arn:aws:dynamodb:us-east-1:111122223333:table/prod-x"


def verdict(say, resource, on, context=None, effect="Allow", element="Resource", version=None):
    statement = {"Effect": effect, "Action": "*", element: resource}
    document = say.policy.stored(say.text(statement, version=version or "2012-10-17"), say.policy.Kind.IDENTITY)
    return document.statements[0].covers(on, context or {})


@pytest.mark.parametrize(
    ("pattern", "on", "expected"),
    [
        ("arn:aws:dynamodb:*:table/prod-*", DYNAMO, True),
        ("arn:aws:iam::*", "arn:aws:iam::111122223333:user/x", True),
        ("arn:aws:ec2:*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", True),
        ("arn:aws:ec2:*:instance/i-1", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", True),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:111122223333:q", True),
        ("arn:aws:sqs", "arn:aws:sns:us-east-1:111122223333:q", False),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),
        ("arn:*:s3:::b", "arn:aws-cn:s3:::b", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/:", True),
        ("arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/bob", False),
        ("arn:aws:ec2:us-*-1:111122223333:instance/*", "arn:aws:ec2:us-east-1:111122223333:instance/i", True),
        ("arn:aws:ec2:us-east-?:*:instance/*", "arn:aws:ec2:us-east-1:111122223333:instance/i", True),
    ],
)
def test_patterns(say, pattern, on, expected):
    assert verdict(say, pattern, on) is expected


def test_a_wildcard_inside_a_field_is_read_as_what_grants_less(say):
    pattern, on = "arn:aws:x:us*1:1*", "arn:aws:x:us-east-1:999999999991:1/x"
    assert not verdict(say, pattern, on)
    assert verdict(say, pattern, on, effect="Deny")
    assert not verdict(say, pattern, on, element="NotResource")
    assert verdict(say, pattern, on, effect="Deny", element="NotResource")


def test_several_resources_are_alternatives(say):
    listed = ["arn:aws:s3:::a", "arn:aws:s3:::b"]
    assert verdict(say, listed, "arn:aws:s3:::b")
    assert not verdict(say, listed, "arn:aws:s3:::c")
    assert not verdict(say, listed, "arn:aws:s3:::b", element="NotResource")
    assert verdict(say, listed, "arn:aws:s3:::c", element="NotResource")


def test_variables(say):
    home = "arn:aws:s3:::home/${aws:username}/*"
    mine = {"aws:username": "al*"}
    assert verdict(say, home, "arn:aws:s3:::home/al*/x", mine)
    assert not verdict(say, home, "arn:aws:s3:::home/alice/x", mine)
    assert not verdict(say, home, "arn:aws:s3:::home/alice/x", mine, version="2008-10-17")
    assert not verdict(say, home, "arn:aws:s3:::home/alice/x")
    assert verdict(say, [home, "arn:aws:s3:::home/*"], "arn:aws:s3:::home/alice/x")
    assert verdict(say, "arn:aws:s3:::x/${aws:username, 'any one'}", "arn:aws:s3:::x/any one")
    assert verdict(say, "arn:aws:s3:::${*}", "arn:aws:s3:::*")
    assert not verdict(say, "arn:aws:s3:::${*}", "arn:aws:s3:::b")
    assert not verdict(say, "arn:aws:s3:::${broken", "arn:aws:s3:::${broken")


def test_a_pattern_with_a_variable_ends_where_it_ends(say):
    named = {"aws:username": "alice"}
    for pattern, on, expected in (
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/alice", True),
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/alice/x", False),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/alice/x", True),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/alice", False),
        ("arn:aws:s3:::b/${aws:username}-${aws:username}", "arn:aws:s3:::b/alice-alice", True),
        ("arn:aws:s3:::b/?/${aws:username}", "arn:aws:s3:::b/c/alice", True),
        ("arn:aws:s3:::b/?/${aws:username}", "arn:aws:s3:::b/cd/alice", False),
    ):
        assert verdict(say, pattern, on, named) is expected
    whole = {"aws:username": "arn:aws:s3:::b"}
    assert verdict(say, "${aws:username}", "arn:aws:s3:::b", whole, effect="Deny")
    long = {"aws:username": "a" * 2000}
    assert verdict(say, "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/a", long) is False


def test_a_variable_without_value_leaves_others_their_say(say):
    document = {"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:s3:::${aws:a}", "arn:aws:s3:::${aws:b}x"]}
    for context, on, covered in (
        ({"aws:a": "a", "aws:b": "b"}, "arn:aws:s3:::c", True),
        ({"aws:a": "a", "aws:b": "b"}, "arn:aws:s3:::bx", False),
        ({"aws:b": "b"}, "arn:aws:s3:::bx", False),
        ({"aws:b": "b"}, "arn:aws:s3:::c", False),
        ({"aws:a": "a"}, "arn:aws:s3:::c", False),
    ):
        found = say.policy.stored(say.text(document), say.policy.Kind.IDENTITY).statements[0]
        assert found.covers(on, context) is covered


def test_a_variable_without_value_spares_nothing(say):
    home, on = "arn:aws:s3:::home/${aws:username}", "arn:aws:s3:::home/x"
    assert verdict(say, home, on, effect="Deny", element="NotResource")
    assert not verdict(say, home, on, element="NotResource")
    short = "arn:aws:${aws:username}"
    assert not verdict(say, short, on, element="NotResource")


def test_a_variable_cannot_move_the_fields(say):
    pattern = "arn:aws:sqs:${aws:PrincipalTag/region}:111122223333:*"
    moved = {"aws:principaltag/region": "us-east-1:999988887777:q"}
    assert not verdict(say, pattern, "arn:aws:sqs:us-east-1:999988887777:q:111122223333:x", moved)
    assert verdict(say, pattern, "arn:aws:sqs:us-east-1:999988887777:q:111122223333:x", moved, effect="Deny")


@pytest.mark.parametrize(
    "pattern", ["arn:aws:sqs:${aws:PrincipalTag/region}:111122223333:*", "arn:aws:sqs:us-${a, 'east-1'}:*:q"]
)
def test_a_variable_before_the_resource_part_is_read_as_what_grants_less(say, pattern):
    on, context = "arn:aws:sqs:us-east-1:111122223333:q", {"aws:principaltag/region": "us-east-1"}
    assert not verdict(say, pattern, on, context)
    assert verdict(say, pattern, on, context, effect="Deny")
    assert not verdict(say, pattern, on, context, element="NotResource")
    assert verdict(say, pattern, on, context, effect="Deny", element="NotResource")


def test_only_identity_based_policies_complete_an_allowed_arn(say):
    def covers(kind, effect, element="Resource"):
        made = say.statement(effect, resource=None, **{element: "arn:aws:sqs"}, principal="*")
        document = say.policy.stored(say.text(made), kind)
        return document.statements[0].covers("arn:aws:sqs:us-east-1:111122223333:q", {})

    for kind in (say.policy.Kind.RESOURCE, say.policy.Kind.ENDPOINT):
        assert not covers(kind, "Allow")
        assert covers(kind, "Deny")
        assert not covers(kind, "Allow", "NotResource")
        assert covers(kind, "Deny", "NotResource")


@pytest.mark.parametrize(
    ("listed", "action", "expected"),
    [
        ("s3:*", "s3:GetObject", True),
        ("s3:*", "s3-object-lambda:Foo", False),
        ("IAM:listaccesskeys", "iam:ListAccessKeys", True),
        ("iam:List*Keys", "iam:ListAccessKeys", True),
        ("iam:?etUser", "iam:GetUser", True),
        ("*:GetUser", "iam:GetUser", True),
        ("i*", "iam:GetUser", True),
        ("*", "anything", True),
        (["s3:Get*", "s3:Put*", "sqs:*"], "s3:PutObject", True),
        (["s3:Get*", "s3:Put*"], "s3:DeleteObject", False),
    ],
)
def test_actions(say, listed, action, expected):
    for element, wanted in (("Action", expected), ("NotAction", not expected)):
        statement = {"Effect": "Allow", element: listed, "Resource": "*"}
        document = say.policy.stored(say.text(statement), say.policy.Kind.IDENTITY)
        found = bool(document.candidates(action.lower()).allows)
        assert found is wanted


def test_memories_stay_bounded(say):
    document = say.policy.stored(say.text(say.ADMIN), say.policy.Kind.IDENTITY)
    policies = say.policy.Policies(identity=(say.policy.Policy(document, "identity", "x"),))
    for number in range(3000):
        say.policy.decide(say.ask(say.user(), f"s3:Get{number}"), policies)
    assert len(policies.plans) <= 1024
    assert len(document._by_action) <= 1024


def test_what_lacks_an_element_grants_nothing_and_denies(say):
    for effect, expected in (("Allow", False), ("Deny", True)):
        for statement in ({"Action": "*"}, {"Action": "*", "NotResource": []}):
            document = say.policy.stored(say.text({"Effect": effect, **statement}), say.policy.Kind.IDENTITY)
            assert document.statements[0].covers("arn:aws:s3:::b", {}) is expected
        document = say.policy.stored(say.text({"Effect": effect, "Resource": "*"}), say.policy.Kind.IDENTITY)
        assert document.statements[0].acts("s3:getobject") is expected
