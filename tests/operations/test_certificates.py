"""Signing certificates and server certificates, as real boto3 clients see them."""

import pytest

from harness import ACCOUNT, allow, refused
from pki import DAY, certificate, ec_key, private, rsa_key

ARN = f"arn:aws:iam::{ACCOUNT}:server-certificate"


@pytest.fixture
def iam(root):
    root.iam.create_user(UserName="u")
    return root.iam


def sign(iam, body=None, **more):
    body = body or certificate(ec_key())
    return iam.upload_signing_certificate(CertificateBody=body, **more)["Certificate"]


def test_a_signing_certificate_is_kept_and_listed_with_its_body(iam):
    body = certificate(rsa_key())
    made = sign(iam, body, UserName="u")
    assert made["CertificateBody"].strip() == body.strip()
    assert (made["UserName"], made["Status"]) == ("u", "Active")
    assert len(made["CertificateId"]) == 32
    assert iam.list_signing_certificates(UserName="u")["Certificates"] == [made]


@pytest.mark.parametrize("body", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_said_in_aws_words(iam, body):
    with refused("MalformedCertificate", f"Certificate {body} is malformed."):
        sign(iam, body, UserName="u")


def test_a_private_key_by_mistake_is_not_repeated(iam):
    with refused("MalformedCertificate", "Certificate  is malformed."):
        sign(iam, certificate(ec_key()) + private(ec_key()), UserName="u")


@pytest.mark.parametrize(("start", "end"), [(-2 * DAY, -DAY), (DAY, 2 * DAY)])
def test_a_signing_certificate_is_valid_today(iam, start, end):
    with refused("InvalidCertificate"):
        sign(iam, certificate(ec_key(), start=start, end=end), UserName="u")


def test_a_certificate_is_nobodys_else_in_the_account(iam):
    body = certificate(ec_key())
    sign(iam, body, UserName="u")
    iam.create_user(UserName="other")
    for name in ("u", "other"):
        with refused("DuplicateCertificate"):
            sign(iam, f"\n{body}\n", UserName=name)


def test_a_user_has_two_signing_certificates(iam):
    sign(iam, UserName="u")
    sign(iam, UserName="u")
    with refused("LimitExceeded", "Cannot exceed quota for CertificatesPerUser: 2"):
        sign(iam, UserName="u")


def test_a_signing_certificate_is_switched_and_deleted_once(iam):
    made = sign(iam, UserName="u")["CertificateId"]
    iam.update_signing_certificate(UserName="u", CertificateId=made, Status="Inactive")
    assert iam.list_signing_certificates(UserName="u")["Certificates"][0]["Status"] == "Inactive"
    with refused("DeleteConflict", "Cannot delete entity, must delete certificates first."):
        iam.delete_user(UserName="u")
    iam.delete_signing_certificate(UserName="u", CertificateId=made)
    with refused("NoSuchEntity", f"The Certificate with id {made} cannot be found."):
        iam.delete_signing_certificate(UserName="u", CertificateId=made)
    iam.delete_user(UserName="u")


def test_root_and_users_have_their_own(server, iam):
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 0
    made = sign(iam)
    assert made["UserName"] == "root"
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 1
    person = server.user("me", allow(["iam:*SigningCertificate*"], "arn:aws:iam::*:user/me"))
    assert sign(person.iam)["UserName"] == "me"
    with refused("NoSuchEntity", f"The Certificate with id {made['CertificateId']} cannot be found."):
        person.iam.delete_signing_certificate(CertificateId=made["CertificateId"])
    with refused("AccessDenied"):
        sign(person.iam, UserName="u")
