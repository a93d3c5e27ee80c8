"""SAML metadata: what an identity provider says of itself (OASIS, "Metadata for SAML 2.0", sections 2.3 and 2.4).

The document comes from whoever may make a provider, and is read once, from front to back. A document type declaration
ends the reading: without one there are no entities, so none that grows and none that fetches.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_ENTITY = f"{_METADATA} EntityDescriptor"
_IDENTITY_PROVIDER = f"{_METADATA} IDPSSODescriptor"
_KEY = f"{_METADATA} KeyDescriptor"
_CERTIFICATE = "http://www.w3.org/2000/09/xmldsig# X509Certificate"
_KEY_PATH = [_ENTITY, _IDENTITY_PROVIDER, _KEY]


class _NotMetadata(Exception):
    """What is well-formed, but no identity provider's metadata."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """An identity provider: its entity id, the end of its metadata's validity, its signing certificates (DER)."""

    entity_id: str
    valid_until: datetime | None
    signing_certificates: tuple[bytes, ...]


@dataclass(slots=True)
class _Reader:
    """Reads the elements as they come."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    signs: bool = False
    text: list[str] | None = None
    certificates: list[bytes] = field(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.path.append(name)
        if self.path == [_ENTITY]:
            self.attributes = attributes
        elif self.path[0] != _ENTITY:
            raise _NotMetadata
        elif self.path == _KEY_PATH:
            self.signs = attributes.get("use", "signing") == "signing"  # without a use it is for both
        elif name == _CERTIFICATE and self.signs and self.path[:3] == _KEY_PATH:
            self.text = []

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, _name: str) -> None:
        if self.path.pop() == _CERTIFICATE and self.text is not None:
            self.certificates.append(_certificate("".join(self.text)))
            self.text = None

    def refuse(self, *_: object) -> None:
        raise _NotMetadata


def read(text: str) -> Metadata | None:
    """The metadata that a document holds; None if it holds no identity provider with a signing certificate."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.data, reader.refuse
    try:
        parser.Parse(text, True)
        until = reader.attributes.get("validUntil")
        entity_id, valid_until = reader.attributes.get("entityID"), None if until is None else _moment(until)
    except (expat.ExpatError, _NotMetadata, ValueError, OverflowError, UnsupportedAlgorithm):
        return None
    if not entity_id or not reader.certificates:
        return None
    return Metadata(entity_id, valid_until, tuple(reader.certificates))


def _certificate(text: str) -> bytes:
    """A certificate's DER; ValueError for what is none."""
    try:
        der = b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError from error
    x509.load_der_x509_certificate(der)
    return der


def _moment(text: str) -> datetime:
    """An xs:dateTime in whole seconds of UTC; ValueError for what is none."""
    moment = datetime.fromisoformat(text.strip())
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0)
