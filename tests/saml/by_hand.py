"""A signer of its own, over lxml's canonical form and cryptography: so that signxml is not held against itself alone.

It also makes what signxml's signer cannot: exclusive canonicalisation with a list of prefixes.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from lxml import etree
from tests.saml.idp import DS

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def canonical(element, prefixes):
    return etree.tostring(element, method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes)


def digested(data):
    digest = Hash(SHA256())
    digest.update(data)
    return base64.b64encode(digest.finalize()).decode()


def sign(text, key, prefixes=()):
    """The document with each element signed, in its place, that has a placeholder; and no word of the key."""
    root = etree.fromstring(text)
    for place in reversed(list(root.iter(f"{{{DS}}}Signature"))):  # what is within is signed first
        if place.get("Id") == "placeholder":
            _sign(place, key, list(prefixes))
    return etree.tostring(root).decode()


def _sign(place, key, prefixes):
    element = place.getparent()
    at = element.index(place)
    element.remove(place)
    digest = digested(canonical(element, prefixes))
    kind = "ecdsa-sha256" if isinstance(key, EllipticCurvePrivateKey) else "rsa-sha256"
    inclusive = (
        f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{" ".join(prefixes)}"/>' if prefixes else ""
    )
    signature = etree.fromstring(
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{kind}"/>'
        f'<ds:Reference URI="#{element.get("ID")}"><ds:Transforms>'
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}">{inclusive}</ds:Transform></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        "<ds:SignatureValue/></ds:Signature>"
    )
    element.insert(at, signature)
    info, value = signature
    value.text = base64.b64encode(signed(key, canonical(info, []))).decode()


def signed(key, data):
    if not isinstance(key, EllipticCurvePrivateKey):
        return key.sign(data, PKCS1v15(), SHA256())
    size = (key.key_size + 7) // 8
    return b"".join(part.to_bytes(size) for part in decode_dss_signature(key.sign(data, ECDSA(SHA256()))))
