"""Managed and inline policies, versions, boundaries and tags."""

import json

import pytest
from botocore import xform_name

from harness import ACCOUNT, allow, refused, text, trusting

AWS = "arn:aws:iam::aws:policy/"


def deny(action, **more):
    return allow(action, Effect="Deny", **more)


@pytest.fixture
def policy(root):
    return root.iam.create_policy(PolicyName="p", PolicyDocument=text(allow("iam:ListUsers")))["Policy"]


def test_versions_grow_are_five_and_never_come_again(root, policy):
    arn, document = policy["Arn"], text(allow("iam:ListGroups"))
    for number in range(2, 6):
        made = root.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", False)
    with refused("LimitExceeded"):
        root.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    root.iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = root.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v6"
    listed = [each["VersionId"] for each in root.iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    assert listed == ["v6", "v4", "v3", "v2", "v1"]
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        root.iam.delete_policy_version(PolicyArn=arn, VersionId="v6")


def test_roll_back_takes_effect_at_the_next_request(server, root, policy):
    bob = server.user("bob")
    root.iam.attach_user_policy(UserName="bob", PolicyArn=policy["Arn"])
    assert bob.iam.list_users()
    nothing = text(allow("iam:ListGroups"))
    root.iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=nothing, SetAsDefault=True)
    with refused("AccessDenied"):
        bob.iam.list_users()
    root.iam.set_default_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
    assert bob.iam.list_users()


def test_documents_come_back_as_they_were_sent(root):
    sent = '{ "Version" : "2012-10-17",\n "Statement": {"Effect":"Allow","Action":"s3:*","Resource":"*"} }'
    arn = root.iam.create_policy(PolicyName="q", PolicyDocument=sent)["Policy"]["Arn"]
    got = root.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert got == json.loads(sent)
    root.iam.create_user(UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="i", PolicyDocument=sent)
    assert root.iam.get_user_policy(UserName="u", PolicyName="i")["PolicyDocument"] == json.loads(sent)


def test_a_used_policy_is_not_deleted(root, policy):
    root.iam.create_user(UserName="u", PermissionsBoundary=policy["Arn"])
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        root.iam.delete_policy(PolicyArn=policy["Arn"])
    root.iam.delete_user_permissions_boundary(UserName="u")
    root.iam.delete_policy(PolicyArn=policy["Arn"])
    with refused("NoSuchEntity", f"Policy {policy['Arn']} was not found."):
        root.iam.get_policy(PolicyArn=policy["Arn"])


def test_aws_managed_policies_are_read_only_attachable_and_listed(root):
    arn = AWS + "ReadOnlyAccess"
    assert root.iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == []
    with refused("AccessDenied", "Cannot delete policies outside your own account."):
        root.iam.delete_policy(PolicyArn=arn)
    with refused("AccessDenied", "Cannot update policies outside your own account."):
        root.iam.set_default_policy_version(
            PolicyArn=arn, VersionId=root.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        )
    names = {
        policy["PolicyName"]
        for page in root.iam.get_paginator("list_policies").paginate(Scope="AWS")
        for policy in page["Policies"]
    }
    assert {"ReadOnlyAccess", "AdministratorAccess"} <= names
    assert len(names) > 1500
    root.iam.create_group(GroupName="g")
    root.iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    assert root.iam.list_entities_for_policy(PolicyArn=arn)["PolicyGroups"][0]["GroupName"] == "g"
    with refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."):
        root.iam.attach_group_policy(GroupName="g", PolicyArn=AWS + "aws-service-role/AutoScalingServiceRolePolicy")


def document(**members):
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | members
    return json.dumps({"Version": statement.pop("Version", "2012-10-17"), "Statement": statement})


VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "Syntax errors in policy."),
        ('{"Statement":[]}', "Syntax errors in policy."),
        (document(Nope=1), "Syntax errors in policy."),
        (document(Version="2008-10-17"), "Policy document must be version 2012-10-17 or greater."),
        (document(Action="s3"), VENDOR),
    ],
)
def test_malformed_documents_are_refused_in_aws_words(root, document, sentence):
    with refused("MalformedPolicyDocument", sentence):
        root.iam.create_policy(PolicyName="bad", PolicyDocument=document)


