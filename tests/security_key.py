"""A security key made of software: what a person touches, and the browser between it and a page."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pki import certificate

PRESENT, MADE = 0x01, 0x40
AAGUID = bytes(range(16))
ORIGIN = "https://iam.example"


def plain(data):
    """Base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text):
    return urlsafe_b64decode(text + "===")


@dataclass
class Browser:
    """What a browser adds: the page that asked, as the client data says it, and the party that it lets a key see."""

    origin: str = ORIGIN
    more: dict = field(default_factory=dict)
    party: str | None = None

    def client_data(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, **self.more}).encode()


FOREIGN = (
    Browser("https://evil.example"),
    Browser("http://iam.example"),
    Browser("https://iam.example:8443"),
    Browser("https://iam.example/"),
    Browser("https://sub.iam.example"),
    Browser("https://iam.example.evil.example"),
    Browser(more={"crossOrigin": True}),
    Browser(party="evil.example"),
    Browser(party="example"),
)
"""Pages and parties that a key can be shown to and that are not ours."""


class SecurityKey:
    """A key with one credential, and a counter that rises with each touch by `step`."""

    def __init__(self, algorithm=-7, *, attestation="none", step=1, maker=None):
        self.algorithm, self.attestation, self.step, self.maker = algorithm, attestation, step, maker
        self.private = ec.generate_private_key(ec.SECP256R1()) if algorithm == -7 else None
        self.private = self.private or ed25519.Ed25519PrivateKey.generate()
        self.credential_id, self.count = secrets.token_bytes(32), 0

    def sign(self, data):
        if self.algorithm == -7:
            return self.private.sign(data, ec.ECDSA(SHA256()))
        return self.private.sign(data)

    def cose(self):
        """The public key as COSE (RFC 9053)."""
        if self.algorithm == -7:
            numbers = self.private.public_key().public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        return {1: 1, 3: -8, -1: 6, -2: self.private.public_key().public_bytes_raw()}

    def head(self, party, flags):
        """The authenticator data's beginning; the counter rises."""
        self.count += self.step
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def create(self, options, browser=None):
        """What `navigator.credentials.create` gives, as JSON."""
        options, browser = json.loads(options), browser or Browser()
        self.handle = options["user"]["id"]
        assert self.algorithm in [each["alg"] for each in options["pubKeyCredParams"]]
        client_data = browser.client_data("webauthn.create", options["challenge"])
        made = AAGUID + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(self.cose())
        data = self.head(browser.party or options["rp"]["id"], PRESENT | MADE) + made
        attested = {"fmt": self.format(), "attStmt": self.statement(data, client_data), "authData": data}
        return self.answer(client_data, attestationObject=plain(cbor2.dumps(attested)), transports=["usb", "telepathy"])

    def format(self):
        return "none" if self.attestation == "none" and self.maker is None else "packed"

    def statement(self, data, client_data):
        """None, a signature of the credential itself, or that of a manufacturer's key with its certificate."""
        signed = data + hashlib.sha256(client_data).digest()
        if self.attestation == "self":
            return {"alg": self.algorithm, "sig": self.sign(signed)}
        if self.maker is not None:
            key, chain = self.maker
            return {"alg": -7, "sig": key.sign(signed, ec.ECDSA(SHA256())), "x5c": chain}
        if self.attestation == "made":
            key = ec.generate_private_key(ec.SECP256R1())
            chain = [x509.load_pem_x509_certificate(certificate(key).encode()).public_bytes(Encoding.DER)]
            return {"alg": -7, "sig": key.sign(signed, ec.ECDSA(SHA256())), "x5c": chain}
        return {}

    def get(self, options, browser=None, **changed):
        """What `navigator.credentials.get` gives, as JSON."""
        options, browser = json.loads(options), browser or Browser()
        assert plain(self.credential_id) in [each["id"] for each in options["allowCredentials"]]
        return self.assertion(options, browser, **changed)

    def assertion(self, options, browser, **changed):
        """An assertion whoever asks."""
        client_data = browser.client_data(changed.pop("kind", "webauthn.get"), options["challenge"])
        data = self.head(browser.party or options["rpId"], changed.pop("flags", PRESENT))
        signature = self.sign(data + hashlib.sha256(client_data).digest())
        given = {"authenticatorData": data, "signature": signature, **changed}
        return self.answer(client_data, **{name: plain(value) for name, value in given.items()})

    def answer(self, client_data, **response):
        identifier = plain(self.credential_id)
        response["clientDataJSON"] = plain(client_data)
        return json.dumps(
            {
                "id": identifier,
                "rawId": identifier,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
