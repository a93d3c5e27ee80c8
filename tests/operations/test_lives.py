"""What is made can be listed, changed and taken away: the lives of names, inline policies, attachments and tags."""

import pytest

from canaries import metadata
from harness import ACCOUNT, allow, refused, text, trusting

READ = allow("s3:GetObject")
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TRUST = text(trusting({"AWS": ACCOUNT}))


@pytest.fixture
def iam(root):
    """Somebody who may do everything, in an account with one of each."""
    root.iam.create_user(UserName="it")
    root.iam.create_group(GroupName="it")
    root.iam.create_role(RoleName="it", AssumeRolePolicyDocument=TRUST)
    return root.iam


def test_an_alias_comes_and_goes(iam):
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="staging")
    assert iam.list_account_aliases()["AccountAliases"] == ["staging"]
    with refused("NoSuchEntity", "The account alias production cannot be found."):
        iam.delete_account_alias(AccountAlias="production")
    iam.delete_account_alias(AccountAlias="staging")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_a_group_is_renamed_and_moved_and_deleted(iam):
    before = iam.get_group(GroupName="it")["Group"]
    iam.update_group(GroupName="it", NewGroupName="others", NewPath="/team/")
    after = iam.get_group(GroupName="others")["Group"]
    assert (after["GroupId"], after["Arn"]) == (before["GroupId"], f"arn:aws:iam::{ACCOUNT}:group/team/others")
    iam.add_user_to_group(GroupName="others", UserName="it")
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first."):
        iam.delete_group(GroupName="others")
    iam.remove_user_from_group(GroupName="others", UserName="it")
    iam.delete_group(GroupName="others")
    assert iam.list_groups()["Groups"] == []


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_inline_policy_comes_and_goes(iam, kind):
    named = {f"{kind.capitalize()}Name": "it"}
    put, get, delete = (getattr(iam, f"{verb}_{kind}_policy") for verb in ("put", "get", "delete"))
    listed = getattr(iam, f"list_{kind}_policies")
    put(**named, PolicyName="p", PolicyDocument=text(READ))
    assert listed(**named)["PolicyNames"] == ["p"]
    assert get(**named, PolicyName="p")["PolicyDocument"] == READ
    delete(**named, PolicyName="p")
    assert listed(**named)["PolicyNames"] == []
    for gone in (get, delete):
        with refused("NoSuchEntity", f"The {kind} policy with name p cannot be found."):
            gone(**named, PolicyName="p")


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_attachment_comes_and_goes(iam, kind):
    named = {f"{kind.capitalize()}Name": "it"}
    attach, detach = (getattr(iam, f"{verb}_{kind}_policy") for verb in ("attach", "detach"))
    listed = getattr(iam, f"list_attached_{kind}_policies")
    attach(**named, PolicyArn=POLICY)
    assert listed(**named)["AttachedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": POLICY}]
    assert iam.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 1
    detach(**named, PolicyArn=POLICY)
    assert listed(**named)["AttachedPolicies"] == []
    with refused("NoSuchEntity"):
        detach(**named, PolicyArn=POLICY)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_comes_and_goes(iam, kind):
    named = {f"{kind.capitalize()}Name": "it"}
    getattr(iam, f"put_{kind}_permissions_boundary")(**named, PermissionsBoundary=POLICY)
    shown = getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == POLICY
    getattr(iam, f"delete_{kind}_permissions_boundary")(**named)
    assert "PermissionsBoundary" not in getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]


def test_an_instance_profile_takes_its_role_and_gives_it_back(iam):
    named = {"InstanceProfileName": "machine"}
    iam.create_instance_profile(**named)
    iam.add_role_to_instance_profile(**named, RoleName="it")
    (found,) = iam.list_instance_profiles()["InstanceProfiles"]
    assert [role["RoleName"] for role in found["Roles"]] == ["it"]
    assert iam.list_instance_profiles_for_role(RoleName="it")["InstanceProfiles"] == [found]
    with refused("DeleteConflict"):
        iam.delete_instance_profile(**named)
    iam.remove_role_from_instance_profile(**named, RoleName="it")
    with refused("NoSuchEntity"):
        iam.remove_role_from_instance_profile(**named, RoleName="it")
    iam.delete_instance_profile(**named)
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def tagged(iam, kind):
    """What names something that takes tags."""
    if kind == "instance_profile":
        iam.create_instance_profile(InstanceProfileName="it")
        return {"InstanceProfileName": "it"}
    if kind == "policy":
        return {"PolicyArn": iam.create_policy(PolicyName="it", PolicyDocument=text(READ))["Policy"]["Arn"]}
    if kind == "saml_provider":
        made = iam.create_saml_provider(Name="it", SAMLMetadataDocument=metadata())
        return {"SAMLProviderArn": made["SAMLProviderArn"]}
    if kind == "open_id_connect_provider":
        made = iam.create_open_id_connect_provider(Url="https://it.example", ThumbprintList=["a" * 40])
        return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    return {f"{kind.capitalize()}Name": "it"}


@pytest.mark.parametrize(
    "kind", ["user", "role", "policy", "instance_profile", "saml_provider", "open_id_connect_provider"]
)
def test_tags_come_and_go(iam, kind):
    named = tagged(iam, kind)
    tag, untag, listed = (getattr(iam, each) for each in (f"tag_{kind}", f"untag_{kind}", f"list_{kind}_tags"))
    tag(**named, Tags=[{"Key": "team", "Value": "red"}, {"Key": "cost", "Value": ""}])
    tag(**named, Tags=[{"Key": "team", "Value": "blue"}])
    assert {each["Key"]: each["Value"] for each in listed(**named)["Tags"]} == {"team": "blue", "cost": ""}
    untag(**named, TagKeys=["cost", "none"])
    assert listed(**named)["Tags"] == [{"Key": "team", "Value": "blue"}]


def test_a_key_tells_its_account(root):
    told = root.sts.get_access_key_info(AccessKeyId=root.credentials["AccessKeyId"])
    assert told["Account"] == ACCOUNT