@pytest.mark.parametrize("space", [" ", "\n", "\t", "\r\n  "], ids=repr)
def test_documents_begin_at_once(root, space):
    root.iam.create_user(UserName="u")
    document = text(allow("s3:GetObject"))
    legacy = "The policy failed legacy parsing"
    with refused("MalformedPolicyDocument", legacy):
        root.iam.create_policy(PolicyName="other", PolicyDocument=space + document)
    with refused("MalformedPolicyDocument", legacy):
        root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=space + document)
    trust = {"RoleName": "r", "AssumeRolePolicyDocument": space + text(trusting({"AWS": ACCOUNT}))}
    with refused("MalformedPolicyDocument", "JSON strings must not have leading spaces"):
        root.iam.create_role(**trust)
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document + space)


def test_sizes_are_counted_without_white_space(root):
    actions = [f"s3:Get{number:05}" for number in range(440)]
    big = allow(actions)
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        root.iam.create_policy(PolicyName="big", PolicyDocument=text(big))
    root.iam.create_user(UserName="u")
    half = json.dumps(allow(actions[:80]), indent=8)
    root.iam.put_user_policy(UserName="u", PolicyName="a", PolicyDocument=half)
    root.iam.put_user_policy(UserName="u", PolicyName="a", PolicyDocument=half)
    with refused("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user u"):
        root.iam.put_user_policy(UserName="u", PolicyName="b", PolicyDocument=half)


