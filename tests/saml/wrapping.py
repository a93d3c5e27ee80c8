"""Wrapping: what is signed is still in the document, and something else is where it was.

The eight classic ways are those of "On Breaking SAML: Be Whoever You Want to Be" (Somorovsky and others, 2012).
"""

import copy

from lxml import etree
from tests.saml.idp import DS, SAML, SAMLP, identifier

S, P, D = f"{{{SAML}}}", f"{{{SAMLP}}}", f"{{{DS}}}"
EVIL = "mallory"
WRAPPERS = (f"{D}Object", f"{P}Extensions", f"{S}Advice", f"{S}Subject", f"{S}AttributeValue", "{urn:x}anything")


class Wrapper:
    """Makes wrapped responses. `kept` are genuine ones by what is signed, `chance` says which, how and where."""

    def __init__(self, kept, chance):
        self.kept, self.chance = kept, chance

    def genuine(self, *signs):
        sign = self.chance.choice(signs or tuple(self.kept))
        return etree.fromstring(self.chance.choice(self.kept[sign]))

    def text(self, root):
        return etree.tostring(root)

    def evil(self, original, keep_signature=False):
        """A copy of an element that says another name."""
        made = copy.deepcopy(original)
        if not keep_signature:
            for signature in made.findall(f"{D}Signature"):
                made.remove(signature)
        for name in made.iter(f"{S}NameID"):
            name.text = EVIL
        for value in made.iter(f"{S}AttributeValue"):
            if self.chance.random() < 0.5:
                value.text = (value.text or "") + "x"
        if self.chance.random() < 0.7:
            made.set("ID", identifier())
        return made

    def classic(self):
        """The eight ways of the paper "On Breaking SAML: Be Whoever You Want to Be"."""
        return self.text(getattr(self, f"_xsw{self.chance.randint(1, 8)}")())

    def _response_in(self, place):
        original = self.genuine("response", "both")
        made = self.evil(original)
        signature = copy.deepcopy(original.find(f"{D}Signature"))
        inner = copy.deepcopy(original)
        inner.remove(inner.find(f"{D}Signature"))
        made.insert(1, signature)
        place(made, signature, inner)
        return made

    def _xsw1(self):
        return self._response_in(lambda _made, signature, inner: signature.append(inner))

    def _xsw2(self):
        return self._response_in(lambda made, _signature, inner: made.insert(1, inner))

    def _with(self, place):
        root = self.genuine("assertion", "both")
        original = root.find(f"{S}Assertion")
        place(root, original)
        return root

    def _xsw3(self):
        return self._with(lambda _root, original: original.addprevious(self.evil(original)))

    def _xsw4(self):
        def place(root, original):
            made = self.evil(original)
            root.replace(original, made)
            made.append(original)

        return self._with(place)

    def _xsw5(self):
        def place(root, original):
            made = self.evil(original, keep_signature=True)
            original.remove(original.find(f"{D}Signature"))
            original.addprevious(made)
            root.append(original)

        return self._with(place)

    def _xsw6(self):
        def place(root, original):
            made = self.evil(original, keep_signature=True)
            root.replace(original, made)
            original.remove(original.find(f"{D}Signature"))
            made.find(f"{D}Signature").append(original)

        return self._with(place)

    def _xsw7(self):
        def place(root, original):
            extensions = etree.SubElement(root, f"{P}Extensions")
            extensions.append(self.evil(original))
            root.insert(1, extensions)

        return self._with(place)

    def _xsw8(self):
        def place(root, original):
            made = self.evil(original, keep_signature=True)
            root.replace(original, made)
            original.remove(original.find(f"{D}Signature"))
            etree.SubElement(made.find(f"{D}Signature"), f"{D}Object").append(original)

        return self._with(place)

    def wrapped_anywhere(self):
        """The signed element anywhere in the document, in anything or nothing, and another in its place."""
        root = self.genuine()
        covered = root if root.find(f"{D}Signature") is not None and self.chance.random() < 0.5 else None
        original = covered if covered is not None else root.find(f"{S}Assertion")
        made = self.evil(original, keep_signature=self.chance.random() < 0.5)
        kept = copy.deepcopy(original)
        if covered is not None:
            root = made
        else:
            root.replace(original, made)
        place = self.chance.choice([node for node in root.iter() if isinstance(node.tag, str)])
        if self.chance.random() < 0.6:
            place = etree.SubElement(place, self.chance.choice(WRAPPERS))
        place.insert(self.chance.randint(0, len(place)), kept)
        return self.text(root)
