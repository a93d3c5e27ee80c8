"""Role templates: shown as registered, and roles acquired from them."""

import pytest

import harness
from harness import ACCOUNT, OTHER, allow, refused, trusting
from keyreeve.operations import Site
from keyreeve.templates import (
    InlineTemplate,
    Parameter,
    RoleTemplate,
    RoleTemplateVersion,
    TagTemplate,
    Templates,
)

ARN = "arn:aws:iam::aws:role-template/lambda.amazonaws.com/Function:1"
S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
PARAMETERS = (
    Parameter(name="purpose", type="String"),
    Parameter(name="buckets", type="ArnList", is_required=False, default_value="arn:aws:s3:::none"),
    Parameter(name="level", type="Number", is_required=False, default_value="1"),
)
VERSION = RoleTemplateVersion(
    minor_version=2,
    role_name_pattern="Function-@{purpose}",
    role_path_pattern="/functions/",
    role_description_pattern="for @{purpose} at @{level}",
    assume_role_policy_document_template=trusting({"Service": "lambda.amazonaws.com"}),
    inline_policy_templates=(
        InlineTemplate(policy_name="read", policy_document=allow("s3:GetObject", ["@{buckets}"])),
    ),
    managed_policy_arns=(S3,),
    permission_boundary_arn=BOUNDARY,
    parameters_definition=PARAMETERS,
    role_tags_template=(TagTemplate(key="purpose", value="@{purpose}"),),
    max_session_duration=7200,
)
OLDER = RoleTemplateVersion(
    minor_version=1,
    role_name_pattern="Function-@{purpose}-@{missing}",
    assume_role_policy_document_template=trusting({"Service": "lambda.amazonaws.com"}),
    parameters_definition=PARAMETERS,
)
OFF = RoleTemplateVersion(
    minor_version=3,
    version_enabled=False,
    role_name_pattern="Off",
    assume_role_policy_document_template=trusting({"Service": "lambda.amazonaws.com"}),
)
TEMPLATE = RoleTemplate(
    template_arn=ARN,
    template_name="Function",
    managed_by_value="lambda.amazonaws.com",
    default_minor_version=2,
    versions=(OLDER, VERSION, OFF),
    description="A role of a function.",
)
PURPOSE = {"purpose": {"Values": ["mail"]}}
MADE = f"arn:aws:iam::{ACCOUNT}:role/functions/Function-mail"


@pytest.fixture
def server(tmp_path):
    server = harness.made(tmp_path, Site(templates=Templates(role_templates=(TEMPLATE,))))
    server.root().iam.put_account_properties(Properties={"RoleManager/Enabled": "true"})
    return server


@pytest.fixture
def root(server):
    return server.root()


def test_a_template_is_shown_as_it_was_registered(root):
    shown = root.iam.get_role_template_version(TemplateArn=ARN)["RoleTemplateVersion"]
    assert (shown["TemplateArn"], shown["MinorVersion"], shown["DefaultMinorVersion"]) == (ARN, 2, 2)
    assert (shown["ManagedByType"], shown["ManagedByValue"]) == ("Service", "lambda.amazonaws.com")
    assert shown["RoleNamePattern"] == "Function-@{purpose}"
    assert [each["Name"] for each in shown["ParametersDefinition"]] == ["purpose", "buckets", "level"]
    assert shown["RoleTagsTemplate"] == [{"Key": "purpose", "Value": "@{purpose}"}]
    assert shown["InlinePolicyTemplates"][0]["PolicyName"] == "read"
    other = root.iam.get_role_template_version(TemplateArn=ARN, MinorVersion=1)["RoleTemplateVersion"]
    assert other["TemplateVersionId"] != shown["TemplateVersionId"]
    with refused("NoSuchEntity"):
        root.iam.get_role_template_version(TemplateArn=ARN, MinorVersion=9)
    with refused("NoSuchEntity"):
        root.iam.get_role_template_version(TemplateArn=ARN[:-1] + "2")


