"""Pages: each listing shows everything once, also when things come and go between two pages."""

import re

import pytest
from botocore import xform_name

from harness import ACCOUNT, SESSION, allow, refused, text, trusting
from keyreeve.operations import REGISTRY

MODEL = SESSION.client("iam", region_name="us-east-1").meta.service_model
TRUST = text(trusting({"AWS": ACCOUNT}))
NAMES = ["b", "D", "f", "h", "J"]
BETWEEN = ["a", "e", "z"]
"""Made when the first page was seen: before it, within what follows, at the end."""

POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"


def user(iam, name):
    iam.create_user(UserName=name)


def group(iam, name):
    iam.create_group(GroupName=name)


def role(iam, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)


def profile(iam, name):
    iam.create_instance_profile(InstanceProfileName=name)


def policy(iam, name):
    iam.create_policy(PolicyName=name, PolicyDocument=text(allow("s3:*")))


def member(iam, name):
    user(iam, name)
    iam.add_user_to_group(GroupName="thing", UserName=name)


def membership(iam, name):
    group(iam, name)
    iam.add_user_to_group(GroupName=name, UserName="thing")


def holder(iam, name):
    profile(iam, name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="thing")


def attached(kind):
    def attach(iam, name):
        policy(iam, name)
        getattr(iam, f"attach_{kind.lower()}_policy")(**{f"{kind}Name": "thing", "PolicyArn": POLICY + name})

    return attach


def inline(kind):
    def put(iam, name):
        call = getattr(iam, f"put_{kind.lower()}_policy")
        call(**{f"{kind}Name": "thing", "PolicyName": name, "PolicyDocument": text(allow("s3:*"))})

    return put


def tagged(kind):
    def tag(iam, name):
        getattr(iam, f"tag_{kind.lower()}")(**{f"{kind}Name": "thing", "Tags": [{"Key": name, "Value": "v"}]})

    return tag


def device(iam, name):
    iam.create_virtual_mfa_device(VirtualMFADeviceName=name)


def bounded(iam, name):
    iam.create_user(UserName=name, PermissionsBoundary=POLICY + "thing")


# The operation, how one more is made, what it is asked with, the list in the answer, and the name in an entry.
LISTINGS = {
    "ListUsers": (user, {}, "Users", "UserName"),
    "ListGroups": (group, {}, "Groups", "GroupName"),
    "ListRoles": (role, {}, "Roles", "RoleName"),
    "ListInstanceProfiles": (profile, {}, "InstanceProfiles", "InstanceProfileName"),
    "ListPolicies": (policy, {"Scope": "Local"}, "Policies", "PolicyName"),
    "GetGroup": (member, {"GroupName": "thing"}, "Users", "UserName"),
    "ListGroupsForUser": (membership, {"UserName": "thing"}, "Groups", "GroupName"),
    "ListInstanceProfilesForRole": (holder, {"RoleName": "thing"}, "InstanceProfiles", "InstanceProfileName"),
    "ListAttachedUserPolicies": (attached("User"), {"UserName": "thing"}, "AttachedPolicies", "PolicyName"),
    "ListAttachedGroupPolicies": (attached("Group"), {"GroupName": "thing"}, "AttachedPolicies", "PolicyName"),
    "ListAttachedRolePolicies": (attached("Role"), {"RoleName": "thing"}, "AttachedPolicies", "PolicyName"),
    "ListUserPolicies": (inline("User"), {"UserName": "thing"}, "PolicyNames", None),
    "ListGroupPolicies": (inline("Group"), {"GroupName": "thing"}, "PolicyNames", None),
    "ListRolePolicies": (inline("Role"), {"RoleName": "thing"}, "PolicyNames", None),
    "ListUserTags": (tagged("User"), {"UserName": "thing"}, "Tags", "Key"),
    "ListRoleTags": (tagged("Role"), {"RoleName": "thing"}, "Tags", "Key"),
    "ListVirtualMFADevices": (device, {}, "VirtualMFADevices", "SerialNumber"),
    "ListEntitiesForPolicy": (bounded, {"PolicyArn": POLICY + "thing"}, "PolicyUsers", "UserName"),
}

