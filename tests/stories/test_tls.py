"""Every client over TLS, with a certificate that the operator made."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stories import server as servers
from stories.clients import AwsCli, Boto3, Curl, JavaScript
from stories.story import Cast
from stories.words import allow, refused

ENCRYPTED = {"Bool": {"aws:SecureTransport": "true"}}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a certificate for 127.0.0.1, which vouches for itself, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pem").chmod(0o600)
    (folder / "certificate.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificate):
    folder, authority = tmp_path_factory.mktemp("story"), certificate / "certificate.pem"
    flags = ("--tls-cert", str(authority), "--tls-key", str(certificate / "key.pem"))
    with servers.serving(folder, servers.made(folder), *flags, authority=authority) as running:
        yield running


def encrypted(client, server, name):
    """Whoever may read only what is read over TLS reads it, and is refused what is not for TLS."""
    cast = Cast(client, server)
    user, _ = cast.user(name, allow("iam:GetUser", Condition=ENCRYPTED))
    assert server.endpoint.startswith("https://")
    assert user("iam", "GetUser")["User"]["UserName"] == name
    cast.admin(
        "iam",
        "PutUserPolicy",
        UserName=name,
        PolicyName="p0",
        PolicyDocument=allow("iam:GetUser", Condition={"Bool": {"aws:SecureTransport": "false"}}),
    )
    with refused("AccessDenied"):
        user("iam", "GetUser")


@pytest.mark.client("boto3")
def test_boto3(server, certificate):
    encrypted(Boto3(server.endpoint, certificate / "certificate.pem"), server, "boto3")


@pytest.mark.client("aws")
def test_the_aws_cli(server, certificate):
    encrypted(AwsCli(server.endpoint, certificate / "certificate.pem"), server, "cli")


@pytest.mark.client("curl")
def test_curl(server, certificate):
    encrypted(Curl(server.endpoint, certificate / "certificate.pem"), server, "curl")


@pytest.mark.client("node")
def test_javascript(server, certificate):
    with closing(JavaScript(server.endpoint, certificate / "certificate.pem")) as sdk:
        encrypted(sdk, server, "javascript")


@pytest.mark.client("boto3")
def test_without_tls_a_policy_for_tls_permits_nothing(tmp_path):
    with servers.serving(tmp_path, servers.made(tmp_path)) as plain:
        user, _ = Cast(Boto3(plain.endpoint), plain).user("plain", allow("iam:GetUser", Condition=ENCRYPTED))
        with refused("AccessDenied"):
            user("iam", "GetUser")
