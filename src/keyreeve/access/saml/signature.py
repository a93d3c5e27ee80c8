"""Signatures: one shape, few algorithms, and the keys that are registered; nothing that a document says of its keys.

The shape is that of SAML Core, section 5.4: one reference, to the element that holds the signature, by its id, with the
enveloped-signature and exclusive-canonicalisation transforms. It is checked before anything is computed. What signxml
then gives back is the canonical text that was hashed, parsed again; only that is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from keyreeve.access.saml.document import DS, Unfit, parser

METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})

SMALLEST_RSA_BITS = 2048

MOST_PREFIXES = 16
"""Prefixes in the list of an exclusive canonicalisation; each is looked for at every element."""

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII).fullmatch
_INCLUSIVE_NAMESPACES = f"{{{EXCLUSIVE}}}InclusiveNamespaces"


class NotSigned(Exception):
    """No registered key signed the element, or not in the one way that is accepted."""


def is_signed(element: etree._Element) -> bool:
    """Whether an element holds a signature of itself, good or bad."""
    return element.find(f"{DS}Signature") is not None


def verified(element: etree._Element, certificates: tuple[bytes, ...]) -> etree._Element:
    """The element as one of the certificates' keys signed it, without the signature. Raises NotSigned, Unfit.

    It is taken out of its document first, with the namespaces that it sees there, so that nothing around it can matter.
    """
    alone = etree.fromstring(etree.tostring(element, with_tail=False), parser=parser())
    signature = alone.find(f"{DS}Signature")
    if signature is None:
        raise NotSigned("no signature")
    identifier = alone.get("ID")
    _check_form(signature, identifier)
    told = signature.find(f"{DS}KeyInfo")
    if told is not None:
        signature.remove(told)
    for certificate in _usable(certificates):
        signed = _signed_by(certificate, alone)
        if signed is not None:
            if signed.tag != alone.tag or signed.get("ID") != identifier:
                raise NotSigned("something else is signed")
            return signed
    raise NotSigned("by no registered key")


def _check_form(signature: etree._Element, identifier: str | None) -> None:
    """Raises Unfit for every other shape than SAML's."""
    info = _children(signature, "SignedInfo", "SignatureValue", optional="KeyInfo")[0]
    method, algorithm, reference = _children(info, "CanonicalizationMethod", "SignatureMethod", "Reference")
    transforms, digest, value = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    if not _IDENTIFIER(identifier or "") or reference.get("URI") != f"#{identifier}":
        raise Unfit("a reference to something else")
    if [each.get("Algorithm") for each in transforms] != [ENVELOPED, EXCLUSIVE] or len(transforms[0]):
        raise Unfit("other transforms")
    if any(each.tag != f"{DS}Transform" for each in transforms) or method.get("Algorithm") != EXCLUSIVE:
        raise Unfit("another canonicalisation")
    if not _only_prefixes(transforms[1]) or not _only_prefixes(method):
        raise Unfit("transforms with more in them")
    if len(algorithm) or len(digest) or len(value):
        raise Unfit("algorithms with more in them")
    for each, known in ((algorithm, METHODS), (digest, DIGESTS)):
        if each.get("Algorithm") not in {one.value for one in known}:
            raise Unfit("an algorithm that is not accepted")


def _only_prefixes(canonicalisation: etree._Element) -> bool:
    """Whether a canonicalisation says nothing further, or a short list of prefixes."""
    told = list(canonicalisation)
    if not told:
        return True
    prefixes = told[0].get("PrefixList", "").split()
    return len(told) == 1 and told[0].tag == _INCLUSIVE_NAMESPACES and len(prefixes) <= MOST_PREFIXES


def _children(parent: etree._Element, *names: str, optional: str = "") -> list[etree._Element]:
    found = list(parent)
    wanted = [f"{DS}{name}" for name in names]
    tags = [child.tag for child in found]
    if tags != wanted and not (optional and tags == [*wanted, f"{DS}{optional}"]):
        raise Unfit("a signature of another shape")
    if not all((child.text or "").strip() or len(child) or child.get("Algorithm") for child in found):
        raise Unfit("an empty part of a signature")
    return found


def _usable(certificates: tuple[bytes, ...]) -> Iterator[x509.Certificate]:
    """The certificates whose keys may sign. As on AWS, their dates say nothing: a provider is trusted until changed."""
    for der in certificates:
        certificate = x509.load_der_x509_certificate(der)
        try:
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        if (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_BITS) or isinstance(
            key, ec.EllipticCurvePublicKey
        ):
            yield certificate


def _signed_by(certificate: x509.Certificate, alone: etree._Element) -> etree._Element | None:
    """What the certificate's key signed; None if it did not."""
    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        found = XMLVerifier().verify(
            alone, x509_cert=certificate, parser=parser(), id_attribute="ID", expect_config=config
        )
    except (SignXMLException, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, etree.LxmlError):
        return None
    return None if isinstance(found, list) else found.signed_xml
