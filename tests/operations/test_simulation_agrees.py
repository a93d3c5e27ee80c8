"""Simulator and enforcement agree: random policies, tags and boundaries, simulated and then really called."""

from random import Random

import pytest
from botocore.exceptions import ClientError

from harness import ACCOUNT, text, trusting

IAM = f"arn:aws:iam::{ACCOUNT}"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
TAGS = {"target": "blue", "other": "red"}

# Action, resource, and the call. That the thing is not there is said only to those who may ask.
CALLS = [
    ("iam:GetUser", f"{IAM}:user/target", lambda iam: iam.get_user(UserName="target")),
    ("iam:GetUser", f"{IAM}:user/other", lambda iam: iam.get_user(UserName="other")),
    ("iam:GetUser", f"{IAM}:user/nobody", lambda iam: iam.get_user(UserName="nobody")),
    ("iam:ListUserTags", f"{IAM}:user/target", lambda iam: iam.list_user_tags(UserName="target")),
    ("iam:ListUserPolicies", f"{IAM}:user/other", lambda iam: iam.list_user_policies(UserName="other")),
    ("iam:GetRole", f"{IAM}:role/r", lambda iam: iam.get_role(RoleName="r")),
    ("iam:ListRoleTags", f"{IAM}:role/nobody", lambda iam: iam.list_role_tags(RoleName="nobody")),
    ("iam:GetGroup", f"{IAM}:group/g", lambda iam: iam.get_group(GroupName="g")),
    ("iam:GetPolicy", f"{IAM}:policy/none", lambda iam: iam.get_policy(PolicyArn=f"{IAM}:policy/none")),
    ("iam:ListUsers", "*", lambda iam: iam.list_users()),
    ("iam:ListGroups", "*", lambda iam: iam.list_groups()),
    ("iam:DeleteUser", f"{IAM}:user/nobody", lambda iam: iam.delete_user(UserName="nobody")),
]
ACTIONS = [
    "iam:*",
    "*",
    "iam:Get*",
    "iam:List*",
    "iam:*User*",
    "s3:*",
    "iam:?etUser",
    *{action for action, *_ in CALLS},
]
RESOURCES = [
    "*",
    f"{IAM}:user/*",
    f"{IAM}:user/target",
    f"{IAM}:role/*",
    f"{IAM}:group/?",
    "arn:aws:iam::*:user/o*",
    f"{IAM}:user/${{aws:PrincipalTag/likes}}",
    f"{IAM}:user/${{aws:username, 'target'}}",
]
CONDITIONS = [
    {"StringEquals": {"aws:ResourceTag/team": "blue"}},
    {"StringNotEquals": {"iam:ResourceTag/team": "blue"}},
    {"StringEqualsIfExists": {"aws:ResourceTag/team": ["red"]}},
    {"Null": {"aws:ResourceTag/team": "true"}},
    {"StringLike": {"aws:PrincipalTag/likes": "t*"}},
    {"StringEquals": {"aws:PrincipalTag/likes": "${aws:ResourceTag/team}"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    {"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalType": "User", "aws:RequestedRegion": "us-east-1"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": "team"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
]


def statement(random):
    made = {"Effect": random.choices(["Allow", "Deny"], [4, 1])[0]}
    actions = random.sample(ACTIONS, random.randint(1, 2))
    resources = random.sample(RESOURCES, random.randint(1, 2))
    made["NotAction" if random.random() < 0.1 else "Action"] = actions
    made["NotResource" if random.random() < 0.1 else "Resource"] = resources
    if random.random() < 0.5:
        made["Condition"] = random.choice(CONDITIONS)
    return made


def document(random):
    return text({"Version": "2012-10-17", "Statement": [statement(random) for _ in range(random.randint(1, 3))]})


def keys(name, resource, multi_factor):
    """The context of the real request, as it is known to whoever sends it."""
    target = resource.rsplit("/", 1)[-1]
    is_user = multi_factor is None
    known = {
        "aws:PrincipalTag/likes": "target",
        "aws:PrincipalArn": name,
        "aws:PrincipalType": "User" if is_user else "AssumedRole",
        "aws:SourceIp": "127.0.0.1",
        "aws:RequestedRegion": "us-east-1",
        "aws:CurrentTime": "2026-01-01T00:00:00Z",
        "aws:username": "u" if is_user else None,
        "aws:MultiFactorAuthPresent": multi_factor,
        "aws:ResourceTag/team": TAGS.get(target),
        "iam:ResourceTag/team": TAGS.get(target),
    }
    types = {"aws:SourceIp": "ip", "aws:CurrentTime": "date", "aws:MultiFactorAuthPresent": "boolean"}
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": types.get(key, "string")}
        for key, value in known.items()
        if value is not None
    ]


def answer(call):
    """How the server itself decides."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            return "allowed"
        return "explicitDeny" if "explicit deny" in error.response["Error"]["Message"] else "implicitDeny"
    return "allowed"


@pytest.fixture
def people(server, root):
    """A user in a group, and a session of a role, with their ARNs; and what they ask about."""
    likes = [{"Key": "likes", "Value": "target"}]
    for name, team in TAGS.items():
        root.iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": team}])
    root.iam.create_group(GroupName="g")
    user = server.user("u")
    root.iam.tag_user(UserName="u", Tags=likes)
    root.iam.add_user_to_group(GroupName="g", UserName="u")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": f"{IAM}:user/u"})), Tags=likes)
    session = user.sts.assume_role(RoleArn=f"{IAM}:role/r", RoleSessionName="session")["Credentials"]
    return (f"{IAM}:user/u", user, None), (f"{IAM}:role/r", server.person(session), "false")


def give(root, random, boundary):
    """New random policies for everybody."""
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document(random))
    root.iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document(random))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(random))
    root.iam.put_role_policy(RoleName="r", PolicyName="q", PolicyDocument=document(random))
    version = root.iam.create_policy_version(PolicyArn=boundary, PolicyDocument=document(random), SetAsDefault=True)
    for old in root.iam.list_policy_versions(PolicyArn=boundary)["Versions"]:
        if old["VersionId"] != version["PolicyVersion"]["VersionId"]:
            root.iam.delete_policy_version(PolicyArn=boundary, VersionId=old["VersionId"])
    limit = boundary if random.random() < 0.5 else ADMINISTRATOR
    root.iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=limit)
    root.iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=limit)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_simulated_is_what_happens(root, people, seed):
    random = Random(seed)  # noqa: S311  to be repeated, not to be secret
    boundary = root.iam.create_policy(PolicyName="b", PolicyDocument=document(random))["Policy"]["Arn"]
    seen = set()
    for _ in range(10):
        give(root, random, boundary)
        for arn, person, multi_factor in people:
            for action, resource, call in random.sample(CALLS, 4):
                (result,) = root.iam.simulate_principal_policy(
                    PolicySourceArn=arn,
                    ActionNames=[action],
                    ResourceArns=[resource],
                    ContextEntries=keys(arn, resource, multi_factor),
                )["EvaluationResults"]
                assert result["EvalDecision"] == answer(lambda person=person, call=call: call(person.iam)), result
                seen.add(result["EvalDecision"])
    assert seen == {"allowed", "implicitDeny", "explicitDeny"}
