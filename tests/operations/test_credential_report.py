"""The credential report: every column of every user, from facts."""

import csv
import io
from datetime import timedelta

import pytest

import pki
from harness import ACCOUNT, refused

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated,additional_credentials_info"
)
NO_KEY = {"active": "false", "last_rotated": "N/A", "last_used_date": "N/A", "last_used_region": "N/A"}


def report(root):
    answered = root.iam.get_credential_report()
    assert answered["ReportFormat"] == "text/csv"
    rows = csv.DictReader(io.StringIO(answered["Content"].decode()))
    return {row["user"]: row for row in rows}


def iso(moment):
    return moment.isoformat().replace("Z", "+00:00")


def test_there_is_none_until_one_is_made(root):
    with refused("ReportNotPresent") as refusal:
        root.iam.get_credential_report()
    assert refusal.error.response["ResponseMetadata"]["HTTPStatusCode"] == 410
    assert root.iam.generate_credential_report()["State"] == "STARTED"
    assert root.iam.generate_credential_report()["State"] == "COMPLETE"
    assert root.iam.get_credential_report()["Content"].decode().splitlines()[0] == HEADER


def test_it_is_the_accounts_report_for_four_hours(server, root, travel):
    root.iam.generate_credential_report()
    root.iam.create_user(UserName="late")
    travel(timedelta(hours=3, minutes=59))
    assert root.iam.generate_credential_report()["State"] == "COMPLETE"
    assert "late" not in report(root)
    travel(timedelta(hours=4, minutes=1))
    with refused("ReportExpired") as refusal:
        root.iam.get_credential_report()
    assert refusal.error.response["ResponseMetadata"]["HTTPStatusCode"] == 410
    assert root.iam.generate_credential_report()["State"] == "STARTED"
    assert "late" in report(root)


def test_the_root_user_comes_first(root):
    root.iam.create_user(UserName="a")
    root.iam.generate_credential_report()
    (first, row), *_ = report(root).items()
    assert first == "<root_account>"
    assert row["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert row["password_enabled"] == "false"
    assert row["password_last_used"] == "no_information"
    assert row["password_last_changed"] == row["password_next_rotation"] == "not_supported"
    assert row["access_key_1_active"] == "true"
    assert row["access_key_1_last_used_service"] == "iam"
    assert row["access_key_2_active"] == "false"


def test_a_user_without_credentials_has_none(root):
    made = root.iam.create_user(UserName="a")["User"]
    root.iam.generate_credential_report()
    row = report(root)["a"]
    assert row["user_creation_time"] == iso(made["CreateDate"])
    assert row["arn"] == made["Arn"]
    assert row["password_enabled"] == row["mfa_active"] == "false"
    assert {row[f"password_{cell}"] for cell in ("last_used", "last_changed", "next_rotation")} == {"N/A"}
    for number in (1, 2):
        assert {cell: row[f"access_key_{number}_{cell}"] for cell in NO_KEY} == NO_KEY
        assert (row[f"cert_{number}_active"], row[f"cert_{number}_last_rotated"]) == ("false", "N/A")
    assert row["additional_credentials_info"] == ""


def test_a_password_tells_when_it_has_to_change(root):
    root.iam.create_user(UserName="a")
    root.iam.create_login_profile(UserName="a", Password="correct horse Battery 1!")
    root.iam.generate_credential_report()
    row = report(root)["a"]
    assert (row["password_enabled"], row["password_last_used"]) == ("true", "no_information")
    assert row["password_next_rotation"] == "N/A"


def test_a_password_that_expires_has_a_date(server, root):
    root.iam.update_account_password_policy(MaxPasswordAge=90)
    root.iam.create_user(UserName="a")
    made = root.iam.create_login_profile(UserName="a", Password="correct horse Battery 1!")["LoginProfile"]
    root.iam.generate_credential_report()
    row = report(root)["a"]
    assert row["password_last_changed"] == iso(made["CreateDate"])
    assert row["password_next_rotation"] == iso(made["CreateDate"] + timedelta(days=90))


def test_keys_say_when_they_were_changed_and_used(server, root, travel):
    person = server.user("a")
    first = person.credentials["AccessKeyId"]
    person.sts.get_caller_identity()
    travel(timedelta(minutes=5))
    root.iam.create_access_key(UserName="a")
    travel(timedelta(minutes=10))
    root.iam.update_access_key(UserName="a", AccessKeyId=first, Status="Inactive")
    root.iam.generate_credential_report()
    row = report(root)["a"]
    assert row["access_key_1_active"] == "false"
    assert row["access_key_2_active"] == "true"
    assert row["access_key_1_last_used_service"] == "sts"
    assert row["access_key_1_last_used_region"] == "us-east-1"
    assert row["access_key_1_last_used_date"] != "N/A"
    assert row["access_key_2_last_used_date"] == row["access_key_2_last_used_service"] == "N/A"
    assert row["access_key_1_last_rotated"] > row["access_key_2_last_rotated"]


def test_certificates_stand_in_it(root):
    root.iam.create_user(UserName="a")
    uploaded = root.iam.upload_signing_certificate(UserName="a", CertificateBody=pki.certificate(pki.rsa_key()))[
        "Certificate"
    ]
    root.iam.generate_credential_report()
    row = report(root)["a"]
    assert (row["cert_1_active"], row["cert_1_last_rotated"]) == ("true", iso(uploaded["UploadDate"]))
    assert row["cert_2_active"] == "false"


@pytest.mark.parametrize("name", ["a=b,c@d.e", "+x"])
def test_names_with_commas_are_quoted(root, name):
    root.iam.create_user(UserName=name)
    root.iam.generate_credential_report()
    assert report(root)[name]["arn"].endswith(f"user/{name}")
