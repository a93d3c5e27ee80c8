"""Roles, trust, AssumeRole and the other temporary credentials."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.events import Filter, look_up

ROLE = f"arn:aws:iam::{ACCOUNT}:role/"


@pytest.fixture
def bob(server):
    return server.user("bob")


def role(root, name="dev", principal=None, policy=None, **more):
    trust = trusting(principal or {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})
    made = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trust), **more)["Role"]
    if policy is not None:
        root.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=text(policy))
    return made["Arn"]


def assumed(server, person, arn, name="session", **more):
    return server.person(person.sts.assume_role(RoleArn=arn, RoleSessionName=name, **more)["Credentials"])


def test_a_trusted_user_acts_as_the_role(server, root, bob):
    arn = role(root, policy=allow("iam:ListUsers"))
    session = assumed(server, bob, arn)
    identity = session.sts.get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/session"
    assert identity["UserId"].startswith("AROA")
    assert identity["UserId"].endswith(":session")
    assert session.iam.list_users()
    with refused("AccessDenied"):
        bob.iam.list_users()


def test_a_missing_role_and_a_forbidden_one_are_told_apart_by_nobody(root, bob):
    arn = role(root, principal={"AWS": f"arn:aws:iam::{OTHER}:root"})
    start = f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: sts:AssumeRole on resource: "
    with refused("AccessDenied", start + ROLE + "nobody"):
        bob.sts.assume_role(RoleArn=ROLE + "nobody", RoleSessionName="s1")
    with refused("AccessDenied"):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1")


def test_trust_in_the_account_needs_the_users_own_permission_too(server, root):
    arn = role(root, principal={"AWS": ACCOUNT})
    with refused("AccessDenied"):
        server.user("without").sts.assume_role(RoleArn=arn, RoleSessionName="s1")
    assert server.user("with", allow("sts:AssumeRole", arn)).sts.assume_role(RoleArn=arn, RoleSessionName="s1")


def test_across_accounts_both_sides_must_allow(server):
    here, there = server.root(), server.root(OTHER)
    server.user("bob")
    arn = role(there, principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})
    bob = server.person(here.iam.create_access_key(UserName="bob")["AccessKey"])
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: sts:AssumeRole on resource: {arn}",
    ):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1")
    here.iam.put_user_policy(UserName="bob", PolicyName="x", PolicyDocument=text(allow("sts:AssumeRole", arn)))
    session = assumed(server, bob, arn)
    assert session.sts.get_caller_identity()["Account"] == OTHER


def test_root_assumes_no_roles(root):
    arn = role(root, principal={"AWS": ACCOUNT})
    with refused("AccessDenied", "Roles may not be assumed by root accounts."):
        root.sts.assume_role(RoleArn=arn, RoleSessionName="s1")


def test_the_external_id_must_be_the_one_that_was_agreed(server, root, bob):
    trust = trusting(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, Condition={"StringEquals": {"sts:ExternalId": "agreed"}}
    )
    root.iam.create_role(RoleName="x", AssumeRolePolicyDocument=text(trust))
    for wrong in ({}, {"ExternalId": "other"}):
        with refused("AccessDenied"):
            bob.sts.assume_role(RoleArn=ROLE + "x", RoleSessionName="s1", **wrong)
    assert bob.sts.assume_role(RoleArn=ROLE + "x", RoleSessionName="s1", ExternalId="agreed")


def test_durations_are_held_in_aws_order_and_words(server, root, bob):
    arn = role(root, policy=allow("sts:AssumeRole"), MaxSessionDuration=7200)
    other = role(root, "next", principal={"AWS": arn}, MaxSessionDuration=7200)
    longest = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused("ValidationError", longest):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=7201)
    session = assumed(server, bob, arn, DurationSeconds=7200)
    chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    with refused("ValidationError", chained):
        session.sts.assume_role(RoleArn=other, RoleSessionName="s1", DurationSeconds=3601)
    assert session.sts.assume_role(RoleArn=other, RoleSessionName="s1", DurationSeconds=3600)


def test_a_session_policy_only_takes_away(server, root, bob):
    arn = role(root, policy=allow("iam:List*"))
    session = assumed(server, bob, arn, Policy=text(allow(["iam:ListUsers", "iam:CreateUser"])))
    assert session.iam.list_users()
    with refused(
        "AccessDenied",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/dev/session is not authorized to perform: iam:ListGroups on "
        f"resource: arn:aws:iam::{ACCOUNT}:group/ because no session policy allows the iam:ListGroups action",
    ):
        session.iam.list_groups()
    with refused("AccessDenied"):
        session.iam.create_user(UserName="no")


def test_session_tags_need_tag_session_and_become_principal_tags(server, root, bob):
    tags = [{"Key": "Project", "Value": "x"}]
    arn = role(root)
    with refused("AccessDenied"):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1", Tags=tags)
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, ["sts:AssumeRole", "sts:TagSession"])
    root.iam.update_assume_role_policy(RoleName="dev", PolicyDocument=text(trust))
    condition = {"StringEquals": {"aws:PrincipalTag/project": "x"}}
    root.iam.put_role_policy(
        RoleName="dev", PolicyName="p", PolicyDocument=text(allow("iam:ListUsers", Condition=condition))
    )
    assert assumed(server, bob, arn, Tags=tags).iam.list_users()
    with refused("AccessDenied"):
        assumed(server, bob, arn).iam.list_users()
    with refused("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1", Tags=tags, TransitiveTagKeys=["Other"])


def test_a_deleted_role_ends_its_sessions_and_a_namesake_revives_none(server, root, bob):
    arn = role(root)
    session = assumed(server, bob, arn)
    root.iam.delete_role(RoleName="dev")
    role(root)
    with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
        session.sts.get_caller_identity()


def test_trust_names_the_user_that_was_and_not_its_namesake(server, root, bob):
    role(root)
    root.iam.delete_access_key(UserName="bob", AccessKeyId=bob.credentials["AccessKeyId"])
    identifier = root.iam.get_user(UserName="bob")["User"]["UserId"]
    root.iam.delete_user(UserName="bob")
    trust = root.iam.get_role(RoleName="dev")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": identifier}
    with refused("AccessDenied"):
        server.user("bob").sts.assume_role(RoleArn=ROLE + "dev", RoleSessionName="s1")


def test_trust_in_nobody_is_refused(root):
    missing = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"'):
        role(root, principal={"AWS": missing})


def test_changed_permissions_act_at_the_next_request_and_changed_trust_leaves_sessions(server, root, bob):
    arn = role(root, policy=allow("iam:ListUsers"))
    session = assumed(server, bob, arn)
    trust = trusting({"AWS": f"arn:aws:iam::{OTHER}:root"})
    root.iam.update_assume_role_policy(RoleName="dev", PolicyDocument=text(trust))
    assert session.iam.list_users()
    root.iam.delete_role_policy(RoleName="dev", PolicyName="p")
    with refused("AccessDenied"):
        session.iam.list_users()


def test_sessions_expire_and_altered_tokens_are_refused(server, root, bob):
    session = assumed(server, bob, role(root), DurationSeconds=900)
    broken = dict(session.credentials)
    token = broken["SessionToken"]
    broken["SessionToken"] = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    with refused("InvalidClientTokenId"):
        server.person(broken).sts.get_caller_identity()
    del broken["SessionToken"]
    with refused("InvalidClientTokenId"):
        server.person(broken).sts.get_caller_identity()
    server.offset = timedelta(seconds=-800)
    session = assumed(server, bob, ROLE + "dev", DurationSeconds=900)
    server.offset = timedelta(seconds=50)
    assert session.sts.get_caller_identity()
    server.offset = timedelta(seconds=150)
    with refused("ExpiredToken", "The security token included in the request is expired"):
        session.sts.get_caller_identity()


def test_get_session_token_acts_as_the_user_but_not_on_iam(server, root):
    person = server.user("u", allow("*"))
    session = server.person(person.sts.get_session_token()["Credentials"])
    assert session.sts.get_caller_identity()["Arn"].endswith("user/u")
    with refused("InvalidClientTokenId"):
        session.iam.list_users()
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        session.sts.get_session_token()
    server.log.flush()
    found = [(event.event_name, event.error_code) for _, event in look_up(server.log.rows, Filter())]
    assert {("ListUsers", "InvalidClientTokenIdException"), ("GetSessionToken", "AccessDenied")} <= set(found)
    root.iam.delete_user_policy(UserName="u", PolicyName="p0")
    root.iam.delete_access_key(UserName="u", AccessKeyId=person.credentials["AccessKeyId"])
    assert session.sts.get_caller_identity()
    root.iam.delete_user(UserName="u")
    with refused("InvalidClientTokenId"):
        session.sts.get_caller_identity()


def test_a_federated_user_is_named_and_calls_little(server):
    person = server.user("u", allow("sts:GetFederationToken"))
    answer = person.sts.get_federation_token(Name="visitor", Policy=text(allow("s3:*")))
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/visitor"
    session = server.person(answer["Credentials"])
    assert session.sts.get_caller_identity()["UserId"] == f"{ACCOUNT}:visitor"
    with refused("InvalidClientTokenId"):
        session.iam.list_users()
    with refused("AccessDenied"):
        server.user("none").sts.get_federation_token(Name="visitor")


def test_pass_role_is_needed_to_put_a_role_into_a_profile(server, root):
    arn = role(root, "machine", principal={"Service": "ec2.amazonaws.com"})
    root.iam.create_instance_profile(InstanceProfileName="prof")
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/prof"
    without = server.user("without", allow("iam:AddRoleToInstanceProfile", profile))
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/without is not authorized to perform: iam:PassRole on resource: {arn} "
        "because no identity-based policy allows the iam:PassRole action",
    ):
        without.iam.add_role_to_instance_profile(InstanceProfileName="prof", RoleName="machine")
    condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    passer = server.user(
        "passer", allow("iam:AddRoleToInstanceProfile", profile), allow("iam:PassRole", arn, Condition=condition)
    )
    passer.iam.add_role_to_instance_profile(InstanceProfileName="prof", RoleName="machine")
    shown = root.iam.get_instance_profile(InstanceProfileName="prof")["InstanceProfile"]
    assert [each["RoleName"] for each in shown["Roles"]] == ["machine"]
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
        root.iam.add_role_to_instance_profile(InstanceProfileName="prof", RoleName="machine")
    with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
        root.iam.delete_role(RoleName="machine")


@pytest.mark.parametrize(
    ("operator", "key", "value", "passes"),
    [
        ("StringEquals", "iam:PassedToService", "lambda.amazonaws.com", False),
        ("StringEquals", "iam:AssociatedResourceArn", f"arn:aws:ec2:*:{ACCOUNT}:instance/*", True),
        ("ArnLike", "iam:AssociatedResourceArn", "arn:aws:ec2:*:*:instance/*", True),
        ("ArnLike", "iam:AssociatedResourceArn", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*", False),
        ("ArnLike", "iam:AssociatedResourceArn", f"arn:aws:iam::{ACCOUNT}:instance-profile/*", False),
    ],
)
def test_a_role_is_passed_to_the_service_and_for_the_resource_that_the_policy_says(
    server, root, operator, key, value, passes
):
    """A profile is for instances of any Region, and no one of them (API reference, AddRoleToInstanceProfile)."""
    arn = role(root, "machine", principal={"Service": "ec2.amazonaws.com"})
    root.iam.create_instance_profile(InstanceProfileName="prof")
    passing = allow("iam:PassRole", arn, Condition={operator: {key: value}})
    passer = server.user("passer", allow("iam:AddRoleToInstanceProfile"), passing)
    with nullcontext() if passes else refused("AccessDenied"):
        passer.iam.add_role_to_instance_profile(InstanceProfileName="prof", RoleName="machine")
    held = root.iam.get_instance_profile(InstanceProfileName="prof")["InstanceProfile"]["Roles"]
    assert bool(held) is passes


def test_who_is_asking_cannot_be_forbidden(server):
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    assert server.user("u", denied).sts.get_caller_identity()["Arn"].endswith("user/u")


def test_role_last_used_is_a_fact(server, root, bob):
    arn = role(root)
    assert root.iam.get_role(RoleName="dev")["Role"]["RoleLastUsed"] == {}
    assumed(server, bob, arn).sts.get_caller_identity()
    assert root.iam.get_role(RoleName="dev")["Role"]["RoleLastUsed"]["Region"] == "us-east-1"


def test_the_details_of_the_account_page_over_everything(server, root, bob):
    role(root)
    root.iam.create_group(GroupName="g")
    root.iam.create_policy(PolicyName="p", PolicyDocument=text(allow("s3:*")))
    root.iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    found = []
    for page in root.iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}):
        found += [user["UserName"] for user in page["UserDetailList"]]
        found += [group["GroupName"] for group in page["GroupDetailList"]]
        found += [each["RoleName"] for each in page["RoleDetailList"]]
        found += [policy["PolicyName"] for policy in page["Policies"]]
    assert found == ["bob", "g", "dev", "p", "ReadOnlyAccess"]


def test_both_accounts_record_a_visit_and_share_its_id(server):
    here, there = server.root(), server.root(OTHER)
    bob = server.user("bob", allow("sts:AssumeRole"))
    arn = role(there, principal={"AWS": ACCOUNT})
    assumed(server, bob, arn)
    ours, theirs = (
        [event for _, event in look_up(server.log.rows, Filter(account_id=account, event_name="AssumeRole"))]
        for account in (ACCOUNT, OTHER)
    )
    assert [event.user_identity.type for event in ours + theirs] == ["IAMUser", "AWSAccount"]
    assert theirs[0].user_identity.arn is None
    assert ours[0].shared_event_id == theirs[0].shared_event_id
    assert ours[0].event_id != theirs[0].event_id
    assert here.sts.get_caller_identity()
