"""A document as the linter sees it: its JSON, statement by statement, with the path of everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from keyreeve.policy.condition import Name, name, texts
from keyreeve.policy.document import Kind
from keyreeve.policy.grammar import listed
from keyreeve.policy.places import Path

NEGATED = ("StringNot", "NumericNot", "DateNot", "NotIp", "ArnNot")


class Note(NamedTuple):
    """Something noticed: the code that names it, where, and what exactly."""

    code: str
    path: Path
    sentence: str


Notes = Iterator[Note]


class Asked(NamedTuple):
    """A condition as written: operator, key and values."""

    path: Path
    operator: str
    name: Name
    key: str
    values: tuple[str, ...]

    def note(self, code: str, sentence: str) -> Note:
        """Something noticed about it."""
        return Note(code, self.path, sentence)

    @property
    def requires(self) -> bool:
        """Whether a request without the key, or with another value than those listed, fails the condition."""
        lax = self.name.if_exists or self.name.quantifier == "ForAllValues"
        return not (lax or self.negated or self.name.operator == "Null")

    @property
    def negated(self) -> bool:
        """Whether the operator is one of the negated ones."""
        return self.name.operator.startswith(NEGATED)


class Stated(NamedTuple):
    """A statement as JSON, with its path."""

    path: Path
    value: dict[str, Any]

    def note(self, code: str, sentence: str, member: str | None = None) -> Note:
        """Something noticed about it, or about one of its members."""
        return Note(code, (*self.path, member) if member else self.path, sentence)

    @property
    def allows(self) -> bool:
        """Whether its effect is Allow."""
        return bool(self.value["Effect"] == "Allow")

    def texts(self, member: str) -> tuple[str, ...]:
        """What a member lists."""
        return tuple(listed(self.value.get(member, [])))

    def located(self, member: str) -> Iterator[tuple[Path, str]]:
        """What a member lists, each with its path."""
        given = self.value.get(member, [])
        for index, each in enumerate(listed(given)):
            yield ((*self.path, member, index) if isinstance(given, list) else (*self.path, member)), each

    def conditions(self) -> Iterator[Asked]:
        """Its conditions, those with operators that exist."""
        block = self.value.get("Condition", {})
        for operator, found in [(operator, found) for operator in block if (found := name(operator)) is not None]:
            for key, given in block[operator].items():
                yield Asked((*self.path, "Condition", operator, key), operator, found, key, texts(given))

    def principals(self) -> Iterator[tuple[Path, str, str]]:
        """Principals that it names: path, type and name; everyone is `*`, of type AWS."""
        element = self.value.get("Principal")
        if element == "*":
            yield (*self.path, "Principal"), "AWS", "*"
        for type_, names in element.items() if isinstance(element, dict) else ():
            for each in listed(names):
                yield (*self.path, "Principal", type_), type_, each


@dataclass(frozen=True, slots=True)
class Seen:
    """A document whose statements have an accepted form: the others have been told of and are left out."""

    text: str
    kind: Kind
    value: dict[str, Any]
    statements: tuple[Stated, ...]

    @property
    def variables_live(self) -> bool:
        """Whether `${…}` is a variable."""
        return bool(self.value.get("Version") == "2012-10-17")
