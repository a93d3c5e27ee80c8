"""The smallest policy that covers what was used, and what another policy would have denied."""

import json
from datetime import timedelta

import msgspec
import pytest

from authenticator import enabled, with_mfa
from harness import ACCOUNT, allow, refused, text, trusting
from keyreeve import policy
from keyreeve.entities import Role, User
from keyreeve.events import Filter, look_up
from keyreeve.posture import advise, replay

IAM = f"arn:aws:iam::{ACCOUNT}"


def the(reading, kind, name):
    return reading.tx.find(kind, ACCOUNT, "name", name)


@pytest.fixture
def advice(reading):
    def ask(kind=User, name="u", days=90, later=0):
        account = reading(later)
        return advise(account, the(account, kind, name), days)

    return ask


@pytest.fixture
def replayed(reading):
    def ask(document, kind=User, name="u"):
        account = reading()
        return replay(account, the(account, kind, name), [policy.parse(text(document), policy.Kind.IDENTITY)], 90)

    return ask


def test_what_was_used_is_covered_and_no_more(server, advice):
    person = server.user("u", allow("iam:*"))
    person.iam.create_group(GroupName="g", Path="/teams/")
    person.iam.list_users()
    person.iam.get_group(GroupName="g")
    person.iam.delete_group(GroupName="g")
    person.sts.get_caller_identity()
    found = advice()
    assert found.calls == 5
    assert found.policy == {
        "Version": "2012-10-17",
        "Statement": [
            # What is deleted has no path any more.
            {"Effect": "Allow", "Action": "iam:CreateGroup", "Resource": f"{IAM}:group/teams/g"},
            {"Effect": "Allow", "Action": ["iam:DeleteGroup", "iam:GetGroup"], "Resource": f"{IAM}:group/g"},
            {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"},
        ],
    }


def test_what_was_refused_is_not_covered(server, advice):
    person = server.user("u", allow("iam:GetUser"))
    with refused("AccessDenied"):
        person.iam.list_users()
    person.iam.get_user()
    assert advice().policy["Statement"] == [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"{IAM}:user/u"}]


def test_what_was_asked_about_in_vain_is_covered(server, advice):
    person = server.user("u", allow("iam:*"))
    with refused("NoSuchEntity"):
        person.iam.get_role(RoleName="none")
    assert advice().policy["Statement"][0]["Resource"] == f"{IAM}:role/none"


def test_what_would_be_a_wildcard_or_variable_is_covered_as_it_is_written(server, advice):
    person = server.user("u", allow("iam:*"))
    strange = f"{IAM}:policy/a*b?c${{aws:username}}$"
    with refused("NoSuchEntity"):
        person.iam.get_policy(PolicyArn=strange)
    document = policy.parse(text(advice().policy), policy.Kind.IDENTITY)
    covered = policy.Policies(identity=(policy.Policy(document, "identity", "advice"),))
    caller = policy.Principal("user", ACCOUNT, f"{IAM}:user/u")
    others = (strange.replace("*", "x"), strange.replace("?", "x"), strange.replace("${aws:username}", "u"))
    for resource in (strange, *others):
        asked = policy.Request(caller, "iam:GetPolicy", resource, {"aws:username": "u"})
        assert policy.decide(asked, covered).verdict == ("allowed" if resource == strange else "implicit_deny")


def test_passing_a_role_is_covered(server, root, advice):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"Service": "ec2.amazonaws.com"})))
    person = server.user("u", allow("iam:*"))
    person.iam.create_instance_profile(InstanceProfileName="p")
    person.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    actions = json.dumps(advice().policy)
    assert '"iam:PassRole"' in actions


def test_many_resources_become_what_they_have_in_common(server, advice):
    person = server.user("u", allow("iam:*"))
    for number in range(11):
        person.iam.create_group(GroupName=f"g{number}")
    assert advice().policy["Statement"] == [
        {"Effect": "Allow", "Action": "iam:CreateGroup", "Resource": f"{IAM}:group/*"}
    ]


def test_a_role_is_advised_by_its_sessions(server, root, advice):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("iam:*")))
    person = server.user("u", allow("sts:AssumeRole"))
    answered = person.sts.assume_role(RoleArn=f"{IAM}:role/r", RoleSessionName="session")
    server.person(answered["Credentials"]).iam.list_roles()
    assert advice(Role, "r").policy["Statement"] == [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]
    (assumed,) = advice().policy["Statement"]
    assert assumed == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"{IAM}:role/r"}


def test_only_so_many_days_count(server, advice):
    server.user("u", allow("iam:*")).iam.list_users()
    assert advice(days=30, later=29).policy is not None
    assert advice(days=30, later=31).policy is None


