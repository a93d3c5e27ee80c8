"""An authority of our own, and the certificates that it gives to servers of the tests."""

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

import pki

TEST = "Test Authority"


@cache
def authority(name):
    """A key and its certificate, signed by itself. Made once: what is asked for by one name is one authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _signed(name, key, name, key, ca=True)


def thumbprint(certificate):
    return certificate.fingerprint(SHA1()).hex()  # noqa: S303  what AWS calls a thumbprint


def certified(folder, host="localhost", by=TEST, *, alone=False, start=-1, days=30):
    """Files for a server: its chain up to the authority (or itself alone, signed by itself), and its key."""
    signer, top = authority(by)
    key = ec.generate_private_key(ec.SECP256R1())
    own = _signed(host, key, by if not alone else host, signer if not alone else key, start=start, days=days, host=host)
    chain = [own] if alone else [own, top]
    (folder / f"{host}.pem").write_text("".join(map(pki.pem, chain)))
    (folder / f"{host}.key").write_text(pki.private(key))
    return folder / f"{host}.pem", folder / f"{host}.key", own


def ca_file(folder, name=TEST):
    file = folder / "ca.pem"
    file.write_text(pki.pem(authority(name)[1]))
    return file


def _signed(subject, key, issuer, signer, *, ca=False, start=-1, days=30, host=None):
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=start))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if ca:
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        more = {"digital_signature": False, "encipher_only": False, "decipher_only": False}
        made = made.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage, **more), critical=True)
    if host is not None:
        name = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        made = made.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    return made.sign(signer, SHA256())
