"""People who log in at a real identity provider get sessions of a role: SimpleSAMLphp, boto3 and the AWS CLI."""

import json
import os
import subprocess
from functools import partial

import pytest
from botocore import UNSIGNED

from stories import simplesamlphp
from stories.clients import Boto3, Refused, awscli, boto, environment
from stories.words import allow, refused

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes"

pytestmark = pytest.mark.client("simplesamlphp", "boto3")


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@pytest.fixture(scope="module")
def people(server):
    pair = f"arn:aws:iam::{server.account}:role/staff,arn:aws:iam::{server.account}:saml-provider/house"
    alice = {
        "uid": ["alice"],
        f"{ATTRIBUTES}/Role": [pair],
        f"{ATTRIBUTES}/RoleSessionName": ["alice@example.org"],
        f"{ATTRIBUTES}/PrincipalTag:team": ["red"],
        f"{ATTRIBUTES}/SourceIdentity": ["alice"],
    }
    mallory = {"uid": ["mallory"], f"{ATTRIBUTES}/RoleSessionName": ["mallory"]}
    return {"alice:correct-horse": alice, "mallory:battery": mallory}


@pytest.fixture(scope="module")
def idp(people, tmp_path_factory):
    with simplesamlphp.running(tmp_path_factory.mktemp("idp"), people) as running:
        yield running


@pytest.fixture
def federation(idp, cast):
    """The provider is registered and the role trusts it; what its bearers may do depends on their tag."""
    arn = cast.arn("saml-provider/house")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"saml:aud": simplesamlphp.SIGN_IN, "saml:iss": simplesamlphp.ENTITY}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    only_red = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    cast.admin("iam", "CreateSAMLProvider", Name="house", SAMLMetadataDocument=idp.metadata())
    cast.admin("iam", "UpdateSAMLProvider", SAMLProviderArn=arn, AddPrivateKey=idp.private_key)
    cast.admin("iam", "CreateRole", RoleName="staff", AssumeRolePolicyDocument=document)
    cast.admin("iam", "PutRolePolicy", RoleName="staff", PolicyName="p", PolicyDocument=only_red)
    yield partial(assumed, cast)
    cast.admin("iam", "DeleteRolePolicy", RoleName="staff", PolicyName="p")
    cast.admin("iam", "DeleteRole", RoleName="staff")
    cast.admin("iam", "DeleteSAMLProvider", SAMLProviderArn=arn)


def assumed(cast, response):
    """What AssumeRoleWithSAML answers to somebody without a key."""
    nobody = boto(
        cast.client.endpoint, "sts", {"AccessKeyId": None, "SecretAccessKey": None}, signature_version=UNSIGNED
    )
    arns = {"RoleArn": cast.arn("role/staff"), "PrincipalArn": cast.arn("saml-provider/house")}
    try:
        return nobody.assume_role_with_saml(**arns, SAMLAssertion=response)
    except nobody.exceptions.ClientError as error:
        raise Refused(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error


@pytest.mark.parametrize("to", [simplesamlphp.BOTH, simplesamlphp.ENCRYPTED, simplesamlphp.ASSERTION])
def test_who_logs_in_there_is_let_in_here(cast, idp, federation, to):
    answer = federation(idp.response("alice", "correct-horse", to))
    assert (answer["Subject"], answer["SubjectType"]) == ("alice", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (simplesamlphp.ENTITY, simplesamlphp.SIGN_IN)
    assert answer["SourceIdentity"] == "alice"
    alice = cast.acting(answer["Credentials"])
    assert alice("sts", "GetCallerIdentity")["Arn"].endswith(":assumed-role/staff/alice@example.org")
    assert alice("iam", "ListUsers")["Users"]


def test_a_role_that_the_provider_does_not_name_stays_shut(idp, federation):
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"):
        federation(idp.response("mallory", "battery"))


def test_a_response_with_a_letter_changed_is_refused(idp, federation):
    response = idp.response("alice", "correct-horse")
    at = len(response) // 2
    with refused("InvalidIdentityToken"):
        federation(response[:at] + ("A" if response[at] != "A" else "B") + response[at + 1 :])


@pytest.mark.client("aws")
def test_the_aws_cli_needs_no_key_either(cast, server, idp, federation, tmp_path):
    file = tmp_path / "response.b64"
    file.write_text(idp.response("alice", "correct-horse"))
    surroundings = environment(server.endpoint, {"AccessKeyId": "", "SecretAccessKey": ""})
    command = [awscli(), "sts", "assume-role-with-saml", "--saml-assertion", f"file://{file}", "--output", "json"]
    arns = ["--role-arn", cast.arn("role/staff"), "--principal-arn", cast.arn("saml-provider/house")]
    done = subprocess.run([*command, *arns], env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    session = json.loads(done.stdout)["Credentials"]
    who = subprocess.run(
        [awscli(), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
        env=environment(server.endpoint, session),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert who.stdout.strip().endswith(f":assumed-role/staff/alice@example.org{os.linesep}".strip())
