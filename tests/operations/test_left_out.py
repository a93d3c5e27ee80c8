"""What AWS shows of an entity where it is made, got and listed: these members and no others, as recorded."""

import pytest

from harness import ACCOUNT, allow, text, trusting
from pki import certificate, ec_key, private

TRUST = text(trusting({"AWS": ACCOUNT}))
TAGS = [{"Key": "k", "Value": "v"}]
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

USER = {"Path", "UserName", "UserId", "Arn", "CreateDate"}
GROUP = {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}
ROLE = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
LISTED_ROLE = {*ROLE, "Description", "MaxSessionDuration"}
PROFILE = {"Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate", "Roles"}
MANAGED = {
    *("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "AttachmentCount", "PermissionsBoundaryUsageCount"),
    *("IsAttachable", "CreateDate", "UpdateDate"),
}
VERSION = {"VersionId", "IsDefaultVersion", "CreateDate"}
CERTIFICATE = {"Path", "ServerCertificateName", "ServerCertificateId", "Arn", "UploadDate", "Expiration"}
MORE = {"Tags", "PermissionsBoundary"}


@pytest.fixture
def iam(root):
    """One of each kind, tagged and bounded."""
    iam = root.iam
    iam.create_user(UserName="u", Tags=TAGS, PermissionsBoundary=BOUNDARY)
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    role = {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Description": "d"}
    iam.create_role(**role, Tags=TAGS, PermissionsBoundary=BOUNDARY)
    iam.create_policy(PolicyName="p", PolicyDocument=text(allow("s3:*")), Description="d", Tags=TAGS)
    iam.create_instance_profile(InstanceProfileName="i", Tags=TAGS)
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    body = {"CertificateBody": certificate(ec_key()), "PrivateKey": private(ec_key())}
    iam.upload_server_certificate(ServerCertificateName="c", Tags=TAGS, **body)
    iam.create_virtual_mfa_device(VirtualMFADeviceName="d", Tags=TAGS)
    return iam


SHOWN = {
    "ListUsers": (lambda iam: iam.list_users()["Users"][0], USER),
    "GetUser": (lambda iam: iam.get_user(UserName="u")["User"], USER | MORE),
    "GetGroup, its users": (lambda iam: iam.get_group(GroupName="g")["Users"][0], USER),
    "GetGroup": (lambda iam: iam.get_group(GroupName="g")["Group"], GROUP),
    "ListGroups": (lambda iam: iam.list_groups()["Groups"][0], GROUP),
    "ListGroupsForUser": (lambda iam: iam.list_groups_for_user(UserName="u")["Groups"][0], GROUP),
    "ListRoles": (lambda iam: iam.list_roles()["Roles"][0], LISTED_ROLE),
    "GetRole": (lambda iam: iam.get_role(RoleName="r")["Role"], LISTED_ROLE | MORE | {"RoleLastUsed"}),
    "ListInstanceProfiles": (lambda iam: iam.list_instance_profiles()["InstanceProfiles"][0], PROFILE),
    "ListInstanceProfilesForRole": (
        lambda iam: iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"][0],
        PROFILE,
    ),
    "GetInstanceProfile": (
        lambda iam: iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"],
        PROFILE | {"Tags"},
    ),
    "GetInstanceProfile, its role": (
        lambda iam: iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Roles"][0],
        ROLE | {"Description"},
    ),
    "ListPolicies": (lambda iam: iam.list_policies(Scope="Local")["Policies"][0], MANAGED),
    "ListPolicies, AWS's": (lambda iam: iam.list_policies(Scope="AWS")["Policies"][0], MANAGED),
    "GetPolicy": (lambda iam: iam.get_policy(PolicyArn=POLICY + "p")["Policy"], MANAGED | {"Description", "Tags"}),
    "ListPolicyVersions": (lambda iam: iam.list_policy_versions(PolicyArn=POLICY + "p")["Versions"][0], VERSION),
    "GetPolicyVersion": (
        lambda iam: iam.get_policy_version(PolicyArn=POLICY + "p", VersionId="v1")["PolicyVersion"],
        VERSION | {"Document"},
    ),
    "CreatePolicyVersion": (
        lambda iam: iam.create_policy_version(PolicyArn=POLICY + "p", PolicyDocument=text(allow("s3:*")))[
            "PolicyVersion"
        ],
        VERSION,
    ),
    "ListServerCertificates": (
        lambda iam: iam.list_server_certificates()["ServerCertificateMetadataList"][0],
        CERTIFICATE,
    ),
    "ListVirtualMFADevices": (lambda iam: iam.list_virtual_mfa_devices()["VirtualMFADevices"][0], {"SerialNumber"}),
    "CreateUser": (lambda iam: iam.create_user(UserName="new")["User"], USER),
    "CreateRole": (
        lambda iam: iam.create_role(RoleName="new", AssumeRolePolicyDocument=TRUST, Description="d")["Role"],
        ROLE,
    ),
    "CreateServiceLinkedRole": (
        lambda iam: iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com", Description="d")["Role"],
        ROLE,
    ),
    "CreatePolicy": (
        lambda iam: iam.create_policy(PolicyName="n", PolicyDocument=text(allow("s3:*")), Description="d")["Policy"],
        MANAGED,
    ),
    "CreateAccessKey": (
        lambda iam: iam.create_access_key(UserName="u")["AccessKey"],
        {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"},
    ),
}


@pytest.mark.parametrize("where", SHOWN)
def test_these_members_and_no_others(iam, where):
    ask, members = SHOWN[where]
    assert set(ask(iam)) == members


def test_a_listing_of_keys_has_no_secret(iam):
    iam.create_access_key(UserName="u")
    (key,) = iam.list_access_keys(UserName="u")["AccessKeyMetadata"]
    assert set(key) == {"UserName", "AccessKeyId", "Status", "CreateDate"}


@pytest.mark.parametrize(
    ("ask", "shown"),
    [
        (lambda iam: iam.get_user(UserName="bare")["User"], False),
        (lambda iam: iam.get_role(RoleName="bare")["Role"], False),
        (lambda iam: iam.get_policy(PolicyArn=POLICY + "bare")["Policy"], True),
        (lambda iam: iam.get_policy(PolicyArn=BOUNDARY)["Policy"], True),
        (lambda iam: iam.get_instance_profile(InstanceProfileName="bare")["InstanceProfile"], True),
    ],
)
def test_tags_that_are_not_there_are_left_out_of_users_and_roles_only(iam, ask, shown):
    iam.create_user(UserName="bare")
    iam.create_role(RoleName="bare", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="bare", PolicyDocument=text(allow("s3:*")))
    iam.create_instance_profile(InstanceProfileName="bare")
    assert ask(iam).get("Tags") == ([] if shown else None)
