"""Which refusal comes first, as recorded of AWS: permission, shape, the entity, the document, the quota.

Each case has everything wrong from its place on; what is put right brings the next refusal.
"""

import pytest

from harness import ACCOUNT, allow, refused, text, trusting

TRUST = text(trusting({"AWS": ACCOUNT}))
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"
GOOD, BAD = text(allow("s3:*")), '{"Version": "2012-10-17"}'
LARGE = text(allow("s3:*", ["arn:aws:s3:::" + "x" * 500] * 25))
TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]


@pytest.fixture
def iam(root):
    """Something of each kind that is named `there`."""
    root.iam.create_user(UserName="there")
    root.iam.create_group(GroupName="there")
    root.iam.create_role(RoleName="there", AssumeRolePolicyDocument=TRUST)
    root.iam.create_instance_profile(InstanceProfileName="there")
    root.iam.create_policy(PolicyName="there", PolicyDocument=GOOD)
    return root.iam


def first(**more):
    return {"PolicyName": "p", **more}


# The operation, and parameters with the code of the refusal; None: it is done.
ORDERS = {
    "put_user_policy": [
        (first(UserName="no body", PolicyDocument=BAD), "ValidationError"),
        (first(UserName="nobody", PolicyDocument=BAD), "NoSuchEntity"),
        (first(UserName="there", PolicyDocument=BAD), "MalformedPolicyDocument"),
        (first(UserName="there", PolicyDocument=LARGE), "LimitExceeded"),
        (first(UserName="there", PolicyDocument=GOOD), None),
    ],
    "put_role_policy": [
        (first(RoleName="nobody", PolicyDocument=BAD), "NoSuchEntity"),
        (first(RoleName="there", PolicyDocument=BAD), "MalformedPolicyDocument"),
        (first(RoleName="there", PolicyDocument=LARGE), "LimitExceeded"),
    ],
    "put_group_policy": [
        (first(GroupName="nobody", PolicyDocument=BAD), "NoSuchEntity"),
        (first(GroupName="there", PolicyDocument=BAD), "MalformedPolicyDocument"),
        (first(GroupName="there", PolicyDocument=LARGE), "LimitExceeded"),
    ],
    "tag_role": [
        ({"RoleName": "nobody", "Tags": TAGS}, "ValidationError"),
        ({"RoleName": "nobody", "Tags": TAGS[:1] * 2}, "NoSuchEntity"),
        ({"RoleName": "there", "Tags": TAGS[:1] * 2}, "InvalidInput"),
        ({"RoleName": "there", "Tags": TAGS[:50]}, None),
        ({"RoleName": "there", "Tags": TAGS[50:]}, "LimitExceeded"),
    ],
    "create_user": [
        ({"UserName": "there", "Path": "x"}, "ValidationError"),
        ({"UserName": "there", "PermissionsBoundary": POLICY + "missing"}, "EntityAlreadyExists"),
        ({"UserName": "new", "PermissionsBoundary": "arn:aws:iam::aws:nothing"}, "InvalidInput"),
        ({"UserName": "new", "PermissionsBoundary": POLICY + "missing"}, "NoSuchEntity"),
    ],
    "create_role": [
        ({"RoleName": "there", "AssumeRolePolicyDocument": BAD}, "EntityAlreadyExists"),
        ({"RoleName": "new", "AssumeRolePolicyDocument": BAD}, "MalformedPolicyDocument"),
        ({"RoleName": "new", "AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 3599}, "ValidationError"),
    ],
    "create_policy": [
        ({"PolicyName": "there", "PolicyDocument": BAD}, "EntityAlreadyExists"),
        ({"PolicyName": "new", "PolicyDocument": BAD}, "MalformedPolicyDocument"),
        ({"PolicyName": "new", "PolicyDocument": LARGE}, "LimitExceeded"),
    ],
    "create_policy_version": [
        ({"PolicyArn": POLICY + "missing", "PolicyDocument": BAD}, "NoSuchEntity"),
        ({"PolicyArn": POLICY + "there", "PolicyDocument": BAD}, "MalformedPolicyDocument"),
        ({"PolicyArn": POLICY + "there", "PolicyDocument": LARGE}, "LimitExceeded"),
    ],
    "attach_role_policy": [
        ({"RoleName": "nobody", "PolicyArn": "arn:aws:iam::aws:nothing"}, "NoSuchEntity"),
        ({"RoleName": "there", "PolicyArn": "arn:aws:iam::aws:nothing"}, "ValidationError"),
        ({"RoleName": "there", "PolicyArn": POLICY + "missing"}, "NoSuchEntity"),
        (
            {"RoleName": "there", "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"},
            "PolicyNotAttachable",
        ),
    ],
    "put_user_permissions_boundary": [
        ({"UserName": "nobody", "PermissionsBoundary": "arn:aws:iam::aws:nothing"}, "NoSuchEntity"),
        ({"UserName": "there", "PermissionsBoundary": "arn:aws:iam::aws:nothing"}, "InvalidInput"),
        ({"UserName": "there", "PermissionsBoundary": POLICY + "missing"}, "NoSuchEntity"),
    ],
    "update_assume_role_policy": [
        ({"RoleName": "nobody", "PolicyDocument": BAD}, "NoSuchEntity"),
        ({"RoleName": "there", "PolicyDocument": BAD}, "MalformedPolicyDocument"),
    ],
}


@pytest.mark.parametrize("name", ORDERS)
def test_refusals_come_in_aws_order(iam, name):
    for parameters, code in ORDERS[name]:
        if code is None:
            getattr(iam, name)(**parameters)
        else:
            with refused(code):
                getattr(iam, name)(**parameters)


@pytest.mark.parametrize("name", ORDERS)
def test_who_may_not_is_told_nothing_else(server, iam, name):
    nobody = server.user("nobody-else")
    for parameters, _ in ORDERS[name]:
        with refused("AccessDenied"):
            getattr(nobody.iam, name)(**parameters)


def test_of_two_entities_the_user_is_looked_for_before_the_group_and_the_profile_before_the_role(iam):
    missing = "The user with name nobody cannot be found."
    for call in (iam.add_user_to_group, iam.remove_user_from_group):
        with refused("NoSuchEntity", missing):
            call(GroupName="nothing", UserName="nobody")
        with refused("NoSuchEntity", "The group with name nothing cannot be found."):
            call(GroupName="nothing", UserName="there")
    for call in (iam.add_role_to_instance_profile, iam.remove_role_from_instance_profile):
        with refused("NoSuchEntity", "Instance Profile nothing cannot be found."):
            call(InstanceProfileName="nothing", RoleName="nobody")
        with refused("NoSuchEntity", "The role with name nobody cannot be found."):
            call(InstanceProfileName="there", RoleName="nobody")
    with refused("NoSuchEntity", "Role there in Instance Profile there cannot be found."):
        iam.remove_role_from_instance_profile(InstanceProfileName="there", RoleName="there")


# What must be gone before something is deleted, and the sentence about it.
HANGING = {
    "a role in a profile": (
        lambda iam: iam.add_role_to_instance_profile(InstanceProfileName="there", RoleName="there"),
        lambda iam: iam.delete_role(RoleName="there"),
        "Cannot delete entity, must remove roles from instance profile first.",
    ),
    "a profile with a role": (
        lambda iam: iam.add_role_to_instance_profile(InstanceProfileName="there", RoleName="there"),
        lambda iam: iam.delete_instance_profile(InstanceProfileName="there"),
        "Cannot delete entity, must remove roles from instance profile first.",
    ),
    "a role with an attached policy": (
        lambda iam: iam.attach_role_policy(RoleName="there", PolicyArn=POLICY + "there"),
        lambda iam: iam.delete_role(RoleName="there"),
        "Cannot delete entity, must detach all policies first.",
    ),
    "a role with an inline policy": (
        lambda iam: iam.put_role_policy(RoleName="there", PolicyName="p", PolicyDocument=GOOD),
        lambda iam: iam.delete_role(RoleName="there"),
        "Cannot delete entity, must delete policies first.",
    ),
    "a group with a user": (
        lambda iam: iam.add_user_to_group(GroupName="there", UserName="there"),
        lambda iam: iam.delete_group(GroupName="there"),
        "Cannot delete entity, must remove users from group first.",
    ),
    "a group with an attached policy": (
        lambda iam: iam.attach_group_policy(GroupName="there", PolicyArn=POLICY + "there"),
        lambda iam: iam.delete_group(GroupName="there"),
        "Cannot delete entity, must detach all policies first.",
    ),
    "a group with an inline policy": (
        lambda iam: iam.put_group_policy(GroupName="there", PolicyName="p", PolicyDocument=GOOD),
        lambda iam: iam.delete_group(GroupName="there"),
        "Cannot delete entity, must delete policies first.",
    ),
    "a boundary": (
        lambda iam: iam.put_role_permissions_boundary(RoleName="there", PermissionsBoundary=POLICY + "there"),
        lambda iam: iam.delete_policy(PolicyArn=POLICY + "there"),
        "Cannot delete a policy attached to entities.",
    ),
    "a policy with two versions": (
        lambda iam: iam.create_policy_version(PolicyArn=POLICY + "there", PolicyDocument=GOOD),
        lambda iam: iam.delete_policy(PolicyArn=POLICY + "there"),
        (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        ),
    ),
    "a default version": (
        lambda iam: iam.create_policy_version(PolicyArn=POLICY + "there", PolicyDocument=GOOD, SetAsDefault=True),
        lambda iam: iam.delete_policy_version(PolicyArn=POLICY + "there", VersionId="v2"),
        "Cannot delete the default version of a policy.",
    ),
}


@pytest.mark.parametrize("what", HANGING)
def test_what_something_hangs_on_is_not_deleted(iam, what):
    hang, delete, sentence = HANGING[what]
    hang(iam)
    with refused("DeleteConflict", sentence):
        delete(iam)


@pytest.mark.parametrize("what", ["tags", "a boundary"])
def test_tags_and_boundaries_hold_nothing_back(iam, what):
    for kind in ("user", "role"):
        name = {f"{kind.capitalize()}Name": "there"}
        if what == "tags":
            getattr(iam, f"tag_{kind}")(**name, Tags=TAGS[:1])
        else:
            getattr(iam, f"put_{kind}_permissions_boundary")(**name, PermissionsBoundary=POLICY + "there")
        getattr(iam, f"delete_{kind}")(**name)
        with refused("NoSuchEntity"):
            getattr(iam, f"delete_{kind}")(**name)
