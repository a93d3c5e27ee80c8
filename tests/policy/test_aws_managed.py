"""Every policy that AWS manages is parsed, printed back, and decided."""

import json

import pytest

from keyreeve import policy
from keyreeve.catalogue import Catalogue

HERE = "111122223333"
CALLERS = (
    policy.Principal("user", HERE, f"arn:aws:iam::{HERE}:user/alice"),
    policy.Principal(
        "role_session", HERE, f"arn:aws:sts::{HERE}:assumed-role/r/s", role_arn=f"arn:aws:iam::{HERE}:role/r"
    ),
)
QUESTIONS = (
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{HERE}:instance/*"),
    ("iam:PassRole", f"arn:aws:iam::{HERE}:role/r"),
    ("sts:AssumeRole", f"arn:aws:iam::{HERE}:role/r"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{HERE}:key/k"),
    ("logs:CreateLogGroup", "*"),
)
FULL_ACCESS = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def documents():
    return [(managed, policy.parse(managed.document, policy.Kind.IDENTITY)) for managed in Catalogue.load()]


def context_of(document):
    """A context in which every key that the document asks for is there."""
    return {key.lower(): ("x", HERE) if "tagkeys" in key.lower() else HERE for key in policy.context_keys(document)}


def test_every_policy_is_decided(documents):
    verdicts = set()
    for managed, document in documents:
        held = policy.Policies(identity=(policy.Policy(document, "identity", managed.policy_name, managed.arn),))
        contexts = ({}, context_of(document))
        verdicts |= {
            policy.decide(policy.Request(caller, action, resource, context), held).verdict
            for caller in CALLERS
            for action, resource in QUESTIONS
            for context in contexts
        }
    assert verdicts == {"allowed", "implicit_deny", "explicit_deny"}


def test_what_allows_an_action_by_its_name_allows_it(documents):
    """No policy is parsed to nothing: one that lists an action for every resource allows it, or says when not."""
    asked = 0
    for managed, document in documents:
        for statement in document.statements:
            plain = statement.effect == "Allow" and "*" in statement.resources and not statement.conditions
            for action in [name for name in statement.actions if plain and "*" not in name and "?" not in name][:1]:
                held = policy.Policies(identity=(policy.Policy(document, "identity", managed.policy_name),))
                decided = policy.decide(policy.Request(CALLERS[0], action, "*", {}), held)
                denied = any(other.effect == "Deny" for other in document.statements)
                assert decided.verdict == "allowed" or denied, (managed.policy_name, action)
                asked += 1
    assert asked > 1000


def test_every_policy_is_printed_back_to_the_same_json(documents):
    for managed, document in documents:
        assert document.text == managed.document
        assert json.loads(policy.printed(document)) == plain(json.loads(managed.document, parse_int=str))


def test_what_is_printed_says_the_same(documents):
    for _, document in documents:
        text = policy.printed(document)
        assert policy.printed(policy.parse(text, policy.Kind.IDENTITY)) == text


def plain(found):
    """A document with what AWS does not tell apart made one: a list of one, truths as text, no empty members."""
    given = found["Statement"]
    statements = given if isinstance(given, list) else [given]
    return {
        **{name: found[name] for name in ("Version", "Id") if found.get(name)},
        "Statement": list(map(one, statements)),
    }


def one(statement):
    made = {name: single(value) for name, value in statement.items() if value not in ("", {}, [])}
    if "Condition" in made:
        made["Condition"] = {
            operator: {key: single(value) for key, value in keys.items()}
            for operator, keys in made["Condition"].items()
        }
    return made


def single(value):
    if isinstance(value, list):
        texts = [single(each) for each in value]
        return texts[0] if len(texts) == 1 else texts
    return str(value).lower() if isinstance(value, bool) else value


def test_the_service_control_policy_of_aws_is_accepted():
    text = json.dumps({"Version": "2012-10-17", "Statement": [FULL_ACCESS]})
    assert policy.parse(text, policy.Kind.SCP).statements[0].effect == "Allow"


def test_the_resource_control_policy_of_aws_is_accepted():
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**FULL_ACCESS, "Principal": "*"}]})
    document = policy.parse(text, policy.Kind.RCP)
    assert document.statements[0].always


@pytest.mark.parametrize(
    "change",
    [
        {"Resource": "arn:aws:s3:::*"},
        {"Action": "s3:*"},
        {"Principal": {"AWS": "*"}},
        {"Sid": "Mine"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_other_resource_control_policy_allows(change):
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**FULL_ACCESS, "Principal": "*", **change}]})
    with pytest.raises(policy.PolicyError):
        policy.parse(text, policy.Kind.RCP)


@pytest.mark.parametrize("more", [{"Id": "x"}, {"Version": "2008-10-17"}], ids=lambda more: next(iter(more)))
def test_the_policy_of_aws_has_no_other_members(more):
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**FULL_ACCESS, "Principal": "*"}], **more})
    with pytest.raises(policy.PolicyError):
        policy.parse(text, policy.Kind.RCP)
