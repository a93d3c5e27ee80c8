"""The story told through the AWS CLI, and what its users have besides: profiles that assume a role, waiting, paging."""

import json
import subprocess

import pytest

from stories.clients import AwsCli, environment
from stories.story import Story
from stories.words import allow, deny, trust

pytestmark = pytest.mark.client("aws")


@pytest.fixture(scope="module")
def client(server):
    return AwsCli(server.endpoint)


@pytest.fixture
def aws(client, server, tmp_path):
    """Runs `aws ARGUMENTS` with configuration files of its own; answers what was printed, as JSON where it is."""
    surroundings = environment(server.endpoint, server.admin, HOME=str(tmp_path))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del surroundings[name]
    (tmp_path / ".aws").mkdir()

    def run(*arguments, status=0):
        done = subprocess.run(
            [client.program, *arguments], env=surroundings, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stderr
        return done.stderr if status else done.stdout

    return run


class TestAwsCli(Story):
    pass


def test_a_profile_assumes_its_role_until_it_may_not(cast, aws, tmp_path):
    cast.admin("iam", "CreateUser", UserName="olga")
    key = cast.admin("iam", "CreateAccessKey", UserName="olga")["AccessKey"]
    aws("configure", "set", "aws_access_key_id", key["AccessKeyId"], "--profile", "olga")
    aws("configure", "set", "aws_secret_access_key", key["SecretAccessKey"], "--profile", "olga")
    role = {"RoleName": "deploy", "AssumeRolePolicyDocument": trust(cast.arn("user/olga"))}
    arn = cast.admin("iam", "CreateRole", **role)["Role"]["Arn"]
    cast.admin("iam", "PutRolePolicy", RoleName="deploy", PolicyName="p", PolicyDocument=allow("iam:ListUsers"))
    with (tmp_path / ".aws" / "config").open("a") as config:
        config.write(f"[profile deploy]\nrole_arn = {arn}\nsource_profile = olga\nrole_session_name = release\n")
    identity = json.loads(aws("sts", "get-caller-identity", "--profile", "deploy"))
    assert identity["Arn"] == f"arn:aws:sts::{cast.account}:assumed-role/deploy/release"
    assert "olga" in aws("iam", "list-users", "--query", "Users[].UserName", "--output", "text", "--profile", "deploy")
    # The CLI keeps the session in its cache; what the role may no longer do, the session may not either.
    cast.admin("iam", "PutRolePolicy", RoleName="deploy", PolicyName="p", PolicyDocument=deny("*"))
    refusal = aws("iam", "list-users", "--profile", "deploy", status=255)
    assert "AccessDenied" in refusal
    assert refusal.strip().endswith("with an explicit deny in an identity-based policy")


def test_pages_and_waiters_work_from_the_shell(cast, aws, server):
    aws("configure", "set", "aws_access_key_id", server.admin["AccessKeyId"])
    aws("configure", "set", "aws_secret_access_key", server.admin["SecretAccessKey"])
    for number in range(5):
        cast.admin("iam", "CreateGroup", GroupName=f"team-{number}", Path="/teams/")
    listed = aws("iam", "list-groups", "--path-prefix", "/teams/", "--page-size", "2", "--query", "length(Groups)")
    assert json.loads(listed) == 5
    aws("iam", "create-user", "--user-name", "pat", "--tags", "Key=team,Value=blue", "Key=desk,Value=a b")
    aws("iam", "wait", "user-exists", "--user-name", "pat")
    tags = json.loads(aws("iam", "list-user-tags", "--user-name", "pat", "--query", "Tags"))
    assert tags == [{"Key": "desk", "Value": "a b"}, {"Key": "team", "Value": "blue"}]


@pytest.mark.parametrize(
    "command", [("s3", "ls"), ("s3", "ls", "s3://audit"), ("kms", "list-keys"), ("sns", "list-topics")], ids=" ".join
)
def test_other_services_are_said_to_be_none_of_this_servers(aws, server, command):
    aws("configure", "set", "aws_access_key_id", server.admin["AccessKeyId"])
    aws("configure", "set", "aws_secret_access_key", server.admin["SecretAccessKey"])
    said = aws(*command, status=255)
    assert "An error occurred (UnknownService)" in said
    assert "This server has IAM, STS and CloudTrail only. For a client to ask it for these alone" in said
