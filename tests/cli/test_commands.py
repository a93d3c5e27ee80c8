"""The commands on a folder that is at rest."""

import json
import os
import stat
import subprocess
import sys
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest

import pki
from keyreeve.access import passwords, totp
from keyreeve.config import Config
from keyreeve.entities import MFADevice, RootUser
from keyreeve.iam.quotas import MFA_DEVICES
from keyreeve.seal import Keys, ring
from keyreeve.service.node import Node

HOUR = timedelta(hours=1)
FILE = "admin-credentials.env"


# init


def test_init_prints_one_object(admin, data):
    assert set(admin) == {"account_id", "user_name", "access_key_id", "secret_access_key"}
    assert admin["user_name"] == "admin"
    assert len(admin["account_id"]) == 12
    assert not (data / FILE).exists()


def test_init_without_json_writes_the_key_to_a_file(keyreeve, data, exported):
    said = keyreeve("init", "--account-id", "123456789012").stdout
    key = exported((data / FILE).read_text())
    assert key["endpoint_url"] == "http://127.0.0.1:4566"
    assert key["secret_access_key"] not in said
    assert "Account 123456789012 is new" in said
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600


def test_the_file_can_be_read_by_a_shell(keyreeve, data, exported):
    keyreeve("init")
    line = f". {data / FILE}; echo AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN=$AWS_SESSION_TOKEN."
    ran = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=True, env={"AWS_SESSION_TOKEN": "of root"}
    )
    said = exported(ran.stdout)
    assert said["access_key_id"] == exported((data / FILE).read_text())["access_key_id"]
    assert said["session_token"] == "."  # the session that was there before has ended


def test_init_is_done_once(admin, keyreeve):
    result = keyreeve("init", "--json", status=1)
    assert result.stdout == ""
    assert "has an account already. To add one: keyreeve accounts create" in result.stderr


def test_an_unfit_folder_is_refused(keyreeve, data):
    data.mkdir()
    (data / "something").touch()
    assert "has other files in it" in keyreeve("init", status=1).stderr


# accounts


def test_accounts_for_people(admin, keyreeve, exported):
    made = keyreeve("accounts", "create", "--name", "staging").stdout
    assert exported(made).keys() == {"access_key_id", "secret_access_key", "endpoint_url", "default_region"}
    head, *rows = keyreeve("accounts", "list").stdout.splitlines()
    assert head.split() == ["account", "name", "alias", "users", "created", "root", "user", "has"]
    assert len(rows) == 2
    assert any("staging" in row for row in rows)


def test_a_refusal_is_one_line(admin, keyreeve):
    result = keyreeve("accounts", "create", "--account-id", admin["account_id"], status=1)
    assert (result.stdout, result.stderr) == (
        "",
        f"keyreeve: There is an account {admin['account_id']} already.\n",
    )


# root


def test_a_password_comes_from_standard_input(admin, keyreeve, data):
    result = keyreeve("root", "set-password", text="Correct horse 7\n")
    assert "is not bound by policies: keep it for emergencies. This was recorded as an event." in result.stderr
    with Node.open(Config(data=data), {}) as node:
        found = node.view.begin().get(RootUser, admin["account_id"], admin["account_id"])
    assert passwords.verify(found.password_hash, "Correct horse 7")
    assert "password" in keyreeve("accounts", "list").stdout.splitlines()[1]


def test_a_weak_password_is_refused(admin, keyreeve):
    result = keyreeve("root", "set-password", text="password\n", status=1)
    assert "three of these" in result.stderr
    assert "PasswordUpdated" not in keyreeve("events").stdout


def test_a_device_is_enrolled(admin, data, program, keyreeve):
    command = [sys.executable, "-m", "keyreeve", "root", "enroll-mfa", "--data", str(data)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=program.environment(PYTHONUNBUFFERED="1"),
    ) as process:
        while not (line := process.stdout.readline()).strip().startswith("secret:"):
            if line.strip().startswith("otpauth:"):
                assert f"root%40{admin['account_id']}?" in line
        seed = b32decode(line.split()[1])
        step = int(datetime.now(UTC).timestamp()) // totp.STEP_SECONDS
        process.stdin.write(f"{totp.code(seed, step - 1)}\n{totp.code(seed, step)}\n")
        process.stdin.flush()
        said, warned = process.communicate(timeout=20)
    assert process.returncode == 0, warned
    assert f"arn:aws:iam::{admin['account_id']}:mfa/root-account-mfa-device" in said
    assert "MFA" in keyreeve("accounts", "list").stdout.splitlines()[1]
    assert "--replace" in keyreeve("root", "enroll-mfa", status=1).stderr


