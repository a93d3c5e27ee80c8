"""SimulatePrincipalPolicy and its kin: what somebody holds, and what is left out or put in its place."""

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text

BUCKET = "arn:aws:s3:::bucket"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def held(root):
    """The result of SimulatePrincipalPolicy for the user u and one action."""
    root.iam.create_user(UserName="u")

    def result(action="s3:GetObject", arn=USER, **more):
        (only,) = root.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], **more)[
            "EvaluationResults"
        ]
        return only

    return result


def sources(result):
    return [statement["SourcePolicyId"] for statement in result["MatchedStatements"]]


def test_policies_are_named_by_who_holds_them(root, held):
    root.iam.create_group(GroupName="g")
    root.iam.add_user_to_group(GroupName="g", UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="own", PolicyDocument=text(allow("s3:*")))
    root.iam.put_group_policy(GroupName="g", PolicyName="common", PolicyDocument=text(allow("s3:*")))
    root.iam.attach_group_policy(GroupName="g", PolicyArn=S3)
    result = held(PolicyInputList=[text(allow("s3:*"))])
    assert sources(result) == ["user_u_own", "group_g_common", "AmazonS3FullAccess", "PolicyInputList.1"]
    assert sources(held(arn=f"arn:aws:iam::{ACCOUNT}:group/g")) == ["group_g_common", "AmazonS3FullAccess"]
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = text({"Version": "2012-10-17", "Statement": trust})
    root.iam.create_role(RoleName="R", Path="/a/", AssumeRolePolicyDocument=document)
    root.iam.put_role_policy(RoleName="R", PolicyName="P", PolicyDocument=text(allow("s3:*")))
    assert sources(held(arn=f"arn:aws:iam::{ACCOUNT}:role/a/R")) == ["role_R_P"]


def test_the_principals_boundary_holds_unless_the_request_replaces_it(root, held):
    root.iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    assert "PermissionsBoundaryDecisionDetail" not in held("sqs:SendMessage")
    root.iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=S3)
    result = held("sqs:SendMessage")
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert held("sqs:SendMessage", PolicyExclusionList=[{"PolicyType": "permission-boundary"}])["EvalDecision"] == (
        "allowed"
    )
    replaced = held("sqs:SendMessage", PermissionsBoundaryPolicyInputList=[text(allow("sqs:*"))])
    assert sources(replaced) == ["AdministratorAccess", "PermissionsBoundaryPolicyInputList.1"]


def test_what_the_password_policy_grants_is_granted_here_too(root, held):
    assert held("iam:ChangePassword", ResourceArns=[USER])["EvalDecision"] == "implicitDeny"
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    assert held("iam:ChangePassword", ResourceArns=[USER])["EvalDecision"] == "allowed"
    assert held("iam:ChangePassword", ResourceArns=[f"{USER}2"])["EvalDecision"] == "implicitDeny"
    assert root.iam.get_context_keys_for_principal_policy(PolicySourceArn=USER)["ContextKeyNames"] == []


@pytest.fixture
def holding(root, held):
    """The user u holds an inline, an AWS managed and a customer managed policy."""
    root.iam.put_user_policy(UserName="u", PolicyName="own", PolicyDocument=text(allow("s3:*")))
    arn = root.iam.create_policy(PolicyName="mine", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
    for each in (S3, arn):
        root.iam.attach_user_policy(UserName="u", PolicyArn=each)
    return held


INLINE = {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "u"}


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ({"PolicyType": "inline"}, {"mine", "AmazonS3FullAccess"}),
        ({"PolicyType": "aws-managed"}, {"mine", "user_u_own"}),
        ({"PolicyType": "user-managed"}, {"user_u_own", "AmazonS3FullAccess"}),
        ({"PolicyType": "scp"}, {"user_u_own", "mine", "AmazonS3FullAccess"}),
        ({"PolicyType": "rcp"}, {"user_u_own", "mine", "AmazonS3FullAccess"}),
        ({"PolicyArn": S3}, {"user_u_own", "mine"}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3*"}, {"user_u_own", "mine"}),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/m??e"}, {"user_u_own", "AmazonS3FullAccess"}),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/none"}, {"user_u_own", "mine", "AmazonS3FullAccess"}),
        ({"InlinePolicyIdentifier": INLINE}, {"mine", "AmazonS3FullAccess"}),
        (
            {"InlinePolicyIdentifier": INLINE | {"AttachmentType": "group"}},
            {"user_u_own", "mine", "AmazonS3FullAccess"},
        ),
    ],
)
def test_exclusions_leave_attached_policies_out(holding, entry, left):
    assert set(sources(holding(PolicyExclusionList=[entry]))) == left


