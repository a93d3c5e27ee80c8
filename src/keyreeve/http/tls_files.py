"""Why a certificate's files cannot be used: OpenSSL says that something is wrong, and neither where nor what."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----")
_KEY = re.compile(rb"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)


class _Unfit(Exception):
    """What is wrong with one of the files."""


def why(certificate: Path, key: Path, error: OSError) -> str:
    """A sentence about the file that is wrong; asked after OpenSSL's error, so that what it takes is not refused."""
    try:
        public, private = _certificate(certificate), _key(key)
    except _Unfit as unfit:
        return str(unfit)
    if public != private.public_key():
        return (
            f"The private key in {key} (tls_key) does not belong to the first certificate in {certificate} (tls_cert)."
            " The server's own certificate comes first, its chain after it."
        )
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return f"{certificate} (tls_cert) and {key} (tls_key) cannot be used: {reason}."


def _certificate(path: Path) -> CertificatePublicKeyTypes:
    """The public key of the first certificate in a file."""
    content = _read(path, "tls_cert")
    if not _CERTIFICATE.search(content):
        raise _Unfit(f"{path} (tls_cert) holds no certificate in PEM.")
    try:
        return x509.load_pem_x509_certificates(content)[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _Unfit(f"{path} (tls_cert) holds a certificate that is damaged.") from None


def _key(path: Path) -> PrivateKeyTypes:
    """The first private key in a file."""
    found = _KEY.search(_read(path, "tls_key"))
    if found is None:
        raise _Unfit(f"{path} (tls_key) holds no private key in PEM.")
    try:
        return load_pem_private_key(found[0], None)
    except TypeError:
        raise _Unfit(
            f"{path} (tls_key) holds a private key under a pass phrase, which nobody is asked for. Give one without."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _Unfit(f"{path} (tls_key) holds a private key that is damaged.") from None


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _Unfit(f"{path} ({setting}) cannot be read: {error.strerror}.") from None
