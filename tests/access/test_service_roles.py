"""A service of the server itself acts with a role: only with one that trusts it, and never by a request."""

import ast
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import harness
import keyreeve
from harness import ACCOUNT, OTHER, allow, text, trusting
from keyreeve import policy
from keyreeve.access.caller import of_session
from keyreeve.access.service_roles import Desk, assume_as_service
from keyreeve.entities import Role
from keyreeve.events import Filter, look_up
from keyreeve.faults import AccessDenied

EC2 = "ec2.amazonaws.com"
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path)


@pytest.fixture
def assume(server):
    """Assume the role `r`, whose trust policy is given, as a service."""

    def call(trust, service=EC2, **more):
        server.root().iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))
        return again(server, service, **more)

    return call


def again(server, service=EC2, name="r", **more):
    tx = server.view.begin()
    role = tx.find(Role, ACCOUNT, "name", name.lower())
    desk = Desk(server.ring, server.log, datetime.now(UTC), secrets.token_bytes)
    return assume_as_service(desk, tx, service, role, **{"session_name": "i-1", **more})


def person(server, assumed):
    keys = assumed.session
    return server.person(
        {
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": assumed.token,
        }
    )


def test_the_session_is_the_roles_and_ends_with_it(server, assume):
    assumed = assume(trusting({"Service": EC2}))
    server.root().iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("iam:ListUsers")))
    somebody = person(server, assumed)
    assert somebody.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/i-1"
    assert somebody.iam.list_users()["Users"] == []
    with harness.refused("AccessDenied"):
        somebody.iam.list_roles()
    server.root().iam.delete_role_policy(RoleName="r", PolicyName="p")
    server.root().iam.delete_role(RoleName="r")
    with harness.refused("InvalidClientTokenId"):
        somebody.sts.get_caller_identity()


@pytest.mark.parametrize(
    "trust",
    [
        trusting({"AWS": ACCOUNT}),
        trusting({"AWS": "*"}),
        trusting({"Service": "lambda.amazonaws.com"}),
        trusting({"Service": EC2}, "sts:TagSession"),
        trusting({"Service": EC2}, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
        trusting({"Service": EC2}, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ec2:*:*:instance/*"}}),
        {
            "Version": "2012-10-17",
            "Statement": [
                *trusting({"Service": EC2})["Statement"],
                {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
            ],
        },
    ],
)
def test_a_role_that_does_not_trust_the_service_is_refused_to_it(server, assume, trust):
    before = server.view.revision
    with pytest.raises(AccessDenied, match=r"ec2\.amazonaws\.com is not authorized"):
        assume(trust)
    assert server.view.revision == before + 1  # the role that the test made


def test_a_trust_policy_can_ask_on_whose_behalf(server, assume):
    condition = {"ArnLike": {"aws:SourceArn": INSTANCE}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assumed = assume(trusting({"Service": EC2}, Condition=condition), source_arn=INSTANCE)
    assert person(server, assumed).sts.get_caller_identity()["Account"] == ACCOUNT
    with pytest.raises(AccessDenied):
        again(server, source_arn=INSTANCE, source_account=OTHER)
    with pytest.raises(AccessDenied):
        again(server, source_arn=INSTANCE + "0")


def test_a_service_linked_role_is_its_services_and_no_control_policy_binds_it(server):
    made = server.root().iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
    assumed = again(server, "ecs.amazonaws.com", name=made["RoleName"])
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{made['RoleName']}/i-1"
    assert person(server, assumed).sts.get_caller_identity()["Arn"] == arn
    with pytest.raises(AccessDenied):
        again(server, name=made["RoleName"])
    role = server.view.begin().get(Role, ACCOUNT, made["RoleId"])
    principal = of_session(assumed.session, role).principal
    assert principal.service_linked
    nothing = policy.Policy(policy.NOTHING, "scp", "nothing")
    allowed = policy.Policy(policy.parse(text(allow("*")), policy.Kind.IDENTITY), "identity", "all")
    policies = policy.Policies(identity=(allowed,), service_control=((nothing,),))
    asked = policy.Request(principal, "s3:GetObject", "arn:aws:s3:::b/k", {})
    assert policy.decide(asked, policies).verdict == "allowed"
    ordinary = replace(principal, service_linked=False)
    assert policy.decide(replace(asked, principal=ordinary), policies).verdict == "implicit_deny"


def test_the_event_names_the_service_and_keeps_the_secrets(server, assume):
    assumed = assume(trusting({"Service": EC2}))
    (event,) = [event for _, event in look_up(server.log.rows, Filter(event_name="AssumeRole"))]
    assert event.user_identity.type == "AWSService"
    assert event.user_identity.invoked_by == EC2
    assert event.response_elements["credentials"]["accessKeyId"] == assumed.session.access_key_id
    assert event.recipient_account_id == ACCOUNT
    assert assumed.token.encode() not in event.encode()
    assert assumed.session.secret_access_key.encode() not in event.encode()


@pytest.mark.parametrize(
    "more",
    [
        {"session_name": "a b"},
        {"service": "alice"},
        {"lasting": timedelta(hours=13)},
        {"lasting": timedelta(minutes=1)},
    ],
)
def test_what_makes_no_sense_is_a_bug(server, assume, more):
    with pytest.raises(ValueError, match="not a service"):
        assume(trusting({"Service": EC2}), **more)


# Modules that may act as a service. None of them handles a request for IAM or STS.
MAY = {"keyreeve.access.service_roles"}


def test_no_operation_can_act_as_a_service():
    package = Path(keyreeve.__file__).parent
    using = set()
    for path in package.rglob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if {"assume_as_service", "service_roles"} & (names | imported) or path.stem == "service_roles":
            using.add(".".join(("keyreeve", *path.relative_to(package).with_suffix("").parts)))
    assert using == MAY
    assert not any(name.startswith(("keyreeve.iam", "keyreeve.sts")) for name in MAY)
