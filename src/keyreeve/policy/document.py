"""Policy documents, parsed once to frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from keyreeve.policy.memory import Remembered
from keyreeve.policy.places import Place, place
from keyreeve.policy.statement import Statement, statement

CACHED_ACTIONS = 1024
"""Actions whose statements a document or a set of policies remembers; past it the memory starts afresh."""


class Kind(StrEnum):
    """What a document is used as. The kind decides what AWS accepts in it."""

    IDENTITY = "identity"
    INLINE = "inline"
    TRUST = "trust"
    RESOURCE = "resource"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "endpoint"


WITH_PRINCIPAL = frozenset({Kind.TRUST, Kind.RESOURCE, Kind.RCP, Kind.ENDPOINT})
"""Kinds whose statements say whom they are about."""


class Candidates(NamedTuple):
    """The statements of a document that are about one action, by effect."""

    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A policy document: its text as submitted, and its statements compiled."""

    text: str
    kind: Kind
    version: str
    id: str
    statements: tuple[Statement, ...]
    _by_action: Remembered[Candidates] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_action", Remembered(partial(_candidates, self.statements), CACHED_ACTIONS))

    def candidates(self, action: str) -> Candidates:
        """Statements about an action, given in lower case."""
        return self._by_action[action]

    def place(self, found: Statement) -> Place:
        """Line and column of one of its statements."""
        return place(self.text, ("Statement", found.index))


def _candidates(statements: tuple[Statement, ...], action: str) -> Candidates:
    acting = [each for each in statements if each.acts(action)]
    return Candidates(
        tuple(each for each in acting if each.effect == "Deny"),
        tuple(each for each in acting if each.effect == "Allow"),
    )


def document(text: str, kind: Kind, value: dict[str, Any]) -> Document:
    """Compile a document whose form has been checked."""
    version = value.get("Version", "2008-10-17")
    given = value["Statement"]
    listed = given if isinstance(given, list) else [given]
    active = version == "2012-10-17"
    trust, identity = kind is Kind.TRUST, kind not in WITH_PRINCIPAL
    compiled = tuple(
        statement(each, index, active=active, of_trust=trust, of_identity=identity) for index, each in enumerate(listed)
    )
    return Document(text, kind, version, value.get("Id", ""), compiled)


NOTHING = Document("{}", Kind.IDENTITY, "2012-10-17", "", ())
"""A document without statements: it allows nothing. It stands in where a policy is gone or cannot be read."""
