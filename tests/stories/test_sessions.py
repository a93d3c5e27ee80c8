"""Temporary credentials through boto3: what they may do, how they are cut down, and how far they travel."""

import pytest

from stories.clients import Boto3
from stories.server import first_key
from stories.story import Cast
from stories.words import INVALID, allow, denied, deny, policy, refused, trust

pytestmark = pytest.mark.client("boto3")

TAGGED = ["sts:AssumeRole", "sts:TagSession"]


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@pytest.fixture(scope="module")
def neighbour(client, server):
    """The cast of another account on the same server."""
    made = server.keyreeve("accounts", "create", "--name", "neighbour")
    there = Cast(client, server)
    there.account, there.admin = made["account_id"], there.acting(first_key(made))
    return there


def role(cast, name, principal, *permissions, **more):
    """A role that trusts the principal (or has the given trust policy), with these inline policies; its ARN."""
    text = principal if principal.startswith("{") else trust(principal)
    arn = cast.admin("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=text, **more)["Role"]["Arn"]
    for number, permission in enumerate(permissions):
        cast.admin("iam", "PutRolePolicy", RoleName=name, PolicyName=f"p{number}", PolicyDocument=permission)
    return arn


def test_a_session_token_is_the_user_again_but_for_iam(cast):
    ann, _ = cast.user("ann", allow("*"))
    arn = role(cast, "ann-role", cast.arn("user/ann"))
    session = cast.acting(ann("sts", "GetSessionToken", DurationSeconds=900)["Credentials"])
    assert session("sts", "GetCallerIdentity") == ann("sts", "GetCallerIdentity")
    assert session("sts", "AssumeRole", RoleArn=arn, RoleSessionName="through-a-session")
    with refused("InvalidClientTokenId", INVALID):
        session("iam", "ListUsers")
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        session("sts", "GetSessionToken")
    with refused("AccessDenied", "Cannot call GetFederationToken with session credentials"):
        session("sts", "GetFederationToken", Name="more")


def test_a_federated_user_is_who_the_user_says_and_little_else(cast):
    broker, _ = cast.user("broker", allow("sts:GetFederationToken", f"arn:aws:sts::{cast.account}:federated-user/v-*"))
    answer = broker("sts", "GetFederationToken", Name="v-1", Policy=allow("s3:*"), DurationSeconds=900)
    arn = f"arn:aws:sts::{cast.account}:federated-user/v-1"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{cast.account}:v-1", "Arn": arn}
    visitor = cast.acting(answer["Credentials"])
    assert visitor("sts", "GetCallerIdentity")["Arn"] == arn
    with refused("InvalidClientTokenId", INVALID):
        visitor("iam", "ListUsers")
    other = f"arn:aws:sts::{cast.account}:federated-user/other"
    with refused("AccessDenied", denied(cast.arn("user/broker"), "sts:GetFederationToken", other)):
        broker("sts", "GetFederationToken", Name="other")


def test_session_policies_cut_down_and_never_add(cast):
    ben, _ = cast.user("ben")
    arn = role(cast, "wide", cast.arn("user/ben"), allow(["iam:Get*", "iam:List*"]))
    inline = allow(["iam:ListRoles", "iam:CreateUser"])
    managed = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    visit = {"RoleArn": arn, "RoleSessionName": "cut"}
    named = f"arn:aws:sts::{cast.account}:assumed-role/wide/cut"
    cut = cast.acting(ben("sts", "AssumeRole", **visit, Policy=inline)["Credentials"])
    assert cut("iam", "ListRoles")
    why = "because no session policy allows the iam:ListUsers action"
    with refused("AccessDenied", denied(named, "iam:ListUsers", cast.arn("user/"), why)):
        cut("iam", "ListUsers")
    with refused("AccessDenied", denied(named, "iam:CreateUser", cast.arn("user/eve"))):
        cut("iam", "CreateUser", UserName="eve")
    both = cast.acting(ben("sts", "AssumeRole", **visit, Policy=inline, PolicyArns=managed)["Credentials"])
    assert both("iam", "ListUsers")
    with refused("AccessDenied"):
        both("iam", "CreateUser", UserName="eve")
    barred = policy(
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"},
    )
    session = cast.acting(ben("sts", "AssumeRole", **visit, Policy=barred)["Credentials"])
    why = "with an explicit deny in a session policy"
    with refused("AccessDenied", denied(named, "iam:GetUser", "user ben", why)):
        session("iam", "GetUser", UserName="ben")


def test_session_tags_open_what_carries_the_same_tag(cast):
    same = {"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    cid, _ = cast.user("cid")
    arn = role(cast, "abac", trust(cast.arn("user/cid"), TAGGED), allow("iam:GetUser", Condition=same))
    for team in ("red", "blue"):
        cast.admin("iam", "CreateUser", UserName=f"{team}-one", Tags=[{"Key": "team", "Value": team}])
    tags = [{"Key": "Team", "Value": "red"}]
    visit = {"RoleArn": arn, "RoleSessionName": "tagged"}
    red = cast.acting(cid("sts", "AssumeRole", **visit, Tags=tags)["Credentials"])
    assert red("iam", "GetUser", UserName="red-one")["User"]["Tags"] == [{"Key": "team", "Value": "red"}]
    for caller in (red, cast.acting(cid("sts", "AssumeRole", **visit)["Credentials"])):
        with refused("AccessDenied"):
            caller("iam", "GetUser", UserName="blue-one")
    cast.admin("iam", "UpdateAssumeRolePolicy", RoleName="abac", PolicyDocument=trust(cast.arn("user/cid")))
    with refused("AccessDenied", denied(cast.arn("user/cid"), "sts:TagSession", arn)):
        cid("sts", "AssumeRole", **visit, Tags=tags)


def test_tags_and_source_identity_travel_along_a_chain(cast):
    actions = [*TAGGED, "sts:SetSourceIdentity"]
    dan, _ = cast.user("dan")
    first = role(cast, "first", trust(cast.arn("user/dan"), actions), allow(actions))
    where = {"StringEquals": {"aws:PrincipalTag/project": "apollo", "aws:SourceIdentity": "dan.doe"}}
    second = role(cast, "second", trust(first, actions), allow("iam:ListUsers", Condition=where))
    tags = [{"Key": "project", "Value": "apollo"}, {"Key": "stays", "Value": "here"}]
    passed = {"Tags": tags, "TransitiveTagKeys": ["project"], "SourceIdentity": "dan.doe"}
    answer = dan("sts", "AssumeRole", RoleArn=first, RoleSessionName="s1", **passed)
    assert answer["SourceIdentity"] == "dan.doe"
    middle = cast.acting(answer["Credentials"])
    onward = {"RoleArn": second, "RoleSessionName": "s2"}
    answer = middle("sts", "AssumeRole", **onward)
    assert answer["SourceIdentity"] == "dan.doe"
    assert cast.acting(answer["Credentials"])("iam", "ListUsers")
    with refused("ValidationError", "The source identity is already set for this assume role session"):
        middle("sts", "AssumeRole", **onward, SourceIdentity="somebody.else")
    inherited = (
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
        "calling session."
    )
    with refused("InvalidParameterValue", inherited):
        middle("sts", "AssumeRole", **onward, Tags=[{"Key": "Project", "Value": "gemini"}])


def test_a_boundary_limits_whatever_is_permitted(cast):
    admin = cast.admin
    boundary = admin("iam", "CreatePolicy", PolicyName="limit", PolicyDocument=allow("iam:Get*"))["Policy"]["Arn"]
    eli, _ = cast.user("eli", allow("*"))
    assert eli("iam", "ListUsers")
    admin("iam", "PutUserPermissionsBoundary", UserName="eli", PermissionsBoundary=boundary)
    assert admin("iam", "GetUser", UserName="eli")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    assert eli("iam", "GetUser")
    me = cast.arn("user/eli")
    why = "because no permissions boundary allows the iam:ListUsers action"
    with refused("AccessDenied", denied(me, "iam:ListUsers", cast.arn("user/"), why)):
        eli("iam", "ListUsers")
    role(cast, "named", me)
    with refused("AccessDenied", denied(me, "sts:AssumeRole", cast.arn("role/named"))):
        cast.assumed(eli, "named", "visit")
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        admin("iam", "DeletePolicy", PolicyArn=boundary)
    barred = deny("iam:GetUser")
    admin("iam", "CreatePolicyVersion", PolicyArn=boundary, PolicyDocument=barred, SetAsDefault=True)
    why = f"with an explicit deny in a permissions boundary: {boundary}"
    with refused("AccessDenied", denied(me, "iam:GetUser", "user eli", why)):
        eli("iam", "GetUser")
    admin("iam", "DeleteUserPermissionsBoundary", UserName="eli")
    assert eli("iam", "ListUsers")


def test_the_external_id_and_the_durations_are_held(cast):
    fay, _ = cast.user("fay")
    agreed = trust(cast.arn("user/fay"), Condition={"StringEquals": {"sts:ExternalId": "agreed"}})
    arn = role(cast, "guarded", agreed, allow("sts:AssumeRole"), MaxSessionDuration=7200)
    visit = {"RoleArn": arn, "RoleSessionName": "visit", "ExternalId": "agreed"}
    for wrong in ({"ExternalId": "guessed"}, {"ExternalId": "Agreed"}):
        with refused("AccessDenied", denied(cast.arn("user/fay"), "sts:AssumeRole", arn)):
            fay("sts", "AssumeRole", **{**visit, **wrong})
    with refused("AccessDenied"):
        fay("sts", "AssumeRole", RoleArn=arn, RoleSessionName="visit")
    too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused("ValidationError", too_long):
        fay("sts", "AssumeRole", **visit, DurationSeconds=7201)
    session = cast.acting(fay("sts", "AssumeRole", **visit, DurationSeconds=7200)["Credentials"])
    onward = {"RoleArn": role(cast, "onward", arn, MaxSessionDuration=43200), "RoleSessionName": "next"}
    chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    with refused("ValidationError", chained):
        session("sts", "AssumeRole", **onward, DurationSeconds=3601)
    assert session("sts", "AssumeRole", **onward, DurationSeconds=3600)


def test_accounts_meet_only_where_both_allow(cast, neighbour):
    gus, _ = cast.user("gus")
    user = cast.arn("user/gus")
    arn = role(neighbour, "guest", user, allow("iam:ListUsers"))
    visit = {"RoleArn": arn, "RoleSessionName": "visit"}
    with refused("AccessDenied", denied(user, "sts:AssumeRole", arn)):
        gus("sts", "AssumeRole", **visit)
    cast.admin("iam", "PutUserPolicy", UserName="gus", PolicyName="go", PolicyDocument=allow("sts:AssumeRole", arn))
    guest = cast.acting(gus("sts", "AssumeRole", **visit)["Credentials"])
    assert guest("sts", "GetCallerIdentity")["Account"] == neighbour.account
    assert [each["UserName"] for each in guest("iam", "ListUsers")["Users"]] == ["admin"]

    # Neither account's administrator is anything in the other.
    with refused("NoSuchEntity"):
        neighbour.admin("iam", "GetUser", UserName="gus")
    foreign = cast.admin("iam", "CreatePolicy", PolicyName="ours", PolicyDocument=allow("iam:*"))["Policy"]["Arn"]
    with refused("NoSuchEntity"):
        neighbour.admin("iam", "AttachRolePolicy", RoleName="guest", PolicyArn=foreign)

    # The host revokes; then the guest's own side does.
    host = trust(neighbour.account)
    neighbour.admin("iam", "UpdateAssumeRolePolicy", RoleName="guest", PolicyDocument=host)
    with refused("AccessDenied", denied(user, "sts:AssumeRole", arn)):
        gus("sts", "AssumeRole", **visit)
    assert guest("iam", "ListUsers")
    neighbour.admin("iam", "PutRolePolicy", RoleName="guest", PolicyName="p0", PolicyDocument=deny("*"))
    with refused("AccessDenied"):
        guest("iam", "ListUsers")


def test_older_sessions_are_revoked_by_the_time_they_were_issued(cast):
    hal, _ = cast.user("hal")
    role(cast, "revocable", cast.arn("user/hal"), allow("iam:ListUsers"))
    old = cast.assumed(hal, "revocable", "old")
    assert old("iam", "ListUsers")
    # What the console's "Revoke sessions" writes; a time to come revokes every session there is.
    older = {"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}}
    older_sessions = {"RoleName": "revocable", "PolicyName": "AWSRevokeOlderSessions"}
    cast.admin("iam", "PutRolePolicy", **older_sessions, PolicyDocument=deny("*", Condition=older))
    with refused("AccessDenied"):
        old("iam", "ListUsers")
    before = {"DateLessThan": {"aws:TokenIssueTime": "2001-01-01T00:00:00Z"}}
    cast.admin("iam", "PutRolePolicy", **older_sessions, PolicyDocument=deny("*", Condition=before))
    assert old("iam", "ListUsers")


def test_a_deleted_user_takes_its_sessions_along_and_a_namesake_gets_none(cast):
    ida, key = cast.user("ida", allow("*"))
    session = cast.acting(ida("sts", "GetSessionToken")["Credentials"])
    visitor = cast.acting(ida("sts", "GetFederationToken", Name="guest", Policy=allow("*"))["Credentials"])
    cast.admin("iam", "DeleteAccessKey", UserName="ida", AccessKeyId=key)
    cast.admin("iam", "DeleteUserPolicy", UserName="ida", PolicyName="p0")
    cast.admin("iam", "DeleteUser", UserName="ida")
    cast.user("ida", allow("*"))
    for gone in (session, visitor):
        with refused("InvalidClientTokenId", INVALID):
            gone("sts", "GetCallerIdentity")


def test_pass_role_is_asked_of_who_hands_a_role_to_a_machine(cast):
    arn = role(cast, "machine", trust({"Service": "ec2.amazonaws.com"}))
    profile = cast.arn("instance-profile/machine")
    cast.admin("iam", "CreateInstanceProfile", InstanceProfileName="machine")
    jan, _ = cast.user("jan", allow("iam:AddRoleToInstanceProfile", profile))
    handing = {"InstanceProfileName": "machine", "RoleName": "machine"}
    with refused("AccessDenied", denied(cast.arn("user/jan"), "iam:PassRole", arn)):
        jan("iam", "AddRoleToInstanceProfile", **handing)
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    passing = allow("iam:PassRole", arn, Condition=to_ec2)
    cast.admin("iam", "PutUserPolicy", UserName="jan", PolicyName="pass", PolicyDocument=passing)
    jan("iam", "AddRoleToInstanceProfile", **handing)
