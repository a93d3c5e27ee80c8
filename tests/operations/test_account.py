"""The account as a whole: its summary counts what there is, its details show everything with filters and pages."""

import msgspec
import pytest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.access import totp
from keyreeve.entities import MFADevice, RootUser
from pki import certificate, ec_key, private

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"
TRUST = text(trusting({"AWS": ACCOUNT}))


def summary(person):
    return person.iam.get_account_summary()["SummaryMap"]


def change(server, record):
    tx = server.view.begin()
    tx.put(record)
    tx.commit()


def changed(root, before):
    """By how much the counts differ from what they were."""
    now = summary(root)
    assert now.keys() == before.keys()
    return {name: now[name] - before[name] for name in now if now[name] != before[name]}


# What is made, and what it adds to the summary.
ADDS = {
    "a user": (lambda iam: iam.create_user(UserName="u"), {"Users": 1}),
    "a group": (lambda iam: iam.create_group(GroupName="g"), {"Groups": 1}),
    "a role": (lambda iam: iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST), {"Roles": 1}),
    "a service-linked role": (
        lambda iam: iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com"),
        {"Roles": 1},
    ),
    "an instance profile": (lambda iam: iam.create_instance_profile(InstanceProfileName="p"), {"InstanceProfiles": 1}),
    "a policy": (
        lambda iam: iam.create_policy(PolicyName="p", PolicyDocument=text(allow("s3:*"))),
        {"Policies": 1, "PolicyVersionsInUse": 1},
    ),
    "a version": (
        lambda iam: iam.create_policy_version(PolicyArn=POLICY + "first", PolicyDocument=text(allow("s3:*"))),
        {"PolicyVersionsInUse": 1},
    ),
    "a server certificate": (
        lambda iam: iam.upload_server_certificate(
            ServerCertificateName="c", CertificateBody=certificate(ec_key()), PrivateKey=private(ec_key())
        ),
        {"ServerCertificates": 1},
    ),
    "an OIDC provider": (
        lambda iam: iam.create_open_id_connect_provider(Url="https://id.example", ThumbprintList=["a" * 40]),
        {"Providers": 1},
    ),
    "a device": (lambda iam: iam.create_virtual_mfa_device(VirtualMFADeviceName="d"), {"MFADevices": 1}),
    "a root's signing certificate": (
        lambda iam: iam.upload_signing_certificate(CertificateBody=certificate(ec_key())),
        {"AccountSigningCertificatesPresent": 1},
    ),
    "a user's signing certificate": (
        lambda iam: iam.upload_signing_certificate(UserName="first", CertificateBody=certificate(ec_key())),
        {},
    ),
    "a user's password": (lambda iam: iam.create_login_profile(UserName="first", Password="Correct-horse-7"), {}),
    "a user's key": (lambda iam: iam.create_access_key(UserName="first"), {}),
    "a root's second key": (lambda iam: iam.create_access_key(), {}),
}


@pytest.mark.parametrize("what", ADDS)
def test_the_summary_counts_what_there_is(root, what):
    root.iam.create_user(UserName="first")
    root.iam.create_policy(PolicyName="first", PolicyDocument=text(allow("s3:*")))
    before = summary(root)
    make, more = ADDS[what]
    make(root.iam)
    assert changed(root, before) == more


def test_the_summary_says_what_the_root_user_has(server, root):
    before = summary(root)
    assert (before["AccountAccessKeysPresent"], before["AccountPasswordPresent"], before["AccountMFAEnabled"]) == (
        1,
        0,
        0,
    )
    record = server.view.begin().get(RootUser, ACCOUNT, ACCOUNT)
    change(server, msgspec.structs.replace(record, password_hash="$argon2id$"))
    assert changed(root, before) == {"AccountPasswordPresent": 1}
    reader = server.user("reader", allow("iam:GetAccountSummary"))
    (key,) = root.iam.list_access_keys()["AccessKeyMetadata"]
    root.iam.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert summary(reader)["AccountAccessKeysPresent"] == 0


def test_devices_in_use_are_told_from_those_that_are_not(server, root):
    root.iam.create_user(UserName="u")
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]
    before = summary(root)
    device = server.view.begin().get(MFADevice, ACCOUNT, made["SerialNumber"])
    seed = server.ring.unseal(device.sealed_seed, device.serial_number)
    step = int(device.create_date.timestamp()) // totp.STEP_SECONDS
    root.iam.enable_mfa_device(
        UserName="u",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=totp.code(seed, step - 1),
        AuthenticationCode2=totp.code(seed, step),
    )
    assert changed(root, before) == {"MFADevicesInUse": 1}
    device = server.view.begin().get(MFADevice, ACCOUNT, made["SerialNumber"])
    change(server, msgspec.structs.replace(device, principal_id=ACCOUNT))
    assert changed(root, before) == {"MFADevicesInUse": 1, "AccountMFAEnabled": 1}


def test_other_accounts_are_not_counted(server, root):
    before = summary(root)
    server.root(OTHER).iam.create_user(UserName="theirs")
    assert changed(root, before) == {}


# Everything that grants permissions.