def test_a_device_too_many_is_refused_before_a_seed_is_shown(admin, data, keyreeve):
    account_id = admin["account_id"]
    with Node.open(Config(data=data), {}) as node:
        tx = node.view.begin()
        for number in range(MFA_DEVICES):
            serial = f"arn:aws:iam::{account_id}:mfa/device{number}"
            tx.put(
                MFADevice(
                    account_id=account_id,
                    serial_number=serial,
                    sealed_seed=node.ring.seal(b"", serial),
                    create_date=node.now(),
                    principal_id=account_id,
                )
            )
        tx.commit()
    for arguments in ((), ("--replace",)):
        result = keyreeve("root", "enroll-mfa", *arguments, status=1)
        assert result.stdout == ""
        assert result.stderr == "keyreeve: Cannot exceed quota for MFADevicesPerUser: 8.\n"


def test_wrong_codes_are_refused(admin, keyreeve):
    result = keyreeve("root", "enroll-mfa", "--json", text="000000\n000000\n", status=1)
    assert result.stdout == ""
    assert "not two consecutive codes" in result.stderr


def test_root_keys_are_lines_for_a_shell(admin, keyreeve, told, exported):
    result = keyreeve("root", "create-access-key")
    assert exported(result.stdout).keys() == {"access_key_id", "secret_access_key", "endpoint_url", "default_region"}
    assert "emergencies" in result.stderr
    assert told("root", "create-access-key")["account_id"] == admin["account_id"]
    assert "quota" in keyreeve("root", "create-access-key", status=1).stderr


def test_a_root_session_is_lines_for_a_shell(admin, keyreeve, exported):
    found = exported(keyreeve("root", "session").stdout)
    assert found.keys() == {
        "access_key_id",
        "secret_access_key",
        "session_token",
        "endpoint_url",
        "default_region",
    }


def test_an_account_must_be_named_where_there_are_several(admin, keyreeve, told):
    other = told("accounts", "create")["account_id"]
    assert "Say whose root user with --account" in keyreeve("root", "session", status=1).stderr
    assert told("root", "session", "--account", other)["account_id"] == other


def test_there_must_be_data(keyreeve, data):
    assert "holds no data of Keyreeve" in keyreeve("root", "session", status=1).stderr
    assert not data.exists()


# keys


def test_keys_are_shown_without_secrets(admin, keyreeve, told, data):
    keyreeve("keys", "rotate")
    said = keyreeve("keys", "show").stdout
    assert [line.split()[1] for line in said.splitlines()] == ["state", "primary", "retired"]
    secrets = [key["secret"] for key in json.loads((data / "keyring.json").read_text())["keys"]]
    assert not any(secret in said or secret in json.dumps(told("keys", "show")) for secret in secrets)


def test_a_rotated_ring_is_printed_and_nothing_changed(admin, keyreeve, data):
    before = (data / "keyring.json").read_bytes()
    text = keyreeve("keys", "rotate", "--print").stdout
    assert (data / "keyring.json").read_bytes() == before
    found = ring.parse(text.encode(), "standard output")
    assert isinstance(found, Keys)
    (data / "keyring.json").unlink()
    result = keyreeve("keys", "reseal", "--json", KEYREEVE_KEYRING=text)
    assert json.loads(result.stdout) == {"key_id": found.all[0].id, "resealed": 1, "broken": 0}
    assert "keys rotate --print" in keyreeve("keys", "rotate", status=1, KEYREEVE_KEYRING=text).stderr


def test_a_rotation_says_whether_sessions_ended(admin, keyreeve):
    assert "ended" not in keyreeve("keys", "rotate").stdout
    first, second, _ = keyreeve("keys", "rotate", "--compromised").stdout.splitlines()
    assert first.startswith("Every session has ended")
    assert second.endswith("sealed anew: 1.")