@pytest.mark.parametrize(
    "entry",
    [
        {"PolicyArn": "arn:aws:iam::aws:policy/*S3*"},
        {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:pol*/mine"},
        {"PolicyArn": USER},
        {"PolicyType": "inline", "PolicyArn": S3},
    ],
)
def test_exclusions_that_are_malformed_are_refused(holding, entry):
    with refused("InvalidInput"):
        holding(PolicyExclusionList=[entry])


@pytest.mark.parametrize("call", ["simulate", "keys", "services"])
def test_who_is_not_there_is_not_simulated(root, call):
    def ask(arn):
        if call == "simulate":
            root.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
        elif call == "keys":
            root.iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)
        else:
            root.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["s3"])

    root.iam.create_user(UserName="u", Path="/a/")
    for arn in (USER, f"arn:aws:iam::{ACCOUNT}:role/u", f"arn:aws:iam::{ACCOUNT}:group/u"):
        with refused("NoSuchEntity", "Unable to retrieve specified IAM entity."):
            ask(arn)
    for arn in (f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"):
        with refused("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name."):
            ask(arn)
    with refused("AccessDenied"):
        ask(f"arn:aws:iam::{OTHER}:user/u")


def test_the_caller_may_be_another(root, held):
    root.iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    denying = allow("s3:GetObject", BUCKET, Principal={"AWS": USER}, Effect="Deny")
    more = {"ResourcePolicy": text(denying), "ResourceArns": [BUCKET]}
    assert held(**more)["EvalDecision"] == "explicitDeny"
    assert held(**more, CallerArn=f"arn:aws:iam::{ACCOUNT}:user/v")["EvalDecision"] == "allowed"


def test_context_keys_are_told_as_written(root, held):
    home = allow("s3:*", "arn:aws:s3:::b/${aws:username}${*}", Condition={"Bool": {"aws:SecureTransport": "true"}})
    other = allow("s3:*", Condition={"StringEquals": {"AWS:UserName": "x", "s3:prefix": "${aws:PrincipalTag/team}"}})
    found = root.iam.get_context_keys_for_custom_policy(PolicyInputList=[text(home), text(other)])
    keys = ["aws:SecureTransport", "aws:username", "s3:prefix", "aws:PrincipalTag/team"]
    assert found["ContextKeyNames"] == keys
    root.iam.create_group(GroupName="g")
    root.iam.add_user_to_group(GroupName="g", UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text(home))
    root.iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=text(other))
    more = text(allow("s3:*", Condition={"Bool": {"aws:ViaAWSService": "false"}}))
    found = root.iam.get_context_keys_for_principal_policy(PolicySourceArn=USER, PolicyInputList=[more])
    assert found["ContextKeyNames"] == [*keys, "aws:ViaAWSService"]
    with refused("InvalidInput", "PolicyInputList.1: Syntax errors in policy."):
        root.iam.get_context_keys_for_custom_policy(PolicyInputList=["{}"])


def test_each_needs_its_permission_on_the_entity(server, root):
    root.iam.create_user(UserName="u", Tags=[{"Key": "team", "Value": "blue"}])
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    bob = server.user("bob", allow("iam:SimulatePrincipalPolicy", USER, Condition=blue))
    ask = {"ActionNames": ["s3:GetObject"]}
    assert bob.iam.simulate_principal_policy(PolicySourceArn=USER, **ask)
    other = f"arn:aws:iam::{ACCOUNT}:user/bob"
    with refused(
        "AccessDenied",
        f"User: {other} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: {other} because no "
        "identity-based policy allows the iam:SimulatePrincipalPolicy action",
    ):
        bob.iam.simulate_principal_policy(PolicySourceArn=other, **ask)
    with refused("AccessDenied"):
        bob.iam.simulate_custom_policy(PolicyInputList=[text(allow("s3:*"))], **ask)
    with refused("AccessDenied"):
        bob.iam.get_context_keys_for_principal_policy(PolicySourceArn=USER)
