"""The grammar: which members a document has and what form their values take.

Source: IAM User Guide, "Grammar of the IAM JSON policy language". What does not fit is refused, never guessed.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from keyreeve.policy.condition import name
from keyreeve.policy.places import Path
from keyreeve.policy.reader import Refusals

VERSIONS = ("2008-10-17", "2012-10-17")
PRINCIPAL_TYPES = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})

_MEMBERS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_MEMBERS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)

_EITHER = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_TEXT = frozenset({str})


class Refusal(Exception):
    """A rule broken at a path of the document, with AWS's sentence. `parse` turns it into a PolicyError."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence


class Wording(NamedTuple):
    """AWS words the same faults differently for identity policies and for trust policies."""

    not_json: str
    syntax: str
    version: str
    empty: str
    no_effect: str
    bad_effect: str

    @property
    def refusals(self) -> Refusals:
        """The sentences of the reader."""
        return Refusals(self.not_json, self.syntax)


_SYNTAX = "Syntax errors in policy."
PLAIN = Wording(_SYNTAX, _SYNTAX, _SYNTAX, _SYNTAX, _SYNTAX, _SYNTAX)
TRUST = Wording(
    not_json="This policy contains invalid Json",
    syntax="Syntax error in policy.",
    version="The policy must contain a valid version string",
    empty="Could not parse the policy: Statement is empty!",
    no_effect="Missing required field Effect",
    bad_effect="Invalid effect: {}",
)


class Located(NamedTuple):
    """A statement as JSON, with its path."""

    path: Path
    value: dict[str, Any]

    def refuse(self, member: str, sentence: str) -> NoReturn:
        """Refuse the document because of a member of this statement."""
        raise Refusal((*self.path, member), sentence)


def statements(value: Any, wording: Wording) -> tuple[Located, ...]:
    """The statements of a document, whose form is thereby checked. Raises Refusal."""
    if not isinstance(value, dict) or not value.keys() <= _MEMBERS:
        raise Refusal((), wording.syntax)
    version = value.get("Version", VERSIONS[0])
    if not is_text(version) or version not in VERSIONS:
        raise Refusal(("Version",), wording.version)
    if not is_text(value.get("Id", "")):
        raise Refusal(("Id",), wording.syntax)
    given = value.get("Statement", [])
    located = [((i,), each) for i, each in enumerate(given)] if isinstance(given, list) else [((), given)]
    if not located or given == {}:
        raise Refusal(("Statement",), wording.empty)
    return tuple(_statement(("Statement", *path), each, wording) for path, each in located)


def is_text(value: Any) -> bool:
    """A JSON string. Numbers are kept as text too, but of a type of their own."""
    return type(value) is str


def _are_texts(value: Any) -> bool:
    """Whether a value is a text, or a list of texts."""
    return is_text(value) or (isinstance(value, list) and set(map(type, value)) <= _TEXT)


def listed(value: Any) -> list[Any]:
    """A value or a list of values, as a list."""
    return value if isinstance(value, list) else [value]


def _statement(path: Path, value: Any, wording: Wording) -> Located:
    if not isinstance(value, dict) or not value.keys() <= _STATEMENT_MEMBERS:
        raise Refusal(path, wording.syntax)
    found = Located(path, value)
    if not is_text(value.get("Sid", "")):
        found.refuse("Sid", wording.syntax)
    for member in ("Action", "NotAction", "Resource", "NotResource"):
        if member in value and not _are_texts(value[member]):
            found.refuse(member, wording.syntax)
    for member, negated in _EITHER:
        if member in value and negated in value:
            found.refuse(negated, wording.syntax)
    _effect(found, wording)
    if "Condition" in value:
        _condition((*path, "Condition"), value["Condition"], wording)
    return found


def _effect(found: Located, wording: Wording) -> None:
    effect = found.value.get("Effect")
    if effect is None:
        raise Refusal(found.path, wording.no_effect)
    if not is_text(effect):
        found.refuse("Effect", wording.syntax)
    exact = ("Allow", "Deny")
    # Another case of the words is a fault of its own in identity policies, found at a later stage.
    if effect not in exact and (wording is TRUST or effect.lower() not in ("allow", "deny")):
        found.refuse("Effect", wording.bad_effect.format(effect))


def _condition(path: Path, block: Any, wording: Wording) -> None:
    if not isinstance(block, dict):
        raise Refusal(path, wording.syntax)
    for operator, keys in block.items():
        if name(operator) is None or not isinstance(keys, dict):
            raise Refusal((*path, operator), wording.syntax)
        if len({key.lower() for key in keys}) < len(keys):
            raise Refusal((*path, operator), wording.syntax)
        for key, given in keys.items():
            if not all(isinstance(each, str | bool) for each in listed(given)):
                raise Refusal((*path, operator, key), wording.syntax)


def principal_form(found: Located, wording: Wording) -> None:
    """Check that Principal or NotPrincipal is `*` or lists names by type. Raises Refusal."""
    for member in ("Principal", "NotPrincipal"):
        element = found.value.get(member, "*")
        if isinstance(element, dict) and element.keys() <= PRINCIPAL_TYPES:
            if not all(is_text(each) for names in element.values() for each in listed(names)):
                found.refuse(member, wording.syntax)
        elif not is_text(element) or element != "*":
            found.refuse(member, wording.syntax)
