"""Terraform and centralized root access: what the operator has not set up is refused as on AWS, what he has works."""

import json
from pathlib import Path

import pytest

from stories import server as servers
from stories.clients import Boto3
from stories.words import refused

pytestmark = pytest.mark.client("terraform")

FEATURES = Path(__file__).parent / "organization"
TASK = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
BOTH = ["RootCredentialsManagement", "RootSessions"]


@pytest.fixture
def managing(tmp_path):
    """A server whose first account manages the other: the server, and the other's id."""
    account = servers.made(tmp_path)
    other = servers.keyreeve(tmp_path / "data", "accounts", "create")["account_id"]
    with servers.serving(tmp_path, account, "--management-account", account["account_id"]) as running:
        yield running, other


def enabled(server):
    return Boto3(server.endpoint).call(server.admin, "iam", "ListOrganizationsFeatures")


def test_without_an_organization_it_is_refused(terraform):
    applied = terraform(FEATURES)
    applied.run("init")
    output = applied.run("apply", "-auto-approve", expecting=1)
    assert "OrganizationNotFoundException" in output
    assert "no organization is associated with your account" in " ".join(output.replace("│", " ").split())


@pytest.mark.slow
def test_the_features_of_an_organization_are_switched(terraform, managing):
    server, other = managing
    applied = terraform(FEATURES, server)
    applied.run("init")
    assert "Resources: 1 added" in applied.apply()
    applied.run("plan", "-detailed-exitcode")
    found = enabled(server)
    assert (found["EnabledFeatures"], found["OrganizationId"]) == (BOTH, applied.outputs()["organization"])
    assert Boto3(server.endpoint).call(server.admin, "sts", "AssumeRoot", TargetPrincipal=other, TaskPolicyArn=TASK)

    applied.environment["TF_VAR_features"] = json.dumps(BOTH[1:])
    assert "0 added, 1 changed, 0 destroyed." in applied.apply()
    assert enabled(server)["EnabledFeatures"] == BOTH[1:]
    with refused("AccessDenied"):
        Boto3(server.endpoint).call(server.admin, "sts", "AssumeRoot", TargetPrincipal=other, TaskPolicyArn=TASK)

    applied.forget_and_import({"aws_iam_organizations_features.root": found["OrganizationId"]})
    assert "1 imported, 0 added, 0 changed, 0 destroyed." in applied.apply()
    applied.run("destroy", "-auto-approve")
    assert enabled(server)["EnabledFeatures"] == []
