"""Makes: what a security key is certified for, by its attestation and the FIDO Alliance's metadata."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from webauthn.helpers import validate_certificate_chain
from webauthn.helpers.exceptions import InvalidCertificateChain

from keyreeve.fido_metadata import Metadata

_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTETS = b"\x04\x10"
"""What stands before the AAGUID in its extension: an octet string of 16."""


def certifications(known: Metadata, aaguid: str, chain: Sequence[bytes] | None) -> tuple[tuple[str, str], ...]:
    """The certifications of a key's make; none where the key does not prove to be of it.

    `chain` are the certificates of an attestation whose signature was verified, the key's own first.
    """
    make = known.makes.get(aaguid)
    if make is None or not make.roots or not chain or not _is_for(chain[0], aaguid):
        return ()
    try:
        validate_certificate_chain(x5c=list(chain), pem_root_certs_bytes=list(make.roots))
    except InvalidCertificateChain:
        return ()
    return tuple(sorted(make.certifications.items()))


def _is_for(certificate: bytes, aaguid: str) -> bool:
    """Whether a certificate says of which make its keys are: one root may be that of many."""
    leaf = x509.load_der_x509_certificate(certificate)
    try:
        extension = leaf.extensions.get_extension_for_oid(_AAGUID).value
    except x509.ExtensionNotFound:
        return False
    told = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b""
    return told == _OCTETS + bytes.fromhex(aaguid.replace("-", ""))