def test_what_fails_beside_a_command_is_told_with_its_reason(admin, serve, keyreeve, data, tmp_path):
    server = serve("--trail-buckets", f"audit={tmp_path}")
    trails = server.client("cloudtrail", admin)
    arn = trails.create_trail(Name="main", S3BucketName="audit")["TrailARN"]
    trails.start_logging(Name="main")
    server.stop()
    result = keyreeve("root", "session")
    reason = '"there is no folder for the bucket audit"'
    line = f"keyreeve: a trail could not be delivered trail_arn={arn} reason={reason}"
    assert result.stderr.splitlines().count(line) == 1
    assert "ACCESS_KEY_ID" in result.stdout


# backup, restore


def test_a_backup_is_restored_with_its_ring(admin, keyreeve, told, data, tmp_path):
    file = tmp_path / "iam.db"
    assert told("backup", str(file))["bytes"] == file.stat().st_size
    assert "is there already" in keyreeve("backup", str(file), status=1).stderr
    told("accounts", "create")
    other = tmp_path / "other"
    said = keyreeve("restore", str(file), "--data", str(other), place=False).stdout
    assert f"Put the key ring that belongs to it at {other}/keyring.json" in said
    missing = keyreeve("accounts", "list", "--data", str(other), place=False, status=1).stderr
    assert f"There is no key ring at {other}/keyring.json" in missing
    (other / "keyring.json").write_bytes((data / "keyring.json").read_bytes())
    (other / "keyring.json").chmod(0o600)
    assert len(json.loads(keyreeve("accounts", "list", "--json", "--data", str(other), place=False).stdout)) == 1
    assert "is there already" in keyreeve("restore", str(file), status=1).stderr


def test_who_only_looks_at_a_restored_copy_delivers_no_files_of_its_trails(admin, keyreeve, serve, data, tmp_path):
    bucket, file, other = tmp_path / "bucket", tmp_path / "iam.db", tmp_path / "other"
    bucket.mkdir()
    trails = serve("--trail-buckets", f"audit={bucket}").client("cloudtrail", admin)
    trails.create_trail(Name="main", S3BucketName="audit")
    trails.start_logging(Name="main")
    keyreeve("backup", str(file))
    keyreeve("restore", str(file), "--data", str(other), place=False)
    (other / "keyring.json").write_bytes((data / "keyring.json").read_bytes())
    (other / "keyring.json").chmod(0o600)
    (other / "keyreeve.toml").write_text(f'trail_buckets = {{ audit = "{bucket}" }}')
    at = ["--data", str(other)]
    for looks in (["doctor"], ["accounts", "list"], ["keys", "show"]):
        keyreeve(*looks, *at, place=False)
        assert not list(bucket.rglob("*.json.gz")), looks
    keyreeve("root", "session", *at, place=False)
    assert list(bucket.rglob("*.json.gz"))


def test_what_is_no_backup_is_refused(keyreeve, data, tmp_path):
    (tmp_path / "noise").write_text("noise" * 1000)
    assert keyreeve("restore", str(tmp_path / "noise"), status=1).stderr.startswith("keyreeve: ")
    assert keyreeve("restore", str(tmp_path / "nothing"), status=1).stderr.startswith("keyreeve: ")
    assert not (data / "keyreeve.db").exists()


def test_a_restore_that_fails_leaves_no_folder_behind(keyreeve, tmp_path):
    new = tmp_path / "some" / "new"
    keyreeve("restore", str(tmp_path / "nothing"), "--data", str(new), place=False, status=1)
    assert list(tmp_path.iterdir()) == []
    new.mkdir(parents=True)
    keyreeve("restore", str(tmp_path / "nothing"), "--data", str(new), place=False, status=1)
    assert new.exists()


# doctor


def findings(told, **more):
    return {each["check"]: each["state"] for each in told("doctor", **more)["findings"]}


def test_doctor_finds_nothing_wrong(admin, told, keyreeve):
    found = findings(told)
    assert set(found.values()) == {"ok"}
    assert {"folder", "disk", "key ring", "secrets", "database", "clock", "events"} <= found.keys()
    said = keyreeve("doctor", "--port", "99", KEYREEVE_HOST="localhost").stdout
    lines = [line.split() for line in said.splitlines()]
    assert ["port", "99", "--port"] in lines
    assert ["host", "localhost", "KEYREEVE_HOST"] in lines


