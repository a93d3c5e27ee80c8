"""Signing certificates and server certificates, as real boto3 clients see them."""

import msgspec
import pytest

from harness import ACCOUNT, allow, refused
from keyreeve.entities import ServerCertificate
from keyreeve.events import Filter, look_up
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


def issued():
    """A leaf and its chain: an intermediate and the root that signed it."""
    leaf, middle, top = ec_key("leaf"), ec_key("middle"), rsa_key("top")
    return (
        certificate(leaf, "leaf", "middle", middle),
        [certificate(middle, "middle", "top", top), certificate(top, "top")],
    )


def upload(iam, name="web", key=None, **more):
    key = key or rsa_key()
    body = {"CertificateBody": certificate(key), "PrivateKey": private(key), **more}
    return iam.upload_server_certificate(ServerCertificateName=name, **body)


def test_a_server_certificate_has_aws_id_arn_and_path(iam):
    body = certificate(rsa_key())
    answer = upload(iam, CertificateBody=body, Path="/cloudfront/x/", Tags=[{"Key": "a", "Value": "b"}])
    made = answer["ServerCertificateMetadata"]
    assert made["ServerCertificateId"].startswith("ASCA")
    assert len(made["ServerCertificateId"]) == 21
    assert made["Arn"] == f"{ARN}/cloudfront/x/web"
    assert 28 * DAY < made["Expiration"] - made["UploadDate"] < 31 * DAY
    assert answer["Tags"] == [{"Key": "a", "Value": "b"}]
    got = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert got["ServerCertificateMetadata"] == made
    assert got["CertificateBody"] == body.strip()  # Terraform holds the file to it so
    assert "CertificateChain" not in got
    assert iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"] == [made]
    assert iam.list_server_certificates(PathPrefix="/other/")["ServerCertificateMetadataList"] == []
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1


def test_a_bundle_by_mistake_leaves_no_private_key_in_the_log(server, iam):
    bundle = certificate(rsa_key()) + private(rsa_key())
    for given in ({"CertificateBody": bundle}, {"CertificateChain": bundle}):
        with refused("MalformedCertificate", UNREADABLE):
            upload(iam, **given)
    with refused("MalformedCertificate"):
        sign(iam, bundle, UserName="u")
    events = b"".join(event.encode() for _, event in look_up(server.log.rows, Filter()))
    assert b"UploadSigningCertificate" in events
    assert private(rsa_key()).splitlines()[3].encode() not in events


def test_the_private_key_is_sealed_and_never_told(server, iam):
    key = rsa_key()
    line = private(key).splitlines()[3].encode()
    upload(iam, key=key)
    iam.get_server_certificate(ServerCertificateName="web")
    with refused("EntityAlreadyExists", "The Server Certificate with name web already exists."):
        upload(iam, key=key)
    (record,) = server.view.begin().all(ServerCertificate, ACCOUNT)
    events = b"".join(event.encode() for _, event in look_up(server.log.rows, Filter()))
    assert server.ring.unseal(record.sealed_private_key, record.server_certificate_id) == private(key).encode()
    assert b"UploadServerCertificate" in events
    assert line not in msgspec.msgpack.encode(record)
    assert line not in events
    assert not [answer for answer in server.answers if line in answer.body]


UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
OLD = "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."