def test_what_it_would_take_away(server, advice):
    person = server.user("u", allow(["iam:GetUser", "iam:GetRole", "s3:*"]))
    person.iam.get_user()
    found = advice()
    assert found.unused_services == ("s3",)
    assert found.unused_actions == ("iam:GetRole",)


def test_the_advice_denies_nothing_of_the_past(server, advice, replayed):
    person = server.user("u", allow("iam:*"))
    person.iam.create_user(UserName="v", Tags=[{"Key": "team", "Value": "a"}])
    person.iam.list_user_tags(UserName="v")
    person.iam.update_user(UserName="v", NewUserName="w")
    found = replayed(advice().policy)
    assert found.asked >= 4
    assert found.denied == ()


def test_another_policy_would_have_denied(server, replayed):
    person = server.user("u", allow("iam:*"))
    for _ in range(3):
        person.iam.list_users()
    person.iam.list_roles()
    (denied,) = replayed(allow("iam:ListRoles")).denied
    assert (denied.action, denied.resource, denied.verdict, denied.times) == ("iam:ListUsers", "*", "implicit_deny", 3)


def test_conditions_are_asked_with_what_the_event_knows(server, replayed):
    server.user("u", allow("iam:*")).iam.list_users()
    from_here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    assert not replayed(allow("iam:*", Condition=from_here)).denied
    from_there = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    assert replayed(allow("iam:*", Condition=from_there)).denied
    tagged = {"StringEquals": {"aws:RequestTag/team": "a"}}
    person = server.user("t", allow("iam:*"))
    person.iam.create_user(UserName="v", Tags=[{"Key": "team", "Value": "a"}])
    assert not replayed(allow("iam:*", Condition=tagged), name="t").denied


def test_a_role_that_names_its_caller_needs_no_policy(server, root, replayed):
    person = server.user("u")
    trust = trusting({"AWS": f"{IAM}:user/u"})
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))
    person.sts.assume_role(RoleArn=f"{IAM}:role/r", RoleSessionName="session")
    found = replayed(allow("s3:*"))
    assert (found.asked, found.denied) == (1, ())
    refusing = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}}
    assert replayed(refusing).denied[0].verdict == "explicit_deny"
    root.iam.update_assume_role_policy(RoleName="r", PolicyDocument=text(trusting({"AWS": ACCOUNT})))
    assert replayed(allow("s3:*")).denied[0].verdict == "implicit_deny"
    assert not replayed(allow("sts:AssumeRole")).denied


def test_a_session_is_asked_about_with_its_second_factor(server, root, replayed):
    person = server.user("u", allow(["iam:*", "sts:*"]))
    with_factor = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    phone = enabled(root, "u")
    server.offset = timedelta(seconds=30)
    with_mfa(server, person, phone).iam.list_users()
    assert not replayed(allow("iam:*", Condition=with_factor)).denied
    server.person(person.sts.get_session_token()["Credentials"]).sts.get_caller_identity()
    person.iam.list_roles()
    assert [each.action for each in replayed(allow("iam:*", Condition=with_factor)).denied] == ["iam:ListRoles"]


def test_what_failed_before_it_was_authorised_is_not_covered(server, root, advice):
    for name in ("own", "other"):
        root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    person = server.user("u", allow("sts:AssumeRole", f"{IAM}:role/own"))
    for name in ("own", "other"):
        with refused("ValidationError"):  # STS looks at the shape of a call before it looks at permissions
            person.sts.assume_role(RoleArn=f"{IAM}:role/{name}", RoleSessionName="session", DurationSeconds=1)
    assert advice().policy["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"{IAM}:role/own"}
    ]


def test_what_an_event_does_not_tell_is_named_and_not_granted(server, advice, replayed):
    person = server.user("u", allow("iam:*"))
    person.iam.create_group(GroupName="g")
    event = next(each for _, each in look_up(server.log.rows, Filter(event_name="CreateGroup")))
    server.log.defer(msgspec.structs.replace(event, event_name="GetRole", request_parameters={"omitted": True}))
    server.log.defer(msgspec.structs.replace(event, event_name="UpdateRole", request_parameters=None))
    found = advice()
    assert found.unread == ("iam:GetRole", "iam:UpdateRole")
    (statement,) = found.policy["Statement"]
    assert statement == {"Effect": "Allow", "Action": "iam:CreateGroup", "Resource": f"{IAM}:group/g"}
    again = replayed(found.policy)
    assert (again.asked, again.denied, again.unread) == (1, (), found.unread)