def test_doctor_shows_settings_as_their_flags_have_them(admin, told, tmp_path):
    (tmp_path / "x").mkdir()
    settings = told(
        "doctor",
        *("--metrics", "[::1]:9464", "--web-identity-hosts", "a.example,b.example:8443", "--no-access-log"),
        *("--trail-buckets", f"audit={tmp_path},more={tmp_path}/x", "--behind-proxy", "10.0.0.0/8,192.0.2.0/24"),
    )["settings"]
    assert {name: settings[name]["value"] for name in settings if settings[name]["source"] != "default"} == {
        "data": ANY,
        "metrics": "[::1]:9464",
        "web_identity_hosts": "a.example:443, b.example:8443",
        "trail_buckets": f"audit={tmp_path}, more={tmp_path}/x",
        "behind_proxy": "10.0.0.0/8, 192.0.2.0/24",
        "access_log": "false",
    }
    assert settings["templates"]["value"] == "-"


def test_doctor_doubts_what_is_hardly_meant(admin, told, tmp_path):
    (tmp_path / "here").mkdir()
    asked = ("--trail-buckets", "a=here", "--metrics", "0.0.0.0:9464")
    notes = [each["sentence"] for each in told("doctor", *asked, status=1)["findings"] if each["state"] == "note"]
    assert [note.split(":")[0] for note in notes] == ["trail_buckets", "metrics"]
    assert "a=here depends on where the server is started: now /" in notes[0]


def test_doctor_makes_nothing(keyreeve, data):
    assert "there is none yet" in keyreeve("doctor").stdout
    assert not data.exists()


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (lambda data: (data / "keyring.json").chmod(0o644), "key ring"),
        (lambda data: (data / "keyring.json").chmod(0o644), "files"),
        (lambda data: (data / "keyring.json").unlink(), "key ring"),
        (lambda data: data.chmod(0o755), "folder"),
        (lambda data: (data / "keyreeve.db").write_text("noise" * 1000), "data"),
    ],
)
def test_doctor_finds(harm, check, admin, keyreeve, data):
    harm(data)
    result = keyreeve("doctor", "--json", status=1)
    found = {each["check"]: each["state"] for each in json.loads(result.stdout)["findings"]}
    assert found[check] == "problem"
    assert "found a problem" in result.stderr.splitlines()[-1]


HARMS = {
    "nothing": (lambda _cert, _key: None, "ok", "is good until"),
    "ends soon": (lambda cert, _: cert.write_text(pki.certificate(pki.ec_key(), end=9 * pki.DAY)), "note", "until"),
    "expired": (lambda cert, _: cert.write_text(pki.certificate(pki.ec_key(), end=-1 * HOUR)), "problem", "expired"),
    "another's": (lambda cert, _: cert.write_text(pki.certificate(pki.ec_key("other"))), "problem", "cert.pem"),
    "empty": (lambda cert, _: cert.write_text(""), "problem", "cert.pem"),
    "JSON": (lambda cert, _: cert.write_text("{}"), "problem", "cert.pem"),
    "none": (lambda cert, _: cert.unlink(), "problem", "cert.pem"),
    "no key": (lambda _, key: key.unlink(), "problem", "key.pem"),
    "everybody's": (lambda _, key: key.chmod(0o644), "problem", "chmod g-w,o= "),
    "a group's": (lambda _, key: key.chmod(0o640), "ok", "is good until"),
}


@pytest.mark.parametrize(("harm", "state", "says"), HARMS.values(), ids=HARMS)
def test_doctor_looks_at_the_certificate(harm, state, says, admin, told, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text(pki.certificate(pki.ec_key(), end=90 * pki.DAY))
    key.write_text(pki.private(pki.ec_key()))
    key.chmod(0o600)
    harm(cert, key)
    found = told("doctor", "--tls-cert", str(cert), "--tls-key", str(key), status=int(state == "problem"))["findings"]
    (tls,) = [each for each in found if each["check"] == "tls"]
    assert (tls["state"], says in tls["sentence"]) == (state, True), tls


def test_doctor_finds_a_full_disk(admin, keyreeve, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: os.terminal_size((0, 0)) and type("Usage", (), {"free": 0}))
    assert "0 MiB free" in keyreeve("doctor", status=1).stdout
