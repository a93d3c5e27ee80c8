"""Service-linked roles: made by name of a service, changed by nobody else, deleted by a task."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness import ACCOUNT, CATALOGUE, allow, refused, text, trusting
from keyreeve.catalogue import service_linked_roles

ECS = "AWSServiceRoleForECS"
ARN = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/{ECS}"
PROTECTED = f"Cannot perform the operation on the protected role '{ECS}' - this role is only modifiable by AWS"


@pytest.fixture
def ecs(root):
    """The service-linked role of ECS."""
    return root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com", Description="runs tasks")["Role"]


def test_a_role_has_the_name_path_trust_and_policy_that_aws_gives_it(root, ecs):
    assert set(ecs) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert ecs["Arn"] == ARN
    (statement,) = ecs["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "ecs.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    (policy,) = root.iam.list_attached_role_policies(RoleName=ECS)["AttachedPolicies"]
    assert policy["PolicyArn"] == "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
    role = root.iam.get_role(RoleName=ECS)["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("runs tasks", 3600)
    assert [each["Arn"] for each in root.iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]] == [ARN]


def test_there_is_one_of_a_service_and_one_for_each_suffix_where_it_takes_some(root, ecs):
    with refused(
        "InvalidInput", f"Service role name {ECS} has been taken in this account, please try a different suffix."
    ):
        root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("InvalidInput", "Custom suffix is not allowed for ecs.amazonaws.com"):
        root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com", CustomSuffix="two")
    made = root.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="two")
    assert made["Role"]["RoleName"] == "AWSServiceRoleForAutoScaling_two"
    with refused("InvalidInput"):
        root.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x" * 60)
    with refused("InvalidInput"):
        root.iam.create_service_linked_role(AWSServiceName="ECS.amazonaws.com")


CHANGES = {
    "attach_role_policy": {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "detach_role_policy": {"PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"},
    "put_role_policy": {"PolicyName": "p", "PolicyDocument": text(allow("s3:*"))},
    "delete_role_policy": {"PolicyName": "p"},
    "put_role_permissions_boundary": {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "delete_role_permissions_boundary": {},
    "update_assume_role_policy": {"PolicyDocument": text(trusting({"AWS": ACCOUNT}))},
    "update_role": {"MaxSessionDuration": 7200},
    "delete_role": {},
}


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_but_the_service_changes_it(root, ecs, change):
    with refused("UnmodifiableEntity", PROTECTED):
        getattr(root.iam, change)(RoleName=ECS, **CHANGES[change])


def test_it_is_passed_to_no_machine(root, ecs):
    root.iam.create_instance_profile(InstanceProfileName="p")
    with refused("UnmodifiableEntity", PROTECTED):
        root.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName=ECS)


def test_its_description_and_tags_may_change(root, ecs):
    root.iam.update_role(RoleName=ECS, Description="as Terraform does it")
    root.iam.update_role_description(RoleName=ECS, Description="runs more tasks")
    root.iam.tag_role(RoleName=ECS, Tags=[{"Key": "k", "Value": "v"}])
    role = root.iam.get_role(RoleName=ECS)["Role"]
    assert role["Description"] == "runs more tasks"
    assert role["Tags"] == [{"Key": "k", "Value": "v"}]


def test_nobody_makes_a_role_at_its_place(root):
    for path in ("/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"):
        with refused("InvalidInput"):
            root.iam.create_role(RoleName=ECS, Path=path, AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))


def test_no_caller_assumes_it(server, ecs):
    somebody = server.user("alice", allow("*"))
    with refused("AccessDenied"):
        somebody.sts.assume_role(RoleArn=ARN, RoleSessionName="session")


def test_a_deletion_is_a_task(root, ecs):
    task = root.iam.delete_service_linked_role(RoleName=ECS)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/ecs.amazonaws.com/{ECS}/")
    status = root.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert (status["Status"], status.get("Reason")) == ("SUCCEEDED", None)
    with refused("NoSuchEntity", f"The role with name {ECS} cannot be found."):
        root.iam.get_role(RoleName=ECS)
    with refused("NoSuchEntity", f"The role with name {ECS} cannot be found."):
        root.iam.delete_service_linked_role(RoleName=ECS)
    root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def test_an_ordinary_role_is_not_deleted_so(root):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    with refused("NoSuchEntity"):
        root.iam.delete_service_linked_role(RoleName="r")
    assert root.iam.get_role(RoleName="r")


def test_only_tasks_that_were_made_have_a_status(server, root, ecs):
    task = root.iam.delete_service_linked_role(RoleName=ECS)["DeletionTaskId"]
    with refused("NoSuchEntity"):
        root.iam.get_service_linked_role_deletion_status(DeletionTaskId=task[:-12] + "0" * 12)
    with refused("InvalidInput"):
        root.iam.get_service_linked_role_deletion_status(DeletionTaskId="task")
    with refused("NoSuchEntity"):
        server.root("444455556666").iam.get_service_linked_role_deletion_status(DeletionTaskId=task)


def test_who_may_make_the_role_of_one_service_makes_no_other(server):
    statement = {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}
    maker = server.user("maker", allow("iam:CreateServiceLinkedRole", Condition=statement))
    maker.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("AccessDenied"):
        maker.iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")


def test_each_role_has_a_policy_of_the_catalogue_and_a_name_of_its_own():
    rows = list(service_linked_roles().values())
    assert len(rows) > 120
    assert all(CATALOGUE.get(row.policy_arn) for row in rows)
    assert len({row.role_name for row in rows}) == len(rows)


def test_the_table_is_what_the_tool_makes():
    tool = Path(__file__).parents[2] / "tools/service_linked_roles.py"
    subprocess.run([sys.executable, tool, "--check"], check=True, timeout=60)