@pytest.fixture
def iam(root):
    """Two of each kind, attached and not."""
    iam = root.iam
    for name in ("a", "b"):
        iam.create_user(UserName=name, Tags=[{"Key": "k", "Value": "v"}])
        iam.create_group(GroupName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Description="d")
        iam.create_policy(PolicyName=name, PolicyDocument=text(allow("s3:*")), Description="of a policy")
    iam.add_user_to_group(GroupName="b", UserName="a")
    iam.add_user_to_group(GroupName="a", UserName="a")
    iam.attach_role_policy(RoleName="a", PolicyArn=READ_ONLY)
    iam.put_user_permissions_boundary(UserName="b", PermissionsBoundary=POLICY + "a")
    iam.put_role_policy(RoleName="a", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    iam.create_instance_profile(InstanceProfileName="a")
    iam.add_role_to_instance_profile(InstanceProfileName="a", RoleName="a")
    return iam


LISTS = {
    "User": ("UserDetailList", "UserName"),
    "Group": ("GroupDetailList", "GroupName"),
    "Role": ("RoleDetailList", "RoleName"),
    "LocalManagedPolicy": ("Policies", "PolicyName"),
    "AWSManagedPolicy": ("Policies", "PolicyName"),
}
THERE = {"User": ["a", "b"], "Group": ["a", "b"], "Role": ["a", "b"], "LocalManagedPolicy": ["a", "b"]}
THERE["AWSManagedPolicy"] = ["ReadOnlyAccess"]


def found(answer):
    return {member: [each[name] for each in answer[member]] for member, name in LISTS.values()}


@pytest.mark.parametrize(
    "wanted", [["User"], ["Role", "Group"], ["LocalManagedPolicy"], ["AWSManagedPolicy"], [*LISTS]]
)
def test_details_show_what_the_filter_names_and_all_four_lists(iam, wanted):
    expected = {member: [] for member, _ in LISTS.values()}
    for word in wanted:
        expected[LISTS[word][0]] += THERE[word]
    answer = iam.get_account_authorization_details(Filter=wanted)
    assert {name: sorted(names) for name, names in found(answer).items()} == {
        name: sorted(names) for name, names in expected.items()
    }
    assert answer["IsTruncated"] is False


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_details_page_over_all_lists_together(iam, size):
    pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": size})
    whole = {member: [] for member, _ in LISTS.values()}
    for page in pages:
        assert sum(len(names) for names in found(page).values()) <= size
        for member, names in found(page).items():
            whole[member] += names
    assert whole == found(iam.get_account_authorization_details())


def test_details_go_on_where_a_new_entity_is_the_next(iam):
    first = iam.get_account_authorization_details(MaxItems=2)
    iam.create_user(UserName="bb")
    iam.create_user(UserName="aa")
    second = iam.get_account_authorization_details(MaxItems=100, Marker=first["Marker"])
    assert found(first)["UserDetailList"] == ["a", "b"]
    assert found(second)["UserDetailList"] == ["bb"]
    assert found(second)["GroupDetailList"] == ["a", "b"]


def test_a_marker_of_another_listing_is_refused(iam):
    marker = iam.list_users(MaxItems=1)["Marker"]
    with refused("ValidationError", "Invalid Marker."):
        iam.get_account_authorization_details(Marker=marker)


def test_details_have_everything_that_grants(iam):
    answer = iam.get_account_authorization_details()
    first, second = answer["UserDetailList"]
    assert (first["GroupList"], first["Tags"]) == (["a", "b"], [{"Key": "k", "Value": "v"}])
    assert "UserPolicyList" not in first
    assert second["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": POLICY + "a",
    }
    role = answer["RoleDetailList"][0]
    assert role["RolePolicyList"][0]["PolicyDocument"] == allow("s3:*")
    assert role["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "a"
    assert answer["RoleDetailList"][1]["RolePolicyList"] == []
    assert answer["GroupDetailList"][0]["GroupPolicyList"] == []
    policy = answer["Policies"][0]
    assert (policy["PermissionsBoundaryUsageCount"], policy["AttachmentCount"]) == (1, 0)
    assert policy["PolicyVersionList"][0]["Document"] == allow("s3:*")


# Who uses a policy.


@pytest.fixture
def used(iam):
    """The policy `a`: attached to a user, a group and a role, and the boundary of the user `b` and a role."""
    iam.attach_user_policy(UserName="a", PolicyArn=POLICY + "a")
    iam.attach_group_policy(GroupName="a", PolicyArn=POLICY + "a")
    iam.attach_role_policy(RoleName="a", PolicyArn=POLICY + "a")
    iam.put_role_permissions_boundary(RoleName="a", PermissionsBoundary=POLICY + "a")
    iam.create_role(RoleName="deep", Path="/deep/", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=POLICY + "a")
    return iam


USERS = {
    (): ({"a", "b"}, {"a"}, {"a", "deep"}),
    (("EntityFilter", "User"),): ({"a", "b"}, set(), set()),
    (("EntityFilter", "Role"),): (set(), set(), {"a", "deep"}),
    (("EntityFilter", "Group"),): (set(), {"a"}, set()),
    (("EntityFilter", "LocalManagedPolicy"),): (set(), set(), set()),
    (("PolicyUsageFilter", "PermissionsPolicy"),): ({"a"}, {"a"}, {"a"}),
    (("PolicyUsageFilter", "PermissionsBoundary"),): ({"b"}, set(), {"a", "deep"}),
    (("PathPrefix", "/deep/"),): (set(), set(), {"deep"}),
}


@pytest.mark.parametrize("filters", USERS)
def test_a_policy_tells_who_uses_it_and_how(used, filters):
    answer = used.list_entities_for_policy(PolicyArn=POLICY + "a", **dict(filters))
    kinds = (("PolicyUsers", "UserName"), ("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"))
    assert tuple({each[name] for each in answer[member]} for member, name in kinds) == USERS[filters]
    assert all(set(each) == {name, name.replace("Name", "Id")} for member, name in kinds for each in answer[member])


def test_a_policy_of_nobody_is_said_so(iam):
    missing = POLICY + "missing"
    with refused("NoSuchEntity", f"Policy {missing} does not exist or is not attachable."):
        iam.list_entities_for_policy(PolicyArn=missing)
