"""Terraform: the example from the first apply to the last destroy, and every other IAM resource of the provider."""

import json
import re
from pathlib import Path

import pytest

import pki
from stories.clients import Boto3
from stories.words import denied, refused

pytestmark = pytest.mark.client("terraform")

EVERY = Path(__file__).parent / "terraform"
WIDER = ["iam:Get*", "iam:ListRoles"]
IMPORTS = {
    "aws_iam_account_alias.company": "example-company",
    "aws_iam_group.auditors": "auditors",
    "aws_iam_group_policy.auditors": "auditors:summary",
    "aws_iam_instance_profile.server": "server",
    "aws_iam_role.deploy": "deploy",
    "aws_iam_role_policy.deploy": "deploy:look",
    "aws_iam_user.bob": "bob",
    "aws_iam_user_group_membership.bob": "bob/auditors",
    "aws_iam_user_policy_attachment.bob": "bob/arn:aws:iam::aws:policy/IAMReadOnlyAccess",
}


def test_a_company_is_made_changed_adopted_and_taken_down(terraform, server):
    terraform = terraform()
    client = Boto3(server.endpoint)
    before = client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"]
    terraform.run("init")
    assert "Resources: 20 added, 0 changed, 0 destroyed." in terraform.apply()
    terraform.run("plan", "-detailed-exitcode")
    outputs = terraform.outputs()
    limited(client, server, outputs)

    terraform.forget_and_import(IMPORTS)
    terraform.environment["TF_VAR_readable"] = json.dumps(WIDER)
    assert "Resources: 9 imported, 0 added, 1 changed, 0 destroyed." in terraform.apply()
    assert client.call(outputs["alice"], "iam", "ListRoles")["Roles"]
    policy = f"arn:aws:iam::{server.account}:policy/staff/read"
    versions = client.call(server.admin, "iam", "ListPolicyVersions", PolicyArn=policy)["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v2", True), ("v1", False)]

    assert "Destroy complete! Resources: 20 destroyed." in terraform.run("destroy", "-auto-approve", "-refresh=false")
    with refused("InvalidClientTokenId"):
        client.call(outputs["alice"], "sts", "GetCallerIdentity")
    assert client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"] == before


@pytest.mark.slow
def test_every_resource_is_made_found_adopted_and_taken_down(terraform, server):
    terraform, client = terraform(EVERY), Boto3(server.endpoint)
    before = client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"]
    materials(terraform.folder)
    terraform.run("init")
    assert "0 changed, 0 destroyed." in terraform.apply()
    terraform.run("plan", "-detailed-exitcode")
    outputs = terraform.outputs()
    assert outputs["simulated"] == {"iam:GetUser": "allowed", "iam:DeleteUser": "implicitDeny"}
    assert outputs["found"] == {
        "users": ["erin"],
        "roles": ["visitor"],
        "profiles": ["visitor"],
        "issuer": f"arn:aws:iam::{server.account}:user/admin",
        "boundary": "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
    }
    imports = adopted(server.account, terraform.resource)
    terraform.forget_and_import(imports)
    applied = terraform.apply()
    done = f"{len(imports)} imported, 0 added, 0 changed, 0 destroyed."
    assert done in applied, re.findall(r".*: Modifying.*", applied)
    terraform.run("destroy", "-auto-approve")
    assert client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"] == before


def adopted(account, made):
    """Resources that can be adopted without a secret that nobody tells twice, by their ids."""
    arn = f"arn:aws:iam::{account}"
    key, certificate = made("aws_iam_user_ssh_key"), made("aws_iam_signing_certificate")
    credential = made("aws_iam_service_specific_credential")["service_specific_credential_id"]
    return {
        "aws_iam_account_alias.every": "every-resource",
        "aws_iam_account_password_policy.strict": "iam-account-password-policy",
        "aws_iam_user.erin": "erin",
        "aws_iam_user_policies_exclusive.erin": "erin",
        "aws_iam_user_policy.erin": "erin:look",
        "aws_iam_user_policy_attachments_exclusive.erin": "erin",
        "aws_iam_user_ssh_key.erin": f"erin:{key['ssh_public_key_id']}:SSH",
        "aws_iam_signing_certificate.erin": f"{certificate['certificate_id']}:erin",
        "aws_iam_service_specific_credential.erin": f"codecommit.amazonaws.com:erin:{credential}",
        "aws_iam_virtual_mfa_device.phone": f"{arn}:mfa/every/phone",
        "aws_iam_policy.shared": f"{arn}:policy/shared",
        "aws_iam_group.everyone": "everyone-there-is",
        "aws_iam_group_policies_exclusive.everyone": "everyone-there-is",
        "aws_iam_group_policy.everyone": "everyone-there-is:look",
        "aws_iam_group_policy_attachments_exclusive.everyone": "everyone-there-is",
        "aws_iam_role.visitor": "visitor",
        "aws_iam_role_policies_exclusive.visitor": "visitor",
        "aws_iam_role_policy.visitor": "visitor:look",
        "aws_iam_role_policy_attachments_exclusive.visitor": "visitor",
        "aws_iam_instance_profile.visitor": "visitor",
        "aws_iam_service_linked_role.scaling": (
            f"{arn}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_every"
        ),
        "aws_iam_saml_provider.company": f"{arn}:saml-provider/company",
        "aws_iam_openid_connect_provider.builds": f"{arn}:oidc-provider/builds.example.com",
    }


def materials(folder):
    """A key pair, a certificate and an identity provider's metadata, for what wants them."""
    key = pki.rsa_key()
    certificate = pki.certificate(key)
    (folder / "key.pem").write_text(pki.private(key))
    (folder / "key.pub").write_text(pki.public(key))
    (folder / "certificate.pem").write_text(certificate)
    (folder / "metadata.xml").write_text(pki.metadata(certificate))


def limited(client, server, outputs):
    """What was applied is in force: alice reads, keeps her own keys, becomes the role, and does nothing else."""
    alice, arn = outputs["alice"], f"arn:aws:iam::{server.account}:user/staff/alice"
    assert client.call(alice, "iam", "GetUser")["User"]["Arn"] == arn
    assert len(client.call(alice, "iam", "ListAccessKeys")["AccessKeyMetadata"]) == 1
    with refused("AccessDenied", denied(arn, "iam:ListAccessKeys", "user bob")):
        client.call(alice, "iam", "ListAccessKeys", UserName="bob")
    with refused("AccessDenied", denied(arn, "iam:ListRoles", f"arn:aws:iam::{server.account}:role/")):
        client.call(alice, "iam", "ListRoles")
    visit = {"RoleArn": outputs["deploy_arn"], "RoleSessionName": "release"}
    with refused("AccessDenied"):
        client.call(alice, "sts", "AssumeRole", **visit)
    role = client.call(alice, "sts", "AssumeRole", **visit, ExternalId="agreed", DurationSeconds=7200)["Credentials"]
    assert client.call(role, "iam", "ListRoles")["Roles"]
    session = f"arn:aws:sts::{server.account}:assumed-role/deploy/release"
    with refused("AccessDenied", denied(session, "iam:DeleteRole", "role server")):
        client.call(role, "iam", "DeleteRole", RoleName="server")
