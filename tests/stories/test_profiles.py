"""Profiles: clients that get their temporary credentials themselves, as people set them up in a configuration file."""

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import botocore.session
import pytest

from authenticator import Authenticator, in_one_half_minute
from stories.clients import JS, SECONDS, Boto3, awscli, environment
from stories.words import allow, trust

WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@dataclass
class Home:
    """Somebody's home folder with an AWS configuration, and nothing of whoever runs the tests."""

    folder: Path
    endpoint: str

    def write(self, **profiles):
        lines = []
        for name, settings in profiles.items():
            lines += [f"[profile {name}]", f"endpoint_url = {self.endpoint}", "region = us-east-1"]
            lines += [f"{key} = {value}" for key, value in settings.items()]
        (self.folder / "config").write_text("\n".join([*lines, ""]))

    @property
    def environment(self):
        nobody = {"AccessKeyId": "", "SecretAccessKey": ""}
        made = environment(self.endpoint, nobody, AWS_CONFIG_FILE=str(self.folder / "config"), HOME=str(self.folder))
        return {
            name: value for name, value in made.items() if name not in {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
        }

    def aws(self, profile, *arguments):
        """What the AWS CLI answers for a profile."""
        done = subprocess.run(
            [awscli(), *arguments, "--profile", profile, "--output", "json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    def who(self, profile):
        """The ARN that GetCallerIdentity answers."""
        return self.aws(profile, "sts", "get-caller-identity")["Arn"]


@pytest.fixture
def home(tmp_path, server):
    return Home(tmp_path, server.endpoint)


def keys(key):
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def user(cast, name, *policies):
    """A user; its key as a profile has it."""
    cast.user(name, *policies)
    return keys(cast.admin("iam", "CreateAccessKey", UserName=name)["AccessKey"])


def role(cast, name, principal, *policies, **condition):
    more = {"Condition": condition["condition"]} if condition else {}
    made = cast.admin("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(principal, **more))["Role"]
    for number, text in enumerate(policies):
        cast.admin("iam", "PutRolePolicy", RoleName=name, PolicyName=f"p{number}", PolicyDocument=text)
    return made["Arn"]


def session_of(cast, name, session):
    return f"arn:aws:sts::{cast.account}:assumed-role/{name}/{session}"


@pytest.mark.client("aws")
def test_the_cli_goes_from_role_to_role(cast, home):
    key = user(cast, "walker")
    second = cast.arn("role/second")
    first = role(cast, "first", cast.arn("user/walker"), allow("sts:AssumeRole", second))
    role(cast, "second", first, allow("iam:ListAccountAliases"))
    home.write(
        walker=key,
        first={"role_arn": first, "source_profile": "walker", "role_session_name": "one"},
        second={"role_arn": second, "source_profile": "first", "role_session_name": "two"},
    )
    assert home.who("walker") == cast.arn("user/walker")
    assert home.who("first") == session_of(cast, "first", "one")
    assert home.who("second") == session_of(cast, "second", "two")
    assert home.aws("second", "iam", "list-account-aliases") == {"AccountAliases": []}


@pytest.mark.client("aws")
def test_the_cli_asks_for_a_code_at_the_terminal(cast, home):
    key = user(cast, "dora")
    made = cast.admin("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="doras-phone")["VirtualMFADevice"]
    phone = Authenticator(made)
    in_one_half_minute()
    cast.admin("iam", "EnableMFADevice", UserName="dora", SerialNumber=phone.serial, **phone.two(-2))
    arn = role(cast, "guarded", cast.arn("user/dora"), condition=WITH_MFA)
    home.write(
        dora=key,
        guarded={
            "role_arn": arn,
            "source_profile": "dora",
            "role_session_name": "with-code",
            "mfa_serial": phone.serial,
        },
    )
    command = [awscli(), "sts", "get-caller-identity", "--profile", "guarded", "--output", "json"]
    status, shown = at_a_terminal(command, home.environment, phone.code())
    assert status == 0, shown
    assert f"Enter MFA code for {phone.serial}" in shown
    assert session_of(cast, "guarded", "with-code") in shown


def at_a_terminal(command, surroundings, answer):
    """Run a command at a terminal of its own, and answer its first question; its status and all that was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, surroundings)  # noqa: S606  the AWS CLI
    shown, answered = b"", False
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if not answered and b"MFA code" in shown:
            os.write(terminal, f"{answer}\n".encode())
            answered = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


@pytest.mark.client("aws")
def test_a_process_gives_the_cli_its_credentials(cast, home):
    key = user(cast, "helper")
    arn = role(cast, "process", cast.arn("user/helper"))
    script = home.folder / "credentials.py"
    script.write_text(
        "import json, subprocess, sys\n"
        "found = json.loads(subprocess.run(sys.argv[1:], capture_output=True, check=True).stdout)['Credentials']\n"
        "print(json.dumps({'Version': 1, **found}))\n"
    )
    asking = f"{awscli()} sts assume-role --role-arn {arn} --role-session-name helped --profile helper --output json"
    home.write(helper=key, helped={"credential_process": f"{sys.executable} {script} {asking}"})
    assert home.who("helped") == session_of(cast, "process", "helped")


@pytest.fixture
def botocored(home, monkeypatch):
    """A session of botocore's own for a profile of this home."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home.folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return lambda profile: botocore.session.Session(profile=profile)


@pytest.mark.client("boto3")
def test_boto3_assumes_a_role_and_again_when_the_end_is_near(cast, home, botocored):
    key = user(cast, "lasting")
    arn = role(cast, "short", cast.arn("user/lasting"))
    # A quarter of an hour is as long as botocore likes to have left: it renews such credentials at every use.
    short = {"role_arn": arn, "source_profile": "lasting", "role_session_name": "lasts", "duration_seconds": 900}
    home.write(lasting=key, short=short)
    session = botocored("short")
    sts = session.create_client("sts")
    assert sts.get_caller_identity()["Arn"] == session_of(cast, "short", "lasts")
    first = session.get_credentials().get_frozen_credentials()
    time.sleep(1.1)
    assert sts.get_caller_identity()["Arn"] == session_of(cast, "short", "lasts")
    second = session.get_credentials().get_frozen_credentials()
    assert first.access_key != second.access_key
    cast.admin("iam", "DeleteRole", RoleName="short")
    with pytest.raises(sts.exceptions.ClientError):
        sts.get_caller_identity()


@pytest.mark.client("boto3")
def test_boto3_takes_a_role_that_asks_for_an_external_id(cast, home, botocored):
    key = user(cast, "vendor")
    arn = role(cast, "customer", cast.arn("user/vendor"), condition={"StringEquals": {"sts:ExternalId": "order-17"}})
    asked = {"role_arn": arn, "source_profile": "vendor", "role_session_name": "visit"}
    home.write(vendor=key, right={**asked, "external_id": "order-17"}, wrong={**asked, "external_id": "order-18"})
    right = botocored("right").create_client("sts")
    assert right.get_caller_identity()["Arn"] == session_of(cast, "customer", "visit")
    wrong = botocored("wrong").create_client("sts")
    with pytest.raises(wrong.exceptions.ClientError, match="AccessDenied"):
        wrong.get_caller_identity()


@pytest.mark.client("node")
def test_javascripts_providers_take_the_same_profiles(cast, home):
    if shutil.which("node") is None or not (JS / "node_modules").is_dir():
        pytest.skip("the AWS SDK for JavaScript is not installed: `make clients` does, with npm")
    key = user(cast, "scripter")
    second = cast.arn("role/script-second")
    first = role(cast, "script-first", cast.arn("user/scripter"), allow("sts:AssumeRole", second))
    role(cast, "script-second", first)
    printed = {"Version": 1, "AccessKeyId": key["aws_access_key_id"], "SecretAccessKey": key["aws_secret_access_key"]}
    (home.folder / "key.json").write_text(json.dumps(printed))
    home.write(
        scripter=key,
        first={"role_arn": first, "source_profile": "scripter", "role_session_name": "one"},
        second={"role_arn": second, "source_profile": "first", "role_session_name": "two"},
        printed={"credential_process": f"cat {home.folder / 'key.json'}"},
    )

    def who(*arguments):
        command = ["node", str(JS / "providers.mjs"), *arguments]
        done = subprocess.run(
            command, env=home.environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert who("ini", "second") == session_of(cast, "script-second", "two")
    assert who("process", "printed") == cast.arn("user/scripter")
    assert who("temporary", "scripter", first) == session_of(cast, "script-first", "script")
