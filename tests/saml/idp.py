"""An identity provider of our own: it signs and encrypts in every way that is accepted, and in some that are not."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

import pki

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
SIGN_IN = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
PLACE = f'<ds:Signature xmlns:ds="{DS}" Id="placeholder"/>'
XENC, XENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"


class OldAlgorithms(XMLSigner):
    """A signer that also makes what is no longer accepted."""

    def check_deprecated_methods(self):
        """Let SHA-1 pass: forgeries are made with it."""


@dataclass
class Say:
    """What an assertion says. Times are seconds from now; None leaves the part out."""

    subject: str = "alice"
    format: str | None = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    recipient: str | None = SIGN_IN
    destination: str | None = SIGN_IN
    audiences: tuple[str, ...] = (SIGN_IN,)
    issuer: str = "https://idp.example.org/saml"
    issued: float = -1
    not_before: float | None = -30
    not_on_or_after: float | None = 300
    confirmation_ends: float | None = 300
    session_ends: float | None = 28800
    roles: tuple[str, ...] = ()
    session_name: str | None = "alice@example.org"
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: str = ""
    more: str = ""
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def at(self, seconds):
        return f"{self.now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def identifier():
    return f"_{secrets.token_hex(16)}"


def assertion(say, name=None, place=True):
    """An assertion that waits for its signature, as text."""
    name = name or identifier()
    values = {
        f"{ATTRIBUTES}Role": say.roles,
        **{f"{ATTRIBUTES}{k}" if ":" not in k[:5] else k: v for k, v in say.attributes.items()},
    }
    if say.session_name is not None:
        values[f"{ATTRIBUTES}RoleSessionName"] = (say.session_name,)
    attributes = "".join(
        f"<saml:Attribute Name={quoteattr(key)}>"
        + "".join(f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>" for value in each)
        + "</saml:Attribute>"
        for key, each in values.items()
        if each
    )
    confirmation = _when(say, NotOnOrAfter=say.confirmation_ends) + (
        f" Recipient={quoteattr(say.recipient)}" if say.recipient is not None else ""
    )
    audiences = "".join(f"<saml:Audience>{escape(each)}</saml:Audience>" for each in say.audiences)
    return (
        f'<saml:Assertion xmlns:saml="{SAML}" ID="{name}" Version="2.0" IssueInstant="{say.at(say.issued)}">'
        f"<saml:Issuer>{escape(say.issuer)}</saml:Issuer>{PLACE if place else ''}<saml:Subject>"
        f"<saml:NameID{f' Format={quoteattr(say.format)}' if say.format else ''}>{escape(say.subject)}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f"<saml:SubjectConfirmationData{confirmation}/></saml:SubjectConfirmation></saml:Subject>"
        f"<saml:Conditions{_when(say, NotBefore=say.not_before, NotOnOrAfter=say.not_on_or_after)}>"
        + (f"<saml:AudienceRestriction>{audiences}</saml:AudienceRestriction>" if audiences else "")
        + f"{say.conditions}</saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{say.at(say.issued)}"{_when(say, SessionNotOnOrAfter=say.session_ends)}>'
        "<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement>{say.more}</saml:Assertion>"
    )


def _when(say, **times):
    return "".join(f' {name}="{say.at(at)}"' for name, at in times.items() if at is not None)


def response(say, inner, name=None, place=False):
    """A response around an assertion, or around what stands for one."""
    destination = "" if say.destination is None else f" Destination={quoteattr(say.destination)}"
    return (
        f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{name or identifier()}" Version="2.0" '
        f'IssueInstant="{say.at(say.issued)}"{destination}><saml:Issuer>{escape(say.issuer)}</saml:Issuer>'
        f"{PLACE if place else ''}"
        f'<samlp:Status><samlp:StatusCode Value="{say.status}"/></samlp:Status>{inner}</samlp:Response>'
    )


@dataclass(frozen=True)
class Idp:
    """A provider with a key. `kind` is rsa or ec, `name` tells keys apart."""

    name: str = "first"
    kind: str = "rsa"

    @property
    def key(self):
        return pki.rsa_key(f"saml {self.name}") if self.kind == "rsa" else pki.ec_key(f"saml {self.name}")

    @property
    def certificate(self):
        return _certificate(self)

    @property
    def der(self):
        return x509.load_pem_x509_certificate(self.certificate.encode()).public_bytes(Encoding.DER)

    def sign(self, text, method=None, digest=DigestAlgorithm.SHA256, c14n=EXCLUSIVE, key=None, **more):
        """The document with its element signed where the placeholder is."""
        root = etree.fromstring(text)
        method = method or (SignatureMethod.RSA_SHA256 if self.kind == "rsa" else SignatureMethod.ECDSA_SHA256)
        signer = OldAlgorithms(SignatureConstructionMethod.enveloped, method, digest, c14n)
        uri = more.pop("reference_uri", root.get("ID"))
        cert = more.pop("cert", self.certificate)
        signed = signer.sign(root, key=key or self.key, cert=cert, reference_uri=uri, id_attribute="ID", **more)
        return etree.tostring(signed).decode()

    def made(self, say=None, sign="assertion", encrypt=None, **how):
        """A response as text. `sign`: assertion, response or both; `encrypt`: what makes an EncryptedAssertion."""
        say = say or Say()
        inner = assertion(say, place=sign != "response")
        if sign != "response":
            inner = self.sign(inner, **how)
        if encrypt is not None:
            inner = encrypt(inner)
        whole = response(say, inner, place=sign != "assertion")
        return whole if sign == "assertion" else self.sign(whole, **how)

    def metadata(self, *others, entity_id="https://idp.example.org/saml", valid_until=None):
        """A metadata document with the provider's certificate, and those of others for a roll-over."""
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
            f"{base64.b64encode(each.der).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for each in (self, *others)
        )
        until = "" if valid_until is None else f' validUntil="{valid_until:%Y-%m-%dT%H:%M:%SZ}"'
        return (
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
            f'xmlns:ds="{DS}" entityID="{entity_id}"{until}>'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}'
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
            'Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        ).ljust(1000)


