"""Tools that people point at IAM, unchanged: each in an environment of its own, which `make clients` makes."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

import pki
from authenticator import Authenticator, in_one_half_minute
from stories import server as servers
from stories.clients import Boto3, environment
from stories.story import Cast
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
    """Runs a program of a tool's environment against the story's server."""
    return partial(started, server, tmp_path)


def started(server, folder, tool, program, *arguments, expecting=(0,), **more):
    """What a program of a tool's environment prints, run in this folder."""
    found = ROOT / f".venv-{tool}" / "bin" / program
    if not found.exists():
        pytest.skip(f"{tool} is not installed: `make clients` does")
    done = subprocess.run(
        [found, *map(str, arguments)],
        cwd=folder,
        env=environment(server.endpoint, server.admin, HOME=str(folder), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode in expecting, done.stdout[-8000:]
    return done.stdout


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

    assert played() == 10
    assert played() == 0
    assert played("-e", "state=absent") == 10
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


# Prowler's check and ours; those about users name the same users, the others fail or pass alike.
ABOUT_USERS = {
    "iam_user_mfa_enabled_console_access": "user-mfa",
    "iam_user_no_setup_initial_access_key": "key-never-used",
    "iam_user_two_active_access_key": "one-active-key",
    "iam_rotate_access_key_90_days": "key-rotated",
    "iam_policy_attached_only_to_group_or_roles": "policies-on-groups",
}
ABOUT_THE_ACCOUNT = {
    "iam_no_root_access_key": "root-access-key",
    "iam_root_mfa_enabled": "root-mfa",
    "iam_password_policy_minimum_length_14": "password-length",
    "iam_password_policy_reuse_24": "password-reuse",
    "iam_inline_policy_no_administrative_privileges": "administrators-inline",
    "iam_customer_attached_policy_no_administrative_privileges": "administrators-own",
    "iam_support_role_created": "support-role",
    "iam_policy_cloudshell_admin_not_attached": "cloudshell-full",
}
FOUND_AT_FIRST = {
    "iam_password_policy_minimum_length_14",
    "iam_password_policy_reuse_24",
    "iam_support_role_created",
}


@pytest.mark.client("prowler")
@pytest.mark.parametrize("state", ["kept", "broken"])
def test_prowler_and_the_audit_agree(state, tmp_path):
    # Each has a server of its own: a credential report lasts four hours.
    with servers.serving(tmp_path, servers.made(tmp_path)) as server:
        if state == "broken":
            broken(Cast(Boto3(server.endpoint), server), server)
        theirs, ours = prowled(server, tmp_path), audited(server)
    users = {check: (theirs[check], ours[own]) for check, own in ABOUT_USERS.items()}
    account = {check: (bool(theirs[check]), bool(ours[own])) for check, own in ABOUT_THE_ACCOUNT.items()}
    compared = {**users, **account}
    assert not {check: both for check, both in compared.items() if both[0] != both[1]}
    failed = {check for check, (_, found) in compared.items() if found}
    old = {"iam_rotate_access_key_90_days"}  # nothing is that old here
    assert failed == (FOUND_AT_FIRST if state == "kept" else compared.keys() - FOUND_AT_FIRST - old)


def audited(server):
    told = server.keyreeve("audit", "--fail-on", "never")
    return {each["check"]: {found["resource"] for found in each["findings"]} for each in told["checks"]}


def prowled(server, folder):
    checks = (*ABOUT_USERS, *ABOUT_THE_ACCOUNT)
    settings = ("--region", "us-east-1", "-M", "json-ocsf", "-o", folder / "out", "-F", "found", "--no-banner")
    started(server, folder, "prowler", "prowler", "aws", "--checks", *checks, *settings, expecting=(0, 3))
    found = [each for each in json.loads((folder / "out/found.ocsf.json").read_text()) if each["status_code"] == "FAIL"]
    return {
        check: {each["resources"][0]["uid"] for each in found if each["metadata"]["event_code"] == check}
        for check in checks
    }


def broken(cast, server):
    """Break what was kept, and keep what was broken."""
    admin = cast.admin
    server.keyreeve("root", "create-access-key")
    admin("iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=14, PasswordReusePrevention=24)
    admin("iam", "CreateRole", RoleName="support", AssumeRolePolicyDocument=trust(cast.account))
    admin("iam", "AttachRolePolicy", RoleName="support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")
    cast.user("careless", allow("*"))
    admin("iam", "CreateAccessKey", UserName="careless")
    admin("iam", "CreateLoginProfile", UserName="careless", Password=PASSWORD)
    own = admin("iam", "CreatePolicy", PolicyName="all-of-it", PolicyDocument=allow("*"))["Policy"]["Arn"]
    for arn in (own, "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"):
        admin("iam", "AttachUserPolicy", UserName="careless", PolicyArn=arn)