@pytest.mark.parametrize(
    ("given", "code", "sentence"),
    [
        ({"CertificateBody": "none"}, "MalformedCertificate", UNREADABLE),
        ({"CertificateBody": certificate(ec_key()) * 2}, "MalformedCertificate", UNREADABLE),
        ({"CertificateBody": certificate(ec_key(), start=-2 * DAY, end=-DAY)}, "MalformedCertificate", OLD),
        ({"CertificateBody": certificate(ec_key(), start=DAY, end=2 * DAY)}, "MalformedCertificate", None),
        ({"PrivateKey": "none"}, "MalformedCertificate", "Invalid Private Key."),
        ({"PrivateKey": private(ec_key(), b"secret")}, "MalformedCertificate", "Invalid Private Key."),
        ({"PrivateKey": private(ec_key("other"))}, "KeyPairMismatch", None),
        ({"PrivateKey": private(rsa_key())}, "KeyPairMismatch", None),
        ({"CertificateChain": "none"}, "MalformedCertificate", UNREADABLE),
    ],
)
def test_what_is_no_certificate_with_its_key_is_refused(iam, given, code, sentence):
    with refused(code, sentence):
        upload(iam, key=ec_key(), **given)
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_a_chain_begins_with_the_issuer_and_is_in_order(iam):
    body, chain = issued()
    given = {"key": ec_key("leaf"), "CertificateBody": body}
    sentence = (
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
        "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
        "certificate is: -1"
    )
    for wrong in (chain[::-1], chain[1:], [certificate(ec_key())]):
        with refused("MalformedCertificate", sentence):
            upload(iam, **given, CertificateChain="".join(wrong))
    upload(iam, "whole", **given, CertificateChain="".join(chain))
    upload(iam, "short", **given, CertificateChain=chain[0])
    got = iam.get_server_certificate(ServerCertificateName="whole")["ServerCertificate"]
    assert got["CertificateChain"] == "".join(chain).strip()


def test_a_false_chain_in_the_issuers_name_is_refused(iam):
    body, _ = issued()
    with refused("MalformedCertificate"):
        upload(
            iam,
            key=ec_key("leaf"),
            CertificateBody=body,
            CertificateChain=certificate(ec_key("false"), "middle"),
        )


def test_an_account_has_twenty_server_certificates(iam):
    for number in range(20):
        upload(iam, f"c{number}", ec_key())
    with refused("LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20"):
        upload(iam, key=ec_key())


def test_renaming_keeps_the_id_and_needs_the_permission_on_both_names(server, iam):
    before = upload(iam, key=ec_key())["ServerCertificateMetadata"]
    upload(iam, "taken", ec_key())
    with refused("EntityAlreadyExists", "The Server Certificate with name taken already exists."):
        iam.update_server_certificate(ServerCertificateName="web", NewServerCertificateName="taken")
    one = server.user("one", allow("iam:UpdateServerCertificate", f"{ARN}/web")).iam
    both = server.user("both", allow("iam:UpdateServerCertificate", [f"{ARN}/web", f"{ARN}/new/site"])).iam
    change = {"ServerCertificateName": "web", "NewServerCertificateName": "site", "NewPath": "/new/"}
    with refused("AccessDenied"):
        one.update_server_certificate(**change)
    both.update_server_certificate(**change)
    got = iam.get_server_certificate(ServerCertificateName="site")["ServerCertificate"]["ServerCertificateMetadata"]
    assert (got["ServerCertificateId"], got["Arn"]) == (before["ServerCertificateId"], f"{ARN}/new/site")


def test_a_server_certificate_is_tagged_and_deleted_once(server, iam):
    upload(iam, key=ec_key())
    named = {"ServerCertificateName": "web"}
    iam.tag_server_certificate(**named, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    iam.untag_server_certificate(**named, TagKeys=["b"])
    assert iam.list_server_certificate_tags(**named)["Tags"] == [{"Key": "a", "Value": "2"}]
    tagged = {"StringEquals": {"aws:ResourceTag/a": "2"}}
    person = server.user("u2", allow("iam:DeleteServerCertificate", Condition=tagged)).iam
    upload(iam, "bare", ec_key())
    with refused("AccessDenied"):
        person.delete_server_certificate(ServerCertificateName="bare")
    person.delete_server_certificate(**named)
    with refused("NoSuchEntity", "The Server Certificate with name web cannot be found."):
        iam.delete_server_certificate(**named)


def test_tags_on_upload_need_their_own_permission(server):
    person = server.user("me", allow("iam:UploadServerCertificate", f"{ARN}/web")).iam
    with refused("AccessDenied"):
        upload(person, key=ec_key(), Tags=[{"Key": "a", "Value": "b"}])
    assert upload(person, key=ec_key())