@cache
def _certificate(idp):
    return pki.certificate(idp.key, subject=f"{idp.name}.example")


def sent(text):
    """A response as it is sent."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@dataclass(frozen=True)
class Encrypting:
    """Makes an EncryptedAssertion for the holder of a private key."""

    key: object
    bits: int = 256
    mode: str = "gcm"
    wrap: str = "oaep"
    beside: bool = False

    def __call__(self, text):
        content = secrets.token_bytes(self.bits // 8)
        sealed = self._sealed(content, text.encode())
        namespace = XENC11 if self.mode == "gcm" else XENC
        key = (
            f'<xenc:EncryptedKey xmlns:xenc="{XENC}">{self._method()}<xenc:CipherData><xenc:CipherValue>'
            f"{base64.b64encode(self._wrapped(content)).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"
        )
        info = "" if self.beside else f'<ds:KeyInfo xmlns:ds="{DS}">{key}</ds:KeyInfo>'
        return (
            f'<saml:EncryptedAssertion xmlns:saml="{SAML}"><xenc:EncryptedData xmlns:xenc="{XENC}" '
            f'Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{namespace}aes{self.bits}-{self.mode}"/>{info}'
            f"<xenc:CipherData><xenc:CipherValue>{base64.b64encode(sealed).decode()}</xenc:CipherValue></xenc:CipherData>"
            f"</xenc:EncryptedData>{key if self.beside else ''}</saml:EncryptedAssertion>"
        )

    def _sealed(self, key, plain):
        if self.mode == "gcm":
            nonce = secrets.token_bytes(12)
            return nonce + AESGCM(key).encrypt(nonce, plain, None)
        vector, size = secrets.token_bytes(16), 16 - len(plain) % 16
        encryptor = Cipher(AES(key), CBC(vector)).encryptor()
        return vector + encryptor.update(plain + secrets.token_bytes(size - 1) + bytes([size])) + encryptor.finalize()

    def _wrapped(self, content):
        paddings = {
            "oaep": OAEP(MGF1(SHA1()), SHA1(), None),  # noqa: S303  what most providers wrap keys with
            "oaep11": OAEP(MGF1(SHA256()), SHA256(), None),
            "pkcs1": PKCS1v15(),
        }
        return self.key.public_key().encrypt(content, paddings[self.wrap])

    def _method(self):
        if self.wrap == "pkcs1":
            return f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-1_5"/>'
        if self.wrap == "oaep":
            return (
                f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-oaep-mgf1p">'
                f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{DS}sha1"/></xenc:EncryptionMethod>'
            )
        return (
            f'<xenc:EncryptionMethod Algorithm="{XENC11}rsa-oaep">'
            f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{XENC}sha256"/>'
            f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{XENC11}mgf1sha256"/></xenc:EncryptionMethod>'
        )
