"""Tools that people point at IAM, unchanged: each in an environment of its own, which `make clients` makes."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import pki
from authenticator import Authenticator, in_one_half_minute
from stories.clients import Boto3, environment
from stories.words import allow, trust

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SECONDS = 900
PASSWORD = "Correct-horse-1!"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@pytest.fixture
def run(server, tmp_path):
    """Runs a program of a tool's environment in a folder of its own; what it printed."""

    def start(tool, program, *arguments, expecting=(0,), **more):
        found = ROOT / f".venv-{tool}" / "bin" / program
        if not found.exists():
            pytest.skip(f"{tool} is not installed: `make clients` does")
        done = subprocess.run(
            [found, *map(str, arguments)],
            cwd=tmp_path,
            env=environment(server.endpoint, server.admin, HOME=str(tmp_path), **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode in expecting, done.stdout[-8000:]
        return done.stdout

    return start


def materials(folder):
    """A key, a certificate and an identity provider's metadata."""
    key = pki.rsa_key()
    certificate = pki.certificate(key)
    (folder / "key.pem").write_text(pki.private(key))
    (folder / "certificate.pem").write_text(certificate)
    (folder / "metadata.xml").write_text(pki.metadata(certificate))


@pytest.mark.client("ansible")
def test_ansible_makes_a_company_once_and_takes_it_down(run, client, server, tmp_path):
    materials(tmp_path)
    before = client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"]
    play = shutil.copy(HERE / "ansible" / "company.yml", tmp_path)
    settings = {
        "endpoint": server.endpoint,
        "materials": tmp_path,
        "password": PASSWORD,
        "ansible_python_interpreter": ROOT / ".venv-ansible/bin/python",
    }
    told = [word for name, value in settings.items() for word in ("-e", f"{name}={value}")]

    def played(*more):
        arguments = ("-i", "localhost,", "-c", "local", *told, *more, play)
        shown = run("ansible", "ansible-playbook", *arguments, ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_NOCOLOR="1")
        recap = shown.rpartition("PLAY RECAP")[2]
        return int(recap.partition("changed=")[2].split()[0])

    assert played() == 9
    assert played() == 0
    assert played("-e", "state=absent") == 9
    assert client.call(server.admin, "iam", "GetAccountSummary")["SummaryMap"] == before


@pytest.mark.client("cloudsplaining")
def test_cloudsplaining_finds_who_could_become_an_administrator(run, cast, tmp_path):
    cast.user("splained", allow("iam:PassRole"), allow(["iam:PutUserPolicy", "iam:AttachUserPolicy"]))
    run("cloudsplaining", "cloudsplaining", "download", "-o", tmp_path)
    run(
        "cloudsplaining", "cloudsplaining", "scan", "--input-file", "default.json", "--skip-open-report", "-o", tmp_path
    )
    results = json.loads((tmp_path / "iam-results-default.json").read_text())
    users = {each["name"]: each for each in results["users"].values()}
    assert {"admin", "splained"} <= users.keys()
    found = json.dumps(results["inline_policies"])
    assert "iam:PutUserPolicy" in found
    assert "PrivilegeEscalation" in found


@pytest.mark.client("custodian")
def test_custodian_filters_by_the_credential_report_and_the_simulator(run, cast, tmp_path):
    cast.user("kept", allow("*"))
    cast.admin("iam", "CreateLoginProfile", UserName="kept", Password=PASSWORD)
    everything = cast.admin("iam", "CreatePolicy", PolicyName="everything", PolicyDocument=allow("*"))["Policy"]["Arn"]
    cast.admin("iam", "AttachUserPolicy", UserName="kept", PolicyArn=everything)
    for name, text in (("maker", allow("iam:CreateUser")), ("reader", allow("iam:GetUser"))):
        cast.admin("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(cast.account))
        cast.admin("iam", "PutRolePolicy", RoleName=name, PolicyName="own", PolicyDocument=text)
    shutil.copy(HERE / "custodian.yml", tmp_path)
    run("custodian", "custodian", "run", "-s", "out", "--region", "us-east-1", "custodian.yml")

    def names(policy, member):
        return {each[member] for each in json.loads((tmp_path / "out" / policy / "resources.json").read_text())}

    assert "kept" in names("users-with-passwords", "UserName")
    assert "admin" not in names("users-with-passwords", "UserName")
    assert "admin" in names("users-with-keys", "UserName")
    assert names("users-with-everything", "UserName") == {"kept"}
    assert names("roles-that-make-users", "RoleName") == {"maker"}
    assert names("root-without-mfa", "account_id") == {cast.account}


@pytest.mark.client("awsume")
def test_awsume_takes_a_role_with_a_code(run, cast, tmp_path):
    key = cast.user("sleepy")[1]
    made = cast.admin("iam", "CreateAccessKey", UserName="sleepy")["AccessKey"]
    assert key != made["AccessKeyId"]
    device = cast.admin("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="sleepys-phone")["VirtualMFADevice"]
    phone = Authenticator(device)
    in_one_half_minute()
    cast.admin("iam", "EnableMFADevice", UserName="sleepy", SerialNumber=phone.serial, **phone.two(-2))
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trusting = trust(cast.arn("user/sleepy"), Condition=condition)
    arn = cast.admin("iam", "CreateRole", RoleName="awake", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[sleepy]\naws_access_key_id = {made['AccessKeyId']}\naws_secret_access_key = {made['SecretAccessKey']}\n"
    )
    (folder / "config").write_text(
        f"[profile awake]\nrole_arn = {arn}\nsource_profile = sleepy\nmfa_serial = {phone.serial}\nregion = us-east-1\n"
    )
    files = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    shown = run("awsume", "awsumepy", "awake", "--mfa-token", phone.code(), **files)
    _, *credentials = next(line.split() for line in shown.splitlines() if line.startswith("Awsume "))
    session = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), credentials, strict=False))
    assert ":assumed-role/awake/" in cast.acting(session)("sts", "GetCallerIdentity")["Arn"]