def test_a_boundary_caps_what_policies_allow(server, root):
    person = server.user("b", allow("iam:*"))
    root.iam.put_user_permissions_boundary(UserName="b", PermissionsBoundary=AWS + "AmazonS3FullAccess")
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/b is not authorized to perform: iam:ListAttachedUserPolicies on resource: "
        "user b because no permissions boundary allows the iam:ListAttachedUserPolicies action",
    ):
        person.iam.list_attached_user_policies(UserName="b")
    shown = root.iam.get_user(UserName="b")["User"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": AWS + "AmazonS3FullAccess"}
    missing = AWS + "NoSuchPolicy"
    with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable."):
        root.iam.put_user_permissions_boundary(UserName="b", PermissionsBoundary=missing)


def test_tags_are_merged_without_regard_to_case_and_removed(root):
    root.iam.create_user(UserName="u", Tags=[{"Key": "Team", "Value": "a"}])
    root.iam.tag_user(UserName="u", Tags=[{"Key": "team", "Value": "b"}, {"Key": "z", "Value": "1"}])
    assert root.iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "team", "Value": "b"}, {"Key": "z", "Value": "1"}]
    root.iam.untag_user(UserName="u", TagKeys=["TEAM", "absent"])
    assert root.iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "z", "Value": "1"}]
    duplicate = [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        root.iam.tag_user(UserName="u", Tags=duplicate)
    root.iam.create_policy(PolicyName="t", PolicyDocument=text(allow("s3:*")), Tags=duplicate)


def test_tags_on_create_need_their_own_permission(server):
    actor = server.user("actor", allow("iam:CreateUser"))
    actor.iam.create_user(UserName="plain")
    with refused("AccessDenied"):
        actor.iam.create_user(UserName="tagged", Tags=[{"Key": "k", "Value": "v"}])
    tagger = server.user(
        "tagger", allow(["iam:CreateUser", "iam:TagUser"], Condition={"StringEquals": {"aws:RequestTag/k": "v"}})
    )
    tagger.iam.create_user(UserName="tagged", Tags=[{"Key": "k", "Value": "v"}])
    with refused("AccessDenied"):
        tagger.iam.create_user(UserName="other", Tags=[{"Key": "k", "Value": "w"}])


def test_resource_tags_are_condition_keys(server, root):
    root.iam.create_user(UserName="mine", Tags=[{"Key": "owner", "Value": "a"}])
    root.iam.create_user(UserName="yours", Tags=[{"Key": "owner", "Value": "b"}])
    actor = server.user("a", allow("iam:GetUser", Condition={"StringEquals": {"iam:ResourceTag/Owner": "a"}}))
    assert actor.iam.get_user(UserName="mine")
    with refused("AccessDenied"):
        actor.iam.get_user(UserName="yours")


MAKING = {
    "CreateUser": {"UserName": "n"},
    "CreateRole": {"RoleName": "n", "AssumeRolePolicyDocument": text(trusting({"AWS": ACCOUNT}))},
    "CreatePolicy": {"PolicyName": "n", "PolicyDocument": text(allow("iam:ListUsers"))},
    "CreateInstanceProfile": {"InstanceProfileName": "n"},
    "CreateVirtualMFADevice": {"VirtualMFADeviceName": "n"},
    "CreateOpenIDConnectProvider": {"Url": "https://idp.example"},
}


@pytest.mark.parametrize(("action", "given"), MAKING.items())
def test_what_is_made_is_asked_about_as_if_it_had_its_tags(server, root, action, given):
    keys = ["aws:ResourceTag/team", *(["iam:ResourceTag/team"] if action in {"CreateUser", "CreateRole"} else [])]
    for number, key in enumerate(keys):
        tagged = {"StringEquals": {key: "red"}}
        denied = server.user(f"denied{number}", allow("iam:*"))
        denying = {
            "UserName": f"denied{number}",
            "PolicyName": "no",
            "PolicyDocument": text(deny("iam:*", Condition=tagged)),
        }
        root.iam.put_user_policy(**denying)
        with refused("AccessDenied"):
            getattr(denied.iam, xform_name(action))(**given, Tags=[{"Key": "team", "Value": "red"}])
        mine = server.user(f"mine{number}", allow("iam:*", Condition=tagged))
        for tags in ([], [{"Key": "team", "Value": "blue"}]):
            with refused("AccessDenied"):
                getattr(mine.iam, xform_name(action))(**given, Tags=tags)
    assert getattr(mine.iam, xform_name(action))(**given, Tags=[{"Key": "team", "Value": "red"}])


@pytest.mark.parametrize("tag", [{"Key": "AWS:x", "Value": "v"}, {"Key": "k", "Value": "aws:v"}])
def test_what_begins_as_aws_own_tags_do_is_refused(root, tag):
    root.iam.create_user(UserName="u")
    with refused("InvalidInput"):
        root.iam.tag_user(UserName="u", Tags=[tag])
    with refused("InvalidInput"):
        root.iam.create_user(UserName="v", Tags=[tag])
    assert root.iam.list_user_tags(UserName="u")["Tags"] == []


def test_the_managed_policy_that_denies_is_named_and_the_inline_one_is_not(server, root):
    no = root.iam.create_policy(PolicyName="no", PolicyDocument=text(deny("iam:ListUsers")))["Policy"]["Arn"]
    bob = server.user("bob", allow("iam:*"))
    root.iam.attach_user_policy(UserName="bob", PolicyArn=no)
    start = f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: iam:ListUsers on resource: "
    start += f"arn:aws:iam::{ACCOUNT}:user/ with an explicit deny in "
    with refused("AccessDenied", f"{start}an identity-based policy: {no}"):
        bob.iam.list_users()
    root.iam.detach_user_policy(UserName="bob", PolicyArn=no)
    root.iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=no)
    with refused("AccessDenied", f"{start}a permissions boundary: {no}"):
        bob.iam.list_users()
    root.iam.delete_user_permissions_boundary(UserName="bob")
    root.iam.put_user_policy(UserName="bob", PolicyName="no", PolicyDocument=text(deny("iam:ListUsers")))
    with refused("AccessDenied", f"{start}an identity-based policy"):
        bob.iam.list_users()


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("GetAccountSummary", "*"),
        ("ListAccountAliases", "*"),
        ("ListOpenIDConnectProviders", f"arn:aws:iam::{ACCOUNT}:oidc-provider/*"),
        ("ListSAMLProviders", f"arn:aws:iam::{ACCOUNT}:saml-provider/*"),
    ],
)
def test_refusals_about_the_whole_account_say_so(server, action, resource):
    bob = server.user("bob").iam
    why = f"because no identity-based policy allows the iam:{action} action"
    subject = f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: iam:{action}"
    with refused("AccessDenied", f"{subject} on resource: {resource} {why}"):
        getattr(bob, xform_name(action))()


def test_attaching_can_be_limited_to_a_policy(server, root):
    root.iam.create_user(UserName="u")
    only = AWS + "AmazonS3ReadOnlyAccess"
    actor = server.user("a", allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": only}}))
    actor.iam.attach_user_policy(UserName="u", PolicyArn=only)
    with refused("AccessDenied"):
        actor.iam.attach_user_policy(UserName="u", PolicyArn=AWS + "AdministratorAccess")


def test_aws_managed_policies_have_no_tags_and_take_none(root):
    arn = AWS + "ReadOnlyAccess"
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == []
    with refused("AccessDenied", "Cannot update policies outside your own account."):
        root.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "k", "Value": "v"}])
