"""SAML and OpenID Connect providers, as real boto3 clients see them."""

import textwrap
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness import ACCOUNT, allow, refused, text, trusting
from keyreeve.entities import SAMLProvider
from keyreeve.events import Filter, look_up
from pki import certificate, ec_key, private, rsa_key

SAML, OIDC = f"arn:aws:iam::{ACCOUNT}:saml-provider", f"arn:aws:iam::{ACCOUNT}:oidc-provider"
PRINT = "0123456789abcdef0123456789ABCDEF01234567"
ENTITY = "https://idp.example/metadata"


def described(use="signing"):
    der = x509.load_pem_x509_certificate(certificate(rsa_key()).encode()).public_bytes(Encoding.DER)
    encoded = "\n".join(textwrap.wrap(b64encode(der).decode(), 64))
    purpose = f' use="{use}"' if use else ""
    return (
        f"<md:KeyDescriptor{purpose}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{encoded}\n"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def metadata(keys=None, more="", role="IDPSSODescriptor", before=""):
    """An identity provider's metadata; never shorter than the thousand characters that AWS wants."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{ENTITY}"{more}>'
        f'<md:{role} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{described() if keys is None else keys}"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/"/>'
        f"</md:{role}></md:EntityDescriptor><!-- {'-+' * 400} -->"
    )


def create(iam, name="idp", document=None, **more):
    return iam.create_saml_provider(Name=name, SAMLMetadataDocument=document or metadata(), **more)


def test_a_saml_provider_is_kept_as_it_describes_itself(server, root):
    document = metadata(
        described() + described("encryption") + described(None), ' validUntil="2035-01-02T03:04:05.678Z"'
    )
    made = create(root.iam, document=document, Tags=[{"Key": "a", "Value": "b"}])
    assert made["SAMLProviderArn"] == f"{SAML}/idp"
    got = root.iam.get_saml_provider(SAMLProviderArn=f"{SAML}/idp")
    assert got["SAMLMetadataDocument"] == document
    assert got["ValidUntil"] == datetime(2035, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert len(got["SAMLProviderUUID"]) == 32
    assert (got["AssertionEncryptionMode"], got["PrivateKeyList"]) == ("Allowed", [])
    assert got["Tags"] == made["Tags"] == [{"Key": "a", "Value": "b"}]
    (listed,) = root.iam.list_saml_providers()["SAMLProviderList"]
    assert listed == {"Arn": f"{SAML}/idp", "ValidUntil": got["ValidUntil"], "CreateDate": got["CreateDate"]}
    (record,) = server.view.begin().all(SAMLProvider, ACCOUNT)
    assert (record.entity_id, len(record.signing_certificates)) == (ENTITY, 2)


def test_metadata_without_an_end_lasts_a_century(root):
    assert "Tags" not in create(root.iam)
    got = root.iam.get_saml_provider(SAMLProviderArn=f"{SAML}/idp")
    assert got["ValidUntil"] - got["CreateDate"] > timedelta(days=36500)
    assert got["Tags"] == []


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1000,
        metadata()[:1200],
        metadata(before=BOMB),
        metadata(before=FILE),
        metadata(before='<!DOCTYPE x SYSTEM "https://idp.example/x.dtd">'),
        metadata(keys=""),
        metadata(described("encryption")),
        metadata(role="SPSSODescriptor"),
        metadata().replace("SAML:2.0:metadata", "SAML:2.0:other"),
        metadata().replace(ENTITY, ""),
        metadata().replace("MII", "!!!"),
        metadata().replace("<ds:X509Certificate>\nMII", "<ds:X509Certificate>\nMIJ"),
        metadata(more=' validUntil="soon"'),
        metadata(more=' validUntil="0001-01-01T00:00:00+10:00"'),
        metadata(described() * 11),
        f"<md:Outer xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata'>{metadata()[38:]}</md:Outer>",
    ],
)
def test_what_is_no_identity_providers_metadata_is_refused(root, document):
    with refused("InvalidInput", "Could not parse metadata"):
        create(root.iam, document=document)
    assert root.iam.list_saml_providers()["SAMLProviderList"] == []


def test_private_keys_are_two_and_sealed(server, root):
    keys = [rsa_key(), rsa_key("second")]
    create(root.iam, AddPrivateKey=private(keys[0]), AssertionEncryptionMode="Required")
    arn = f"{SAML}/idp"
    root.iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=private(keys[1]))
    got = root.iam.get_saml_provider(SAMLProviderArn=arn)
    first, second = got["PrivateKeyList"]
    assert set(first) == {"KeyId", "Timestamp"}
    assert got["AssertionEncryptionMode"] == "Required"
    with refused("LimitExceeded"):
        root.iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=private(keys[0]))
    root.iam.update_saml_provider(
        SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"], AddPrivateKey=private(rsa_key("third"))
    )
    kept = root.iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]
    assert kept[0]["KeyId"] == second["KeyId"]
    with refused("NoSuchEntity"):
        root.iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    (record,) = server.view.begin().all(SAMLProvider, ACCOUNT)
    sealed = record.private_keys[0]
    assert server.ring.unseal(sealed.sealed_key, sealed.key_id) == private(keys[1]).encode()
    line = private(keys[1]).splitlines()[3].encode()
    events = b"".join(event.encode() for _, event in look_up(server.log.rows, Filter()))
    assert b"UpdateSAMLProvider" in events
    assert line not in events + msgspec.msgpack.encode(record)


@pytest.mark.parametrize("key", ["none", private(ec_key()), private(rsa_key(), b"secret")])
def test_what_is_no_private_rsa_key_is_refused(root, key):
    with refused("InvalidInput"):
        create(root.iam, AddPrivateKey=key)


def test_an_update_replaces_what_it_names(root):
    create(root.iam)
    arn = f"{SAML}/idp"
    later = metadata(more=' validUntil="2040-01-01T00:00:00Z"')
    assert root.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=later)["SAMLProviderArn"] == arn
    got = root.iam.get_saml_provider(SAMLProviderArn=arn)
    assert (got["SAMLMetadataDocument"], got["ValidUntil"].year) == (later, 2040)
    root.iam.update_saml_provider(SAMLProviderArn=arn, AssertionEncryptionMode="Required")
    got = root.iam.get_saml_provider(SAMLProviderArn=arn)
    assert (got["SAMLMetadataDocument"], got["AssertionEncryptionMode"]) == (later, "Required")
    with refused("InvalidInput", "Could not parse metadata"):
        root.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument="x" * 1000)


def test_a_saml_provider_is_one_of_its_name_and_deleted_once(root):
    create(root.iam)
    with refused("EntityAlreadyExists", "Provider with name idp already exists."):
        create(root.iam)
    assert root.iam.get_account_summary()["SummaryMap"]["Providers"] == 1
    root.iam.delete_saml_provider(SAMLProviderArn=f"{SAML}/idp")
    for gone in (root.iam.delete_saml_provider, root.iam.get_saml_provider):
        with refused("NoSuchEntity", f"Manifest not found for arn {SAML}/idp"):
            gone(SAMLProviderArn=f"{SAML}/idp")
    with refused("ValidationError", "Invalid ARN:  Could not be parsed!"):
        root.iam.get_saml_provider(SAMLProviderArn="twenty characters long")


def test_a_provider_of_another_account_is_out_of_reach(server, root):
    create(root.iam)
    with refused("AccessDenied"):
        server.root("444455556666").iam.get_saml_provider(SAMLProviderArn=f"{SAML}/idp")


def oidc(iam, url="https://idp.example/tenant", **more):
    return iam.create_open_id_connect_provider(Url=url, **more)["OpenIDConnectProviderArn"]


def test_an_oidc_provider_is_its_url(root):
    arn = oidc(root.iam, ClientIDList=["b", "a", "b"], ThumbprintList=[PRINT], Tags=[{"Key": "a", "Value": "b"}])
    assert arn == f"{OIDC}/idp.example/tenant"
    got = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (got["Url"], got["ClientIDList"], got["ThumbprintList"]) == ("idp.example/tenant", ["b", "a"], [PRINT])
    assert got["Tags"] == [{"Key": "a", "Value": "b"}]
    assert root.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    with refused("EntityAlreadyExists", "Provider with url https://idp.example/tenant already exists."):
        oidc(root.iam)


def test_nothing_is_fetched_where_no_thumbprint_is_given(root):
    got = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=oidc(root.iam))
    assert (got["ClientIDList"], got["ThumbprintList"], got["Tags"]) == ([], [], [])


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example",
        "idp.example",
        "https://",
        "https://a@idp.example",
        "https://idp.example?x=1",
        "https://a/#b",
    ],
)
def test_what_is_no_issuer_is_refused(root, url):
    with refused("ValidationError", "Invalid Open ID Connect Provider URL"):
        oidc(root.iam, url)


def test_thumbprints_are_five_digests(root):
    arn = oidc(root.iam, ThumbprintList=[PRINT] * 5)
    with refused("InvalidInput", "Thumbprint list must contain fewer than 5 entries."):
        oidc(root.iam, "https://other.example", ThumbprintList=[PRINT] * 6)
    with refused("InvalidInput"):
        root.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["x" * 40])
    root.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40])
    got = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert got["ThumbprintList"] == ["a" * 40]


def test_client_ids_come_and_go_without_fault(root):
    named = {"OpenIDConnectProviderArn": oidc(root.iam, ClientIDList=[f"c{number}" for number in range(100)])}
    root.iam.add_client_id_to_open_id_connect_provider(**named, ClientID="c7")
    with refused("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"):
        root.iam.add_client_id_to_open_id_connect_provider(**named, ClientID="new")
    for _ in range(2):
        root.iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="c7")
    root.iam.add_client_id_to_open_id_connect_provider(**named, ClientID="new")
    got = root.iam.get_open_id_connect_provider(**named)["ClientIDList"]
    assert (len(got), got[-1], "c7" in got) == (100, "new", False)


def test_a_missing_oidc_provider_is_said_in_aws_words(root):
    arn = f"{OIDC}/nowhere.example"
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}"):
        root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenId connect Provider {arn} cannot be found."):
        root.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize("kind", ["saml", "open_id_connect"])
def test_providers_are_tagged_by_their_arn(server, root, kind):
    arn = create(root.iam)["SAMLProviderArn"] if kind == "saml" else oidc(root.iam)
    named = {"SAMLProviderArn" if kind == "saml" else "OpenIDConnectProviderArn": arn}
    action = "SAML" if kind == "saml" else "OpenIDConnect"
    person = server.user("p", allow([f"iam:*{action}Provider", f"iam:List{action}ProviderTags"], arn)).iam
    getattr(person, f"tag_{kind}_provider")(**named, Tags=[{"Key": "k", "Value": "v"}, {"Key": "K", "Value": "w"}])
    getattr(person, f"untag_{kind}_provider")(**named, TagKeys=["K"])
    assert getattr(person, f"list_{kind}_provider_tags")(**named)["Tags"] == [{"Key": "k", "Value": "v"}]
    tagged = {"StringEquals": {"aws:ResourceTag/k": "v"}}
    other = server.user("o", allow(f"iam:Delete{action}Provider", Condition=tagged)).iam
    getattr(other, f"delete_{kind}_provider")(**named)


def test_making_asks_about_the_arn_and_tags_about_tagging(server):
    person = server.user(
        "me",
        allow(["iam:CreateSAMLProvider", "iam:CreateOpenIDConnectProvider"], [f"{SAML}/idp", f"{OIDC}/idp.example"]),
    ).iam
    tags = [{"Key": "a", "Value": "b"}]
    for wrong in ({"name": "other"}, {"Tags": tags}):
        with refused("AccessDenied"):
            create(person, **wrong)
    for wrong in ({"url": "https://other.example"}, {"url": "https://idp.example", "Tags": tags}):
        with refused("AccessDenied"):
            oidc(person, **wrong)
    assert create(person)
    assert oidc(person, "https://idp.example")


def test_a_trust_policy_may_name_a_provider_before_it_is_there_and_after(root):
    provider, action = {"Federated": f"{SAML}/idp"}, ["sts:AssumeRoleWithSAML"]
    document = text(trusting(provider, action, Condition={"StringEquals": {"SAML:aud": "https://signin.example/saml"}}))
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
    arn = create(root.iam)["SAMLProviderArn"]
    root.iam.delete_saml_provider(SAMLProviderArn=arn)
    kept = root.iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert kept["Statement"][0]["Principal"] == provider
