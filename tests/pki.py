"""Keys and certificates for tests. Making an RSA key is slow: each is made once."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

DAY = timedelta(days=1)


@cache
def rsa_key(name="first", bits=2048):
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(name="first"):
    return ec.generate_private_key(ec.SECP256R1())


def private(key, password=None):
    """A private key as PEM."""
    sealing = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing).decode()


def public(key, encoding="SSH"):
    """A public key as `ssh-rsa` or PEM."""
    forms = {"SSH": (Encoding.OpenSSH, PublicFormat.OpenSSH), "PEM": (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)}
    return key.public_key().public_bytes(*forms[encoding]).decode()


def certificate(key, subject="a.example", issuer=None, signer=None, start=-DAY, end=30 * DAY):
    """A certificate: signed by itself, or by `signer` in the name of `issuer`."""
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=_name(issuer or subject),
        subject_name=_name(subject),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now + start,
        not_valid_after=now + end,
    )
    return pem(made.sign(signer or key, SHA256()))


def pem(made):
    return made.public_bytes(Encoding.PEM).decode()


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def metadata(certificate_, entity="https://idp.example.com"):
    """An identity provider's SAML metadata with a signing certificate, as the provider itself would publish it."""
    body = "".join(certificate_.splitlines()[1:-1])
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        f' Location="{entity}/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )
