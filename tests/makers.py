"""Makers of security keys, and the service that says what their keys are certified for: authorities of our own."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from security_key import AAGUID

MODEL = "00010203-0405-0607-0809-0a0b0c0d0e0f"
AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


def name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Authority:
    """A root that issues certificates."""

    def __init__(self, text):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), name(text)
        self.certificate = self._builder(self.name, self.key, timedelta(days=3650)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        usage |= {"key_cert_sign": True, "crl_sign": True, "encipher_only": False, "decipher_only": False}
        self.certificate = (
            self.certificate.add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, SHA256())
        )

    def _builder(self, subject, key, life):
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .issuer_name(self.name)
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + life)
        )

    def issued(self, *extensions, life=timedelta(days=30)):
        """A key, and its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name("issued"), key, life).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        for each in extensions:
            builder = builder.add_extension(each, critical=False)
        return key, builder.sign(self.key, SHA256())


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def maker(authority, aaguid=AAGUID):
    """The attestation key of a batch of keys, with its chain: what a key is made with."""
    of = () if aaguid is None else (x509.UnrecognizedExtension(AAGUID_EXTENSION, b"\x04\x10" + aaguid),)
    key, certificate = authority.issued(*of)
    return key, [der(certificate)]


def entry(authority, *reports, aaguid=MODEL):
    """A make in the metadata, with what was reported of it: (date, status, more)."""
    roots = [b64encode(der(authority.certificate)).decode()]
    found = [{"effectiveDate": date, "status": status, **more} for date, status, more in reports]
    return {"aaguid": aaguid, "statusReports": found, "metadataStatement": {"attestationRootCertificates": roots}}


def metadata(authority, *entries, host="mds.fidoalliance.org", **more):
    """The file, signed in the name of the service's host."""
    key, certificate = authority.issued(
        x509.SubjectAlternativeName([x509.DNSName(host)]),
        x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]),
        **more,
    )
    payload = {"legalHeader": "", "no": 1, "nextUpdate": "2026-12-01", "entries": [{"aaid": "1234#5678"}, *entries]}
    return jwt.encode(payload, key, "ES256", {"x5c": [b64encode(der(certificate)).decode()]})
