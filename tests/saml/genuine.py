"""Genuine responses in every form that is accepted: who signs what, how, with which key, encrypted how, spelt how."""

import random

from signxml.algorithms import DigestAlgorithm, SignatureMethod
from tests.saml import by_hand
from tests.saml.idp import Encrypting, assertion, response

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
METHODS = {
    "rsa": (SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512),
    "ec": (SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512),
}
DIGESTS = (DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512)


def typed(text):
    """Values that say their type, by prefixes that only an attribute's value uses."""
    return text.replace("<saml:AttributeValue>", '<saml:AttributeValue xsi:type="xs:string">').replace(
        "<saml:Assertion ", f"<saml:Assertion {XS} ", 1
    )


def by_another_prefix(text):
    return text.replace("saml:", "saml2:").replace("xmlns:saml=", "xmlns:saml2=").replace("SAML:2.0", "SAML:2.0")


def without_a_prefix(text):
    return text.replace("<saml:", "<").replace("</saml:", "</").replace("xmlns:saml=", "xmlns=")


def spaced(text):
    """Line breaks and indents between elements, as some providers print and sign them."""
    return text.replace("><saml:", ">\n  <saml:")


def declared(text):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def as_it_is(text):
    return text


PREFIXES = ((), ("xs",), ("xs", "xsi", "saml"))
SPELLINGS = (as_it_is, typed, by_another_prefix, without_a_prefix, spaced)


def variant(idps, reader, say, chance: random.Random):
    """A genuine response of one of the providers, and what it is called."""
    idp, sign = chance.choice(idps), chance.choice(("assertion", "response", "both"))
    modes = ("gcm", "cbc") if sign != "assertion" else ("gcm",)
    encrypt = chance.choice(
        (
            None,
            Encrypting(
                reader,
                chance.choice((128, 192, 256)),
                chance.choice(modes),
                chance.choice(("oaep", "oaep11")),
                chance.random() < 0.5,
            ),
        )
    )
    spelling = chance.choice(SPELLINGS)
    how = {
        "method": chance.choice(METHODS[idp.kind]),
        "digest": chance.choice(DIGESTS),
        **chance.choice(({}, {"cert": None}, {"always_add_key_value": True})),
    }
    inner = spelling(assertion(say, place=sign != "response"))
    if encrypt is None and chance.random() < 0.5:
        prefixes = chance.choice(PREFIXES)
        whole = response(say, inner, place=sign != "assertion").replace("<samlp:Response", f"<samlp:Response {XS}", 1)
        return by_hand.sign(whole, idp.key, prefixes), f"{idp.kind} {sign} {spelling.__name__} by hand {prefixes}"
    if sign != "response":
        inner = idp.sign(inner, **how)
    whole = response(say, inner if encrypt is None else encrypt(inner), place=sign != "assertion")
    if sign != "assertion":
        whole = idp.sign(whole, **how)
    return chance.choice((as_it_is, declared))(whole), f"{idp.kind} {sign} {encrypt} {spelling.__name__} {how}"
