"""Assertions: what a verified one says, as plain values. All that is judged here is whether it reads in one way only.

What SAML allows and a sign-in needs not (conditions that nobody here can hold, encrypted names and attributes) is
refused: a statement that is overlooked could have been a restriction.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from keyreeve.access.saml.document import SAML, Unfit

if TYPE_CHECKING:
    from lxml import etree

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
LONGEST_SUBJECT = 1024
"""Characters of a name; SAML's persistent ones have 256 at the most. It travels in the session's token."""

UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z", re.ASCII).fullmatch
_KNOWN_CONDITIONS = {f"{SAML}AudienceRestriction", f"{SAML}ProxyRestriction"}
_PARTS = {
    f"{SAML}{name}" for name in ("Issuer", "Subject", "Conditions", "Advice", "AuthnStatement", "AttributeStatement")
}


class Assertion(NamedTuple):
    """What a provider vouches for.

    `begins` and `ends` bound when it may be used, over all places that say so; `session_ends` bounds the sessions made
    of it. `audiences` are lists of which each must hold one of ours. `destination` is the response's, if it says one.
    """

    id: str
    issuer: str
    issued: datetime
    subject: str
    subject_format: str
    recipient: str
    begins: datetime | None
    ends: datetime
    session_ends: datetime | None
    audiences: tuple[tuple[str, ...], ...]
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    destination: str | None = None


def read(root: etree._Element) -> Assertion:
    """The assertion in a verified element. Raises Unfit."""
    if root.tag != f"{SAML}Assertion" or root.get("Version") != "2.0" or not {child.tag for child in root} <= _PARTS:
        raise Unfit("no assertion")
    subject, conditions = _one(root, "Subject"), _one(root, "Conditions")
    name = _one(subject, "NameID")
    if subject.find(f"{SAML}BaseID") is not None or subject.find(f"{SAML}EncryptedID") is not None:
        raise Unfit("two names")
    if len(_text(name)) > LONGEST_SUBJECT:
        raise Unfit("too long a name")
    confirmation = _one(subject, "SubjectConfirmation")
    data = _one(confirmation, "SubjectConfirmationData")
    if confirmation.get("Method") != BEARER:
        raise Unfit("confirmed in another way")
    statements = root.findall(f"{SAML}AuthnStatement")
    if not statements:
        raise Unfit("nobody was authenticated")
    if not {child.tag for child in conditions} <= _KNOWN_CONDITIONS:
        raise Unfit("a condition that cannot be held")
    begins = [_moment(each.get("NotBefore")) for each in (conditions, data) if each.get("NotBefore")]
    ends = [_moment(conditions.get("NotOnOrAfter"))] if conditions.get("NotOnOrAfter") else []
    sessions = [_moment(each.get("SessionNotOnOrAfter")) for each in statements if each.get("SessionNotOnOrAfter")]
    return Assertion(
        id=root.get("ID") or "",
        issuer=_text(_one(root, "Issuer")),
        issued=_moment(root.get("IssueInstant")),
        subject=_text(name),
        subject_format=name.get("Format") or UNSPECIFIED,
        recipient=data.get("Recipient") or "",
        begins=max(begins, default=None),
        ends=min([*ends, _moment(data.get("NotOnOrAfter"))]),
        session_ends=min(sessions, default=None),
        audiences=tuple(_audiences(each) for each in conditions.findall(f"{SAML}AudienceRestriction")),
        attributes=_attributes(root),
    )


def _one(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{SAML}{name}")
    if len(found) != 1:
        raise Unfit(f"not one {name}")
    return found[0]


def _text(element: etree._Element) -> str:
    """The whole text of an element that holds nothing else."""
    if len(element) or not element.text:
        raise Unfit("no plain text")
    return str(element.text)


def _moment(text: str | None) -> datetime:
    """A point in time in UTC, as SAML wants it, in whole seconds."""
    form = _MOMENT(text or "")
    try:
        return datetime.fromisoformat(form[1]).replace(tzinfo=UTC) if form else _no_time()
    except ValueError:
        return _no_time()


def _no_time() -> datetime:
    raise Unfit("no time")


def _audiences(restriction: etree._Element) -> tuple[str, ...]:
    return tuple(_text(each) for each in restriction.findall(f"{SAML}Audience"))


def _attributes(root: etree._Element) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names and values. An attribute that comes twice has the values of both."""
    found: dict[str, tuple[str, ...]] = {}
    for statement in root.findall(f"{SAML}AttributeStatement"):
        for attribute in statement:
            name = attribute.get("Name")
            if attribute.tag != f"{SAML}Attribute" or not name:
                raise Unfit("an attribute that cannot be read")
            found[name] = (*found.get(name, ()), *(_value(each) for each in attribute))
    return tuple(found.items())


def _value(element: etree._Element) -> str:
    """A value: its text, empty too, or the NameID that stands for a targeted id."""
    if element.tag != f"{SAML}AttributeValue":
        raise Unfit("a value that cannot be read")
    if not len(element):
        return str(element.text or "")
    (child, *others) = element
    if others or child.tag != f"{SAML}NameID" or (element.text or "").strip() or (child.tail or "").strip():
        raise Unfit("a value that cannot be read")
    return _text(child)
