"""Encrypted assertions (W3C, "XML Encryption Syntax and Processing 1.1"), for a provider that has private keys.

AES in GCM or CBC mode under a key that RSA-OAEP wraps; nothing older. CBC alone proves nothing of what it decrypts, and
who is told whether a text came out well can read it bit by bit. So it is taken only where the signature of the
response, which is checked first, covers it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keyreeve.access.saml.document import DS, Unfit

if TYPE_CHECKING:
    from lxml import etree

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "{http://www.w3.org/2009/xmlenc11#}"

GCM = {f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_CBC = {f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
OAEP_SHA1 = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
_OAEP = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
_DIGESTS: dict[str | None, type[HashAlgorithm]] = {
    None: SHA1,
    "http://www.w3.org/2000/09/xmldsig#sha1": SHA1,  # within OAEP nothing rests on collisions
    "http://www.w3.org/2001/04/xmlenc#sha256": SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": SHA512,
}
_MASKS: dict[str | None, type[HashAlgorithm]] = {
    None: SHA1,
    "http://www.w3.org/2009/xmlenc11#mgf1sha1": SHA1,
    "http://www.w3.org/2009/xmlenc11#mgf1sha256": SHA256,
    "http://www.w3.org/2009/xmlenc11#mgf1sha384": SHA384,
    "http://www.w3.org/2009/xmlenc11#mgf1sha512": SHA512,
}
MOST_KEYS = 4
"""Wrapped keys that are tried: one for each recipient that the provider encrypted for."""

_IV_BYTES, _NONCE_BYTES, _TAG_BYTES, _BLOCK_BYTES = 16, 12, 16, 16


def decrypted(encrypted: etree._Element, private_keys: tuple[bytes, ...], *, covered: bool) -> bytes:
    """The assertion in an EncryptedAssertion, as bytes that nobody has vouched for yet. Raises Unfit.

    `private_keys` are PEM; `covered` says that a verified signature covers the ciphertext.
    """
    data = encrypted.find(f"{XENC}EncryptedData")
    algorithm = None if data is None else _algorithm(data)
    if data is None or (algorithm not in GCM and not (covered and algorithm in _CBC)):
        raise Unfit("no data in an accepted encryption")
    sizes = GCM | _CBC
    for key in _keys(encrypted, private_keys):
        if len(key) == sizes[str(algorithm)]:
            try:
                return _opened(key, _cipher(data), gcm=algorithm in GCM)
            except (InvalidTag, ValueError):
                continue
    raise Unfit("for another key")


def _opened(key: bytes, sealed: bytes, *, gcm: bool) -> bytes:
    if gcm:
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise Unfit("too short")
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    if len(sealed) < _IV_BYTES + _BLOCK_BYTES or len(sealed) % _BLOCK_BYTES:
        raise Unfit("no whole blocks")
    decryptor = Cipher(AES(key), CBC(sealed[:_IV_BYTES])).decryptor()
    padded = decryptor.update(sealed[_IV_BYTES:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= _BLOCK_BYTES:
        raise Unfit("no padding")
    return padded[: -padded[-1]]


def _keys(encrypted: etree._Element, private_keys: tuple[bytes, ...]) -> Iterator[bytes]:
    """The keys that any of ours unwraps."""
    wrapped = list(encrypted.iter(f"{XENC}EncryptedKey"))
    if len(wrapped) > MOST_KEYS:
        raise Unfit("too many keys")
    # They were checked when they came in, which takes forty times as long as all the rest.
    ours = [load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True) for pem in private_keys]
    for each in wrapped:
        padding, sealed = _padding(each), _cipher(each)
        for key in ours:
            if isinstance(key, RSAPrivateKey):
                try:
                    yield key.decrypt(sealed, padding)
                except ValueError:
                    continue


def _padding(wrapped: etree._Element) -> OAEP:
    method = wrapped.find(f"{XENC}EncryptionMethod")
    if (
        method is None
        or method.get("Algorithm") not in {OAEP_SHA1, _OAEP}
        or method.find(f"{XENC}OAEPparams") is not None
    ):
        raise Unfit("a key that is wrapped in another way")
    digest, mask = method.find(f"{DS}DigestMethod"), method.find(f"{XENC11}MGF")
    hashed = _DIGESTS.get(None if digest is None else digest.get("Algorithm"))
    masked = _MASKS.get(None if mask is None else mask.get("Algorithm"))
    if hashed is None or masked is None or (method.get("Algorithm") == OAEP_SHA1 and mask is not None):
        raise Unfit("a hash that is not accepted")
    return OAEP(MGF1(masked()), hashed(), None)


def _algorithm(data: etree._Element) -> str | None:
    method = data.find(f"{XENC}EncryptionMethod")
    return None if method is None else method.get("Algorithm")


def _cipher(element: etree._Element) -> bytes:
    value = element.find(f"{XENC}CipherData/{XENC}CipherValue")
    if value is None or not value.text or len(value):
        raise Unfit("no ciphertext")
    try:
        return b64decode("".join(value.text.split()), validate=True)
    except binascii.Error:
        raise Unfit("no base64") from None
