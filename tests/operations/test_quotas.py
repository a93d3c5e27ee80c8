"""Quotas: how many of a kind an account has, how many hang on one entity, and the sentence past it."""

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve import entities
from keyreeve.iam import quotas
from pki import certificate, ec_key, private

TRUST = text(trusting({"AWS": ACCOUNT}))
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"


def server_certificate(iam, name):
    body = {"CertificateBody": certificate(ec_key()), "PrivateKey": private(ec_key())}
    return iam.upload_server_certificate(ServerCertificateName=name, **body)


MAKE = {
    entities.User: lambda iam, name: iam.create_user(UserName=name),
    entities.Group: lambda iam, name: iam.create_group(GroupName=name),
    entities.Role: lambda iam, name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST),
    entities.InstanceProfile: lambda iam, name: iam.create_instance_profile(InstanceProfileName=name),
    entities.ManagedPolicy: lambda iam, name: iam.create_policy(PolicyName=name, PolicyDocument=text(allow("s3:*"))),
    entities.ServerCertificate: server_certificate,
    entities.OpenIDConnectProvider: lambda iam, name: iam.create_open_id_connect_provider(
        Url=f"https://{name}.example"
    ),
}
ELSEWHERE = {entities.SAMLProvider}  # as OpenIDConnectProvider; metadata is long
NAMES = {"UsersPerAccount": 5000, "GroupsPerAccount": 300, "RolesPerAccount": 1000, "InstanceProfilesPerAccount": 1000}
NAMES |= {"PoliciesPerAccount": 1500, "ServerCertificatesPerAccount": 20, "OpenIdConnectProvidersPerAccount": 100}


def test_the_quotas_are_aws_defaults():
    held = dict(quotas.PER_ACCOUNT.values())
    assert held.items() >= NAMES.items()
    assert set(quotas.PER_ACCOUNT) == set(MAKE) | ELSEWHERE


@pytest.mark.parametrize("kind", MAKE)
def test_an_account_has_so_many_and_no_more(server, root, monkeypatch, kind):
    name, _ = quotas.PER_ACCOUNT[kind]
    monkeypatch.setitem(quotas.PER_ACCOUNT, kind, (name, 2))
    for number in range(2):
        MAKE[kind](root.iam, f"n{number}")
    with refused("LimitExceeded", f"Cannot exceed quota for {name}: 2"):
        MAKE[kind](root.iam, "n2")
    MAKE[kind](server.root(OTHER).iam, "n2")


def test_service_linked_roles_count_as_roles(root, monkeypatch):
    monkeypatch.setitem(quotas.PER_ACCOUNT, entities.Role, ("RolesPerAccount", 1))
    root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1"):
        root.iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    with refused("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1"):
        MAKE[entities.Role](root.iam, "r")


ATTACH = {
    "User": ("PoliciesPerUser", lambda iam, arn: iam.attach_user_policy(UserName="thing", PolicyArn=arn)),
    "Group": ("PoliciesPerGroup", lambda iam, arn: iam.attach_group_policy(GroupName="thing", PolicyArn=arn)),
    "Role": ("PoliciesPerRole", lambda iam, arn: iam.attach_role_policy(RoleName="thing", PolicyArn=arn)),
}


@pytest.mark.parametrize("kind", ATTACH)
def test_ten_policies_are_attached_and_one_that_is_there_is_no_eleventh(root, kind):
    name, attach = ATTACH[kind]
    for made in (entities.User, entities.Group, entities.Role):
        MAKE[made](root.iam, "thing")
    for number in range(11):
        MAKE[entities.ManagedPolicy](root.iam, f"p{number}")
    for number in range(10):
        attach(root.iam, f"{POLICY}p{number}")
    attach(root.iam, f"{POLICY}p3")
    with refused("LimitExceeded", f"Cannot exceed quota for {name}: 10"):
        attach(root.iam, f"{POLICY}p10")


def filled(size):
    """A policy of so many characters, white space not counted, and written with as much of it as there is room for."""
    document = allow("s3:*", "arn:aws:s3:::")
    bare = len(text(document).replace(" ", ""))
    document["Statement"][0]["Resource"] += "x" * (size - bare)
    return text(document).replace("{", "{\n\t \r\n")


INLINE = {
    "user": (2048, lambda iam, name, text: iam.put_user_policy(UserName="thing", PolicyName=name, PolicyDocument=text)),
    "group": (
        5120,
        lambda iam, name, text: iam.put_group_policy(GroupName="thing", PolicyName=name, PolicyDocument=text),
    ),
    "role": (
        10240,
        lambda iam, name, text: iam.put_role_policy(RoleName="thing", PolicyName=name, PolicyDocument=text),
    ),
}


@pytest.mark.parametrize("kind", INLINE)
def test_inline_policies_share_a_size_in_which_white_space_is_free(root, kind):
    size, put = INLINE[kind]
    for made in (entities.User, entities.Group, entities.Role):
        MAKE[made](root.iam, "thing")
    put(root.iam, "one", filled(size - 500))
    sentence = f"Maximum policy size of {size} bytes exceeded for {kind} thing"
    with refused("LimitExceeded", sentence):
        put(root.iam, "two", filled(501))
    put(root.iam, "two", filled(500))
    put(root.iam, "two", filled(499))
    with refused("LimitExceeded", sentence):
        put(root.iam, "two", filled(501))


def test_a_managed_policy_and_a_trust_policy_have_sizes_of_their_own(root):
    root.iam.create_policy(PolicyName="full", PolicyDocument=filled(6144))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        root.iam.create_policy(PolicyName="over", PolicyDocument=filled(6145))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        root.iam.create_policy_version(PolicyArn=POLICY + "full", PolicyDocument=filled(6145))
    condition = {"StringEquals": {"aws:PrincipalTag/x": "x"}}
    trust = trusting({"AWS": ACCOUNT}, Condition=condition)
    room = 2048 - len(text(trust).replace(" ", ""))
    for more, code in ((room, None), (room + 1, "LimitExceeded")):
        condition["StringEquals"]["aws:PrincipalTag/x"] = "x" * (1 + more)
        make = {"RoleName": f"r{more}", "AssumeRolePolicyDocument": text(trust)}
        if code is None:
            root.iam.create_role(**make)
        else:
            with refused(code, "Cannot exceed quota for ACLSizePerRole: 2048"):
                root.iam.create_role(**make)