# Their pages are held elsewhere, or hold what is made in no such way: each with the reason.
ELSEWHERE = {
    "GetAccountAuthorizationDetails": "its pages run over all lists: test_account.py",
    "ListAccountAliases": "one or none",
    "ListAccessKeys": "two at the most",
    "ListDelegationRequests": "test_delegation.py",
    "ListMFADevices": "eight at the most, by serial numbers as in ListVirtualMFADevices",
    "ListPolicyVersions": "five at the most, newest first: test_policies.py",
    "ListPoliciesGrantingServiceAccess": "pages over what the request names",
    "ListSSHPublicKeys": "five at the most",
    "ListSigningCertificates": "two at the most",
    "ListServiceSpecificCredentials": "two of a service at the most",
    "ListServerCertificates": "by name, as ListUsers",
    "SimulateCustomPolicy": "pages over what the request names",
    "SimulatePrincipalPolicy": "pages over what the request names",
    "GetServiceLastAccessedDetails": "of a report that does not change",
    "GetServiceLastAccessedDetailsWithEntities": "of a report that does not change",
    "GetOrganizationsAccessReport": "there is none",
}
_TAGS_OF_OTHERS = re.compile(r"List\w+Tags").fullmatch


@pytest.fixture
def iam(root):
    """The account's root user, and something of each kind that is named `thing`."""
    iam = root.iam
    for make in (user, group, role, policy):
        make(iam, "thing")
    return iam


def names(listing, answer):
    _, _, member, name = LISTINGS[listing]
    found = [entry if name is None else entry[name] for entry in answer[member]]
    return [each.rsplit("/", 1)[-1] for each in found if each.rsplit("/", 1)[-1] != "thing"]


def pages(iam, listing, size, after_each=lambda: None):
    call, asked = getattr(iam, xform_name(listing)), LISTINGS[listing][1]
    answer = call(**asked, MaxItems=size)
    found = [names(listing, answer)]
    while answer["IsTruncated"]:
        after_each()
        answer = call(**asked, MaxItems=size, Marker=answer["Marker"])
        found.append(names(listing, answer))
    assert "Marker" not in answer
    return found


@pytest.mark.parametrize("listing", LISTINGS)
def test_pages_show_everything_once(iam, listing):
    for name in NAMES:
        LISTINGS[listing][0](iam, name)
    whole = [name for page in pages(iam, listing, 1000) for name in page]
    assert sorted(whole) == sorted(NAMES)
    assert [name for page in pages(iam, listing, 2) for name in page] == whole


@pytest.mark.parametrize("listing", LISTINGS)
def test_what_comes_between_two_pages_hides_and_repeats_nothing(iam, listing):
    make = LISTINGS[listing][0]
    for name in NAMES:
        make(iam, name)
    coming = iter(BETWEEN)

    def more():
        name = next(coming, None)
        if name is not None:
            make(iam, name)

    found = [name for page in pages(iam, listing, 2, more) for name in page]
    assert len(found) == len(set(found))
    assert set(NAMES) <= set(found) <= {*NAMES, *BETWEEN}


@pytest.mark.parametrize(("listing", "delete"), [("ListUsers", "delete_user"), ("GetGroup", "remove_user_from_group")])
def test_what_goes_between_two_pages_takes_nothing_else_along(iam, listing, delete):
    for name in NAMES:
        LISTINGS[listing][0](iam, name)
    going = iter(["D", "J"])  # the last one seen, and one to come

    def less():
        name = next(going, None)
        if name is not None:
            getattr(iam, delete)(**LISTINGS[listing][1], UserName=name)

    found = [name for page in pages(iam, listing, 2, less) for name in page]
    assert sorted(found) in (sorted(NAMES), sorted({*NAMES} - {"J"}))


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_marker_of_nobodys_is_refused(iam, listing):
    for marker in ("x", "!!!!", "AAAAAAAAAA=="):
        with refused("ValidationError", "Invalid Marker."):
            getattr(iam, xform_name(listing))(**LISTINGS[listing][1], Marker=marker)


def test_every_listing_with_pages_is_held_to_it():
    paged = {
        name
        for service, name in REGISTRY
        if service == "iam" and "marker" in REGISTRY[service, name].parameters and not _TAGS_OF_OTHERS(name)
    }
    assert paged - LISTINGS.keys() == ELSEWHERE.keys()
    assert MODEL.operation_model("ListUsers").output_shape.members["IsTruncated"]