def test_a_role_is_made_of_a_template_and_values(root):
    values = {**PURPOSE, "buckets": {"Values": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}}
    role = root.iam.acquire_role(TemplateArn=ARN, ReplacementValues=values)["Role"]
    assert role["Arn"] == MADE
    assert (role["Description"], role["MaxSessionDuration"]) == ("for mail at 1", 7200)
    assert role["Tags"] == [{"Key": "purpose", "Value": "mail"}]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert role["SourceRoleTemplate"] == {"TemplateArn": ARN, "TemplateMinorVersion": 2}
    document = root.iam.get_role_policy(RoleName="Function-mail", PolicyName="read")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]
    (attached,) = root.iam.list_attached_role_policies(RoleName="Function-mail")["AttachedPolicies"]
    assert attached["PolicyArn"] == S3
    assert root.iam.get_role(RoleName="Function-mail")["Role"]["SourceRoleTemplate"]["TemplateArn"] == ARN


def test_the_role_that_is_there_is_given_again(root):
    first = root.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)["Role"]
    assert root.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)["Role"]["RoleId"] == first["RoleId"]


def test_a_name_that_another_role_has_conflicts(root):
    root.iam.create_role(
        RoleName="Function-mail", Path="/functions/", AssumeRolePolicyDocument=harness.text(trusting({"AWS": ACCOUNT}))
    )
    with refused("NameConflict"):
        root.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**PURPOSE, "colour": {"Values": ["red"]}},
        {"purpose": {"Values": ["two", "texts"]}},
        {"purpose": {"Values": ["a b"]}},
        {"purpose": {"Values": ["a/b"]}},
        {"purpose": {"Values": ["x" * 64]}},
        {**PURPOSE, "buckets": {"Values": ["all"]}},
        {**PURPOSE, "level": {"Values": ["high"]}},
    ],
)
def test_values_that_the_definition_refuses(root, values):
    with refused("InvalidInput"):
        root.iam.acquire_role(TemplateArn=ARN, ReplacementValues=values)
    assert root.iam.list_roles()["Roles"] == []


def test_a_value_stays_within_its_text(root):
    value = 'a"}], "Resource": "*", "x": [{"y": "@{purpose}'
    root.iam.acquire_role(
        TemplateArn=ARN, ReplacementValues={**PURPOSE, "buckets": {"Values": ["arn:aws:s3:::" + value]}}
    )
    document = root.iam.get_role_policy(RoleName="Function-mail", PolicyName="read")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == ["arn:aws:s3:::" + value]


def test_what_is_disabled_or_lacks_a_value_makes_no_role(root):
    with refused("RoleTemplateDisabled"):
        root.iam.acquire_role(TemplateArn=ARN, TemplateMinorVersion=3)
    with refused("InvalidInput"):
        root.iam.acquire_role(TemplateArn=ARN, TemplateMinorVersion=1, ReplacementValues=PURPOSE)
    with refused("NoSuchEntity"):
        root.iam.acquire_role(TemplateArn=ARN[:-1] + "2", ReplacementValues=PURPOSE)


def test_the_account_has_to_switch_it_on(server):
    with refused("InvalidInput", "Role manager is not enabled in this account."):
        server.root(OTHER).iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)


UNDERLYING = ["iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"]


@pytest.mark.parametrize("missing", UNDERLYING)
def test_all_that_is_done_needs_its_permission(server, missing):
    person = server.user(
        "p", allow([action for action in UNDERLYING if action != missing], MADE), allow("iam:AcquireRole")
    )
    with refused("AccessDenied"):
        person.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)


def test_what_is_done_is_enough_and_getting_it_again_needs_to_get_it(server):
    person = server.user("p", allow(UNDERLYING, MADE))
    person.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)
    with refused("AccessDenied"):
        person.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)
    reader = server.user("q", allow("iam:GetRole", MADE))
    assert reader.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)["Role"]["Arn"] == MADE


def test_a_policy_may_ask_for_the_template(server):
    condition = {"ArnEquals": {"iam:RoleTemplateARN": ARN}}
    person = server.user("p", allow("iam:*Role*", Condition=condition))
    person.iam.acquire_role(TemplateArn=ARN, ReplacementValues=PURPOSE)
    with refused("AccessDenied"):
        person.iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    with refused("AccessDenied"):
        person.iam.acquire_role(TemplateArn=ARN[:-1] + "2", ReplacementValues=PURPOSE)
