"""Web identity with a real OpenID provider and with another Keyreeve, through clients as pods use them."""

import subprocess
import time
from datetime import datetime, timedelta

import boto3
import pytest
from botocore.session import Session
from dateutil.tz import tzlocal

import authority
from stories import server as servers
from stories.clients import AwsCli, Boto3, environment
from stories.relying import providing
from stories.story import Cast
from stories.words import allow, refused, trust

pytestmark = [pytest.mark.client("boto3"), pytest.mark.client("node")]

ALGORITHMS = ("RS256", "ES256", "ES384")
ACTIONS = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
NOBODY = {"AccessKeyId": "", "SecretAccessKey": ""}


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with providing(tmp_path_factory.mktemp("provider"), *ALGORITHMS) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory, provider):
    folder = tmp_path_factory.mktemp("story")
    flags = ("--web-identity-hosts", provider.place, "--web-identity-ca-file", str(provider.ca_file))
    with servers.serving(folder, servers.made(folder), *flags) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@pytest.fixture(scope="module")
def role(client, server, provider):
    """A role for alice, whoever else signs in at the provider; its ARN."""
    admin = Cast(client, server).admin
    arn = admin(
        "iam", "CreateOpenIDConnectProvider", Url=provider.url, ClientIDList=[f"app-{each}" for each in ALGORITHMS]
    )["OpenIDConnectProviderArn"]
    condition = {"StringEquals": {f"{provider.place}:sub": "alice"}}
    made = admin(
        "iam",
        "CreateRole",
        RoleName="shop",
        AssumeRolePolicyDocument=trust({"Federated": arn}, ACTIONS, Condition=condition),
    )["Role"]
    may = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
    admin("iam", "PutRolePolicy", RoleName="shop", PolicyName="p", PolicyDocument=may)
    return made["Arn"]


@pytest.fixture
def surroundings(server, role, tmp_path):
    """The environment of a pod: no credentials, but a token's file and a role."""
    named = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": role,
        "AWS_ROLE_SESSION_NAME": "pod-1",
    }
    found = environment(server.endpoint, NOBODY, **named)
    return {name: value for name, value in found.items() if "ACCESS_KEY" not in name}


def near_the_end():
    """When botocore asks for new credentials: a few minutes before the old ones end."""
    return datetime.now(tzlocal()) + timedelta(minutes=55)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_who_signed_in_there_is_let_in_here(server, client, provider, role, algorithm):
    token = provider.id_token(algorithm, "alice")
    asked = {"RoleArn": role, "RoleSessionName": "alice", "WebIdentityToken": token}
    found = client.call({"AccessKeyId": "x", "SecretAccessKey": "x"}, "sts", "AssumeRoleWithWebIdentity", **asked)
    assert found["SubjectFromWebIdentityToken"] == "alice"
    assert found["Audience"] == f"app-{algorithm}"
    session = Cast(client, server).acting(found["Credentials"])
    assert session("iam", "ListUsers")["Users"]  # by the tag that the provider put into the token
    with refused("AccessDenied"):
        session("iam", "ListRoles")


def test_another_subject_of_the_provider_is_not(client, provider, role):
    token = provider.id_token("RS256", "eve")
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        client.call(
            {"AccessKeyId": "x", "SecretAccessKey": "x"},
            "sts",
            "AssumeRoleWithWebIdentity",
            RoleArn=role,
            RoleSessionName="eve",
            WebIdentityToken=token,
        )


