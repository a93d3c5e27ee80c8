"""The document: bytes of a stranger to a tree, with bounds, and the one form that a response may have.

It is looked at twice. Expat reads it from front to back, builds nothing, and refuses what could cost or mislead: a
document type (so there are no entities, none that grows and none that fetches), comments and processing instructions
(which canonicalisation takes away, so that a signed text reads in two ways), an id that comes twice. Then lxml builds
the tree, without network, DTD or entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

LONGEST_BYTES = 75_000
"""A response in bytes; the model's bound of 100,000 characters of base64 says the same."""

DEEPEST = 32
MOST_ELEMENTS = 2000
MOST_ATTRIBUTES = 4000
MOST_NAMESPACES = 1000
"""Declarations; what is done for a signature grows with their square, if they stand in one place."""

SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"

_RESPONSE_PARTS = {
    f"{SAML}Issuer",
    f"{DS}Signature",
    f"{SAMLP}Extensions",
    f"{SAMLP}Status",
    f"{SAML}Assertion",
    f"{SAML}EncryptedAssertion",
}
_PRINCIPAL_PARTS = {"Response": SAMLP, "Assertion": SAML, "EncryptedAssertion": SAML, "Signature": DS}
"""Local names that stand in one namespace only: look-alikes in others are refused, not skipped."""


class Unfit(Exception):
    """A document that is not read further. The words are for tests and the log of a debugger, never for a stranger."""


class Response(NamedTuple):
    """A response and the one assertion in it: plain, or encrypted; neither where the provider reports a failure."""

    root: etree._Element
    assertion: etree._Element | None
    encrypted: etree._Element | None

    @property
    def succeeded(self) -> bool:
        """Whether the provider says that it authenticated somebody."""
        code = self.root.find(f"{SAMLP}Status/{SAMLP}StatusCode")
        return code is not None and code.get("Value") == SUCCESS


@dataclass(slots=True)
class _Scan:
    """What expat has seen so far."""

    depth: int = 0
    elements: int = 0
    attributes: int = 0
    namespaces: int = 0
    ids: set[str] = field(default_factory=set)

    def start(self, _name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        self.attributes += len(attributes)
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS or self.attributes > MOST_ATTRIBUTES:
            raise Unfit("too deep or too many")
        for name, value in attributes.items():
            if name.rpartition(" ")[2].lower() == "id":
                if value in self.ids:
                    raise Unfit("an id twice")
                self.ids.add(value)

    def end(self, _name: str) -> None:
        self.depth -= 1

    def space(self, _prefix: str | None, _uri: str | None) -> None:
        self.namespaces += 1
        if self.namespaces > MOST_NAMESPACES:
            raise Unfit("too many namespaces")

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0" or (encoding is not None and encoding.lower() not in {"utf-8", "us-ascii"}):
            raise Unfit("another version or encoding than 1.0 in UTF-8")

    def refuse(self, *_: object) -> None:
        raise Unfit("a document type, comment or processing instruction")


def parse(sent: bytes) -> etree._Element:
    """The root of a document. Raises Unfit."""
    if len(sent) > LONGEST_BYTES:
        raise Unfit("too long")
    _scan(sent)
    try:
        root = etree.fromstring(sent, parser=parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unfit(str(error)) from None
    if not all(isinstance(node.tag, str) for node in root.iter()):
        raise Unfit("a node that is no element")
    return root


def parser() -> etree.XMLParser:
    """A parser that fetches nothing, declares nothing and expands nothing."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=False,
        remove_pis=False,
    )


def _scan(sent: bytes) -> None:
    scan, reader = _Scan(), expat.ParserCreate("utf-8", " ")
    reader.StartElementHandler, reader.EndElementHandler = scan.start, scan.end
    reader.XmlDeclHandler, reader.StartNamespaceDeclHandler = scan.declaration, scan.space
    reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = scan.refuse
    reader.CommentHandler = reader.ProcessingInstructionHandler = scan.refuse
    try:
        sent.decode()
        reader.Parse(sent, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise Unfit(str(error)) from None


def response(root: etree._Element) -> Response:
    """The parts of a response, each where it belongs and nowhere else. Raises Unfit."""
    if root.tag != f"{SAMLP}Response" or root.get("Version") != "2.0":
        raise Unfit("no response")
    parts = [child.tag for child in root]
    if not set(parts) <= _RESPONSE_PARTS or len(set(parts)) < len(parts):
        raise Unfit("parts that do not belong, or come twice")
    assertion, encrypted = root.find(f"{SAML}Assertion"), root.find(f"{SAML}EncryptedAssertion")
    if assertion is not None and encrypted is not None:
        raise Unfit("two assertions")
    places = {root, assertion}
    for node in root.iter():
        space, _, name = node.tag.rpartition("}")
        home = _PRINCIPAL_PARTS.get(name)
        if home is None:
            continue
        if f"{space}}}" != home:
            raise Unfit(f"{name} of another namespace")
        if name == "Signature":
            if node.getparent() not in places:
                raise Unfit("a signature where none belongs")
        elif node not in (root, assertion, encrypted):
            raise Unfit(f"{name} within")
    return Response(root, assertion, encrypted)


def one_assertion(root: etree._Element) -> etree._Element:
    """The assertion that was encrypted, by itself: no other is within it. Raises Unfit."""
    if root.tag != f"{SAML}Assertion":
        raise Unfit("no assertion")
    for node in root.iter():
        space, _, name = node.tag.rpartition("}")
        home = _PRINCIPAL_PARTS.get(name)
        if (
            home is not None
            and node is not root
            and (f"{space}}}{name}" != f"{DS}Signature" or node.getparent() is not root)
        ):
            raise Unfit(f"{name} within")
    return root
