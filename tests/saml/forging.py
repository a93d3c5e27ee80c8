"""Forgeries: what somebody makes of genuine responses who has none of the keys, and would like to be somebody else.

Each family takes chance and gives a document that says something the provider did not say, or says it in a form that is
not accepted. Every one of them must be refused.
"""

import base64
import copy
import random
import re
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from tests.saml.idp import (
    DS,
    EXCLUSIVE,
    PLACE,
    SAML,
    SAMLP,
    Encrypting,
    OldAlgorithms,
    assertion,
    response,
)
from tests.saml.wrapping import EVIL, D, P, S, Wrapper

SIGNS = ("assertion", "response", "both")


class Forger(Wrapper):
    """Makes forgeries of the provider's responses, for whoever reads encrypted ones; `say` is what they say."""

    def __init__(self, idp, stranger, reader, say, chance: random.Random):
        super().__init__({sign: [idp.made(say(), sign) for _ in range(4)] for sign in SIGNS}, chance)
        self.idp, self.stranger, self.reader, self.say = idp, stranger, reader, say

    # Altered: the signature stays, the text does not.

    def altered(self):
        """One value that is signed, changed; or one that is left out, doubled or moved."""
        root = self.genuine()
        signed = root if root.find(f"{D}Signature") is not None else root.find(f"{S}Assertion")
        inside = [node for node in signed.iter() if not self._in_signature(node)]
        return self.text(self.chance.choice((self._retold, self._without, self._doubled))(root, inside))

    def _retold(self, root, inside):
        said = [node for node in inside if (node.text or "").strip()]
        if self.chance.random() < 0.6:
            node = self.chance.choice(said)
            node.text = self._other(node.text)
        else:
            node = self.chance.choice([each for each in inside if each.attrib])
            name = self.chance.choice(list(node.attrib))
            node.set(name, self._other(node.get(name)))
        return root

    def _other(self, text):
        at = self.chance.randrange(len(text))
        new = self.chance.choice([c for c in "abyz019.:-_" if c != text[at]])
        return text[:at] + self.chance.choice((new, new + text[at], "")) + text[at + 1 :]

    def _without(self, root, inside):
        node = self.chance.choice(
            [each for each in inside if each.getparent() is not None and each.tag != f"{S}Assertion"]
        )
        node.getparent().remove(node)
        return root

    def _doubled(self, root, inside):
        node = self.chance.choice([each for each in inside if each.getparent() is not None])
        node.addnext(copy.deepcopy(node))
        return root

    def _in_signature(self, node):
        return node.tag.startswith(D) or any(each.tag.startswith(D) for each in node.iterancestors())

    def rehashed(self):
        """Altered, with the digest made right again and the signature left as it was."""
        text = self.idp.made(self.say(subject=EVIL), "assertion", key=self.stranger.key)
        root, old = etree.fromstring(text), self.genuine("assertion")
        old.find(f".//{D}SignatureValue")
        root.find(f".//{D}SignatureValue").text = old.find(f".//{D}SignatureValue").text
        return self.text(root)

    def borrowed(self):
        """A signature of another document of the same provider, moved here, with its id or without."""
        root, other = self.genuine("assertion"), self.genuine("assertion")
        mine = etree.fromstring(response(self.say(subject=EVIL), assertion(self.say(subject=EVIL), place=False)))
        made = mine.find(f"{S}Assertion")
        if self.chance.random() < 0.5:
            made.set("ID", other.find(f"{S}Assertion").get("ID"))
        made.insert(1, other.find(f"{S}Assertion/{D}Signature"))
        if self.chance.random() < 0.5:
            root.replace(root.find(f"{S}Assertion"), made)
            return self.text(root)
        return self.text(mine)

    def unsigned(self):
        """Without a signature, or with an empty one."""
        inner = assertion(self.say(subject=EVIL), place=False)
        empty = self.chance.choice(("", f'<ds:Signature xmlns:ds="{DS}"/>', PLACE))
        return response(self.say(), inner.replace("<saml:Subject>", f"{empty}<saml:Subject>", 1)).encode()

    # Keys: signed well, by somebody else.

    def strange_key(self):
        """A stranger's key, with whatever the document says of it."""
        how = self.chance.choice(({}, {"cert": None}, {"cert": self.idp.certificate, "always_add_key_value": True}))
        how = {"cert": self.stranger.certificate, **how} if how.get("cert", "") is not None else {"cert": None}
        text = self.idp.made(
            self.say(subject=EVIL), self.chance.choice(("assertion", "response")), key=self.stranger.key, **how
        )
        return text.encode()

    def hashed_with_the_certificate(self):
        """HMAC under what everybody knows: the certificate or the public key."""
        public = self.idp.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        secret = self.chance.choice((public, self.idp.der, self.idp.certificate.encode(), b""))
        method = self.chance.choice(
            (SignatureMethod.HMAC_SHA256, SignatureMethod.HMAC_SHA512, SignatureMethod.HMAC_SHA1)
        )
        signer = OldAlgorithms(SignatureConstructionMethod.enveloped, method, DigestAlgorithm.SHA256, EXCLUSIVE)
        inner = etree.fromstring(assertion(self.say(subject=EVIL)))
        made = signer.sign(inner, key=secret or b"x", reference_uri=inner.get("ID"), id_attribute="ID")
        return response(self.say(), etree.tostring(made).decode()).encode()

    # Algorithms and forms: the provider's own key, in a way that is not accepted.

    def downgraded(self):
        """The provider's key with an algorithm that is broken or not accepted."""
        sha1 = (SignatureMethod.RSA_SHA1, SignatureMethod.RSA_SHA224, SignatureMethod.SHA256_RSA_MGF1)
        how = self.chance.choice(
            (
                *({"method": method} for method in sha1),
                {"digest": DigestAlgorithm.SHA1},
                {"digest": DigestAlgorithm.SHA224},
                *({"c14n": method} for method in CanonicalizationMethod if method != EXCLUSIVE),
            )
        )
        return self.idp.made(self.say(), self.chance.choice(("assertion", "response")), **how).encode()

    def renamed(self):
        """A genuine document whose signature says another algorithm than it was made with."""
        root = self.genuine()
        node = self.chance.choice(
            list(
                root.iter(
                    *(
                        f"{D}{name}"
                        for name in ("SignatureMethod", "DigestMethod", "CanonicalizationMethod", "Transform")
                    )
                )
            )
        )
        others = [
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#sha1",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "http://www.w3.org/2000/09/xmldsig#base64",
            "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            "none",
            "",
        ]
        node.set("Algorithm", self.chance.choice(others))
        return self.text(root)

    def more_in_the_signature(self):
        """More references, transforms, objects, or a second signature."""
        root = self.genuine()
        signature = self.chance.choice(list(root.iter(f"{D}Signature")))
        info, reference = signature.find(f"{D}SignedInfo"), signature.find(f"{D}SignedInfo/{D}Reference")
        transforms = reference.find(f"{D}Transforms")
        extra = etree.Element(
            f"{D}Transform",
            Algorithm=self.chance.choice(("http://www.w3.org/TR/1999/REC-xpath-19991116", EXCLUSIVE.value)),
        )
        xpath = etree.SubElement(extra, f"{D}XPath")
        xpath.text = "not(ancestor-or-self::*[local-name()='NameID'])"
        steps = (
            lambda: info.append(copy.deepcopy(reference)),
            lambda: transforms.insert(self.chance.randint(0, 2), extra),
            lambda: transforms.remove(transforms[self.chance.randint(0, 1)]),
            lambda: reference.remove(transforms),
            lambda: reference.set(
                "URI", self.chance.choice(("", "#", "#x", "#xpointer(/)", "file:///etc/passwd", "http://a.example/"))
            ),
            lambda: reference.attrib.pop("URI"),
            lambda: signature.append(etree.Element(f"{D}Object")),
            lambda: signature.addnext(copy.deepcopy(signature)),
            lambda: signature.getparent().append(copy.deepcopy(signature)),
            lambda: signature.remove(signature.find(f"{D}SignatureValue")),
            lambda: etree.SubElement(info.find(f"{D}SignatureMethod"), f"{D}HMACOutputLength"),
            lambda: signature.insert(0, copy.deepcopy(info)),
            lambda: etree.SubElement(signature.find(f"{D}SignatureValue"), f"{D}X"),
        )
        self.chance.choice(steps)()
        return self.text(root)

    # Text: two readings of one document.

    def commented(self):
        """Comments and processing instructions, which canonicalisation drops or parsers skip."""
        text = self.genuine()
        values = [
            node for node in text.iter(f"{S}NameID", f"{S}AttributeValue", f"{S}Audience", f"{S}Issuer") if node.text
        ]
        node = self.chance.choice(values)
        at = self.chance.randint(0, len(node.text))
        mark = self.chance.choice((etree.Comment("x"), etree.ProcessingInstruction("x", "y")))
        node.text, mark.tail = node.text[:at], node.text[at:]
        node.insert(0, mark)
        return self.text(text)

    def declared(self):
        """A document type: entities inside and outside, growing ones, defaults for attributes."""
        text = etree.tostring(self.genuine()).decode()
        kinds = (
            '<!DOCTYPE r [<!ENTITY e "alice">]>',
            '<!DOCTYPE r SYSTEM "http://a.example/x.dtd">',
            '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
            '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://a.example/p">%p;]>',
            '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;&b;">]>',
            f'<!DOCTYPE r [<!ATTLIST x ID ID #IMPLIED><!ENTITY e "{EVIL}">]>',
            "<!DOCTYPE r>",
        )
        value = self.chance.choice((">alice<", ">&e;<"))
        return (self.chance.choice(kinds) + text.replace(">alice<", value)).encode()

    def encoded(self):
        """Another encoding than UTF-8, or two that disagree."""
        text = etree.tostring(self.genuine()).decode()
        name = self.chance.choice(("utf-16", "utf-7", "utf-32", "iso-8859-1", "cp037", "utf-16-le"))
        declared = self.chance.choice((f'<?xml version="1.0" encoding="{name}"?>', ""))
        made = (declared + text).encode(name if name != "iso-8859-1" else "utf-8")
        return made if declared or name not in {"utf-7", "iso-8859-1"} else made + b"\xff"

    def renamed_spaces(self):
        """Look-alikes: the same local names in other namespaces, versions and spellings."""
        text = etree.tostring(self.genuine()).decode()
        changes = (
            (SAML, "urn:oasis:names:tc:SAML:1.0:assertion"),
            (SAML, SAML + ":"),
            (SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol"),
            (DS, DS.rstrip("#")),
            (DS, "http://www.w3.org/2000/09/xmldsig11#"),
            ('Version="2.0"', 'Version="1.1"'),
            ("saml:Assertion", "saml:assertion"),
            ("samlp:Response", "samlp:ArtifactResponse"),
        )
        return text.replace(*self.chance.choice(changes)).encode()

    def same_ids(self):
        """An id that comes twice, spelt as any parser may take for an id."""
        root = self.genuine()
        signed = root if root.find(f"{D}Signature") is not None else root.find(f"{S}Assertion")
        spelling = self.chance.choice(("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"))
        node = self.chance.choice([each for each in root.iter() if each is not signed])
        node.set(spelling, signed.get("ID"))
        return self.text(root)

    # Encryption.

    def sealed(self):
        """Encrypted for us by anybody: what nobody signed, or a stranger; or a genuine ciphertext that was bent."""
        inner = assertion(self.say(subject=EVIL), place=False)
        by_stranger = self.stranger.sign(assertion(self.say(subject=EVIL)))
        genuine = self.idp.sign(assertion(self.say()))
        mode, wrap = self.chance.choice(("gcm", "cbc")), self.chance.choice(("oaep", "oaep11", "pkcs1"))
        kind = self.chance.choice(("unsigned", "stranger", "bent", "wrap"))
        if kind == "unsigned":
            text = response(self.say(), Encrypting(self.reader, 128, mode, wrap)(inner))
        elif kind == "stranger":
            text = response(self.say(), Encrypting(self.reader, 256, mode, wrap)(by_stranger))
        elif kind == "wrap":
            text = response(
                self.say(),
                Encrypting(self.reader, 256, *self.chance.choice((("cbc", "oaep"), ("gcm", "pkcs1"))))(genuine),
            )
        else:
            text = self._bent(response(self.say(), Encrypting(self.reader, 256, "gcm")(genuine)))
        return text.encode()

    def _bent(self, text):
        found = self.chance.choice(list(re.finditer("<xenc:CipherValue>([^<]*)<", text)))
        raw = bytearray(base64.b64decode(found[1]))
        raw[self.chance.randrange(len(raw))] ^= 1 << self.chance.randrange(8)
        return text[: found.start(1)] + base64.b64encode(raw).decode() + text[found.end(1) :]

    def grown(self):
        """Too deep, too many, too long."""
        root = self.genuine()
        kind = self.chance.choice(("deep", "wide", "attributes", "long"))
        place = self.chance.choice(list(root.iter(f"{P}Status", f"{S}Issuer")))
        if kind == "deep":
            for _ in range(40):
                place = etree.SubElement(place, "x")
        elif kind == "wide":
            place.extend(etree.Element("x") for _ in range(2001))
        elif kind == "attributes":
            place.extend(etree.Element("x", {f"a{n}": "" for n in range(50)}) for _ in range(81))
        else:
            place.text = "x" * 80_000
        return self.text(root)


FAMILIES: dict[str, Callable[[Forger], bytes]] = {
    name: getattr(Forger, name)
    for name in (
        "classic",
        "wrapped_anywhere",
        "altered",
        "rehashed",
        "borrowed",
        "unsigned",
        "strange_key",
        "hashed_with_the_certificate",
        "downgraded",
        "renamed",
        "more_in_the_signature",
        "commented",
        "declared",
        "encoded",
        "renamed_spaces",
        "same_ids",
        "sealed",
        "grown",
    )
}