def test_boto3_finds_the_tokens_file_by_itself(provider, role, surroundings, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(provider.id_token("ES256", "alice"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    session = boto3.session.Session(botocore_session=Session(), region_name="us-east-1")
    identity = session.client("sts").get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/shop/pod-1")
    credentials = session.get_credentials()
    first = credentials.get_frozen_credentials().access_key
    (tmp_path / "token").write_text(provider.id_token("ES384", "alice"))
    monkeypatch.setattr(credentials, "_time_fetcher", near_the_end)
    monkeypatch.setattr("botocore.credentials._local_now", near_the_end)
    assert credentials.get_frozen_credentials().access_key != first
    assert session.client("iam").list_users()["Users"]


@pytest.mark.client("aws")
def test_the_aws_cli_finds_the_tokens_file_by_itself(server, provider, surroundings, tmp_path):
    (tmp_path / "token").write_text(provider.id_token("RS256", "alice"))
    done = subprocess.run(
        [AwsCli(server.endpoint).program, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip().endswith(":assumed-role/shop/pod-1"), done.stderr


@pytest.mark.slow
def test_a_provider_that_turns_its_keys_is_asked_again(client, provider, role):
    """After all else: tokens of before are not good any more."""
    nobody = {"AccessKeyId": "x", "SecretAccessKey": "x"}
    asked = {"RoleArn": role, "RoleSessionName": "alice"}
    before = provider.id_token("RS256", "alice")
    client.call(nobody, "sts", "AssumeRoleWithWebIdentity", **asked, WebIdentityToken=before)
    provider.turn_keys()
    time.sleep(10)
    after = provider.id_token("RS256", "alice")
    client.call(nobody, "sts", "AssumeRoleWithWebIdentity", **asked, WebIdentityToken=after)
    with refused("InvalidIdentityToken"):
        client.call(nobody, "sts", "AssumeRoleWithWebIdentity", **asked, WebIdentityToken=before)


def test_one_keyreeve_believes_another(tmp_path_factory):
    """A principal of one server proves itself to a second one, which asks the first for its keys over TLS."""
    folder = tmp_path_factory.mktemp("first")
    certificate, key, _ = authority.certified(folder, "127.0.0.1")
    key.chmod(0o600)
    ca_file = authority.ca_file(folder)
    tls = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with servers.serving(folder, servers.made(folder), *tls, authority=ca_file) as first:
        cast = Cast(Boto3(first.endpoint, ca_file), first)
        issuer = cast.admin("iam", "EnableOutboundWebIdentityFederation")["IssuerIdentifier"]
        alice, _ = cast.user("alice", allow("sts:GetWebIdentityToken"))
        tokens = [
            alice("sts", "GetWebIdentityToken", Audience=["second"], SigningAlgorithm=algorithm)["WebIdentityToken"]
            for algorithm in ("RS256", "ES384")
        ]
        place = issuer.removeprefix("https://").partition("/")[0]
        folder = tmp_path_factory.mktemp("second")
        flags = ("--web-identity-hosts", place, "--web-identity-ca-file", str(ca_file))
        with servers.serving(folder, servers.made(folder), *flags) as second:
            believing(Boto3(second.endpoint), second, issuer, tokens, cast.arn("user/alice"))


def believing(client, server, issuer, tokens, subject):
    admin, nobody = Cast(client, server).admin, {"AccessKeyId": "x", "SecretAccessKey": "x"}
    arn = admin("iam", "CreateOpenIDConnectProvider", Url=issuer, ClientIDList=["second"])["OpenIDConnectProviderArn"]
    condition = {"StringEquals": {f"{issuer.removeprefix('https://')}:sub": subject}}
    document = trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    role = admin("iam", "CreateRole", RoleName="guest", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for token in tokens:
        asked = {"RoleArn": role, "RoleSessionName": "alice", "WebIdentityToken": token}
        found = client.call(nobody, "sts", "AssumeRoleWithWebIdentity", **asked)
        assert (found["SubjectFromWebIdentityToken"], found["Provider"]) == (subject, arn)
    head, _, _ = tokens[0].rpartition(".")
    with refused("InvalidIdentityToken", "Token signature invalid"):
        asked["WebIdentityToken"] = f"{head}.{tokens[1].rpartition('.')[2]}"
        client.call(nobody, "sts", "AssumeRoleWithWebIdentity", **asked)
