"""A case: a request and the policies that bear on it, as one JSON object. docs/decide.md says what its members are."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from keyreeve import policy
from keyreeve.cli.texts import BadInput, Text
from keyreeve.policy.places import PolicyError, place, spans
from keyreeve.policy.reader import Number, Refusals, read

KINDS = {
    "identity": policy.Kind.INLINE,
    "boundary": policy.Kind.INLINE,
    "session": policy.Kind.SESSION,
    "service_control": policy.Kind.SCP,
    "resource_control": policy.Kind.RCP,
    "endpoint": policy.Kind.ENDPOINT,
    "resource": policy.Kind.RESOURCE,
    "trust": policy.Kind.TRUST,
}
"""What the policies of each layer are written as."""

_STEP = re.compile(r"\[([0-9]+|\.\.\.)\]|\.([^.\[`]+)")
_NOT_JSON = "this is not JSON: it ends or goes wrong here."
_NOT_READ = "a member is named twice, or the text is too long or nested too deeply."

Document = dict[str, Any]


class Held(msgspec.Struct, forbid_unknown_fields=True):
    """The policies."""

    identity: list[Document] = []
    resource: Document | None = None
    boundary: Document | None = None
    session: list[Document] | None = None
    service_control: list[list[Document]] = []
    resource_control: list[list[Document]] = []
    endpoint: Document | None = None
    trust: bool = False
    resource_must_allow: bool = False


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A whole case. What a corpus says about its cases may stand beside and is not looked at."""

    request: Any
    policies: Held = msgspec.field(default_factory=Held)
    name: Any = None
    source: Any = None
    verdict: Any = None
    layer: Any = None
    open: Any = None


class Source:
    """A text that holds a case, and the places of everything in it."""

    def __init__(self, given: Text) -> None:
        self.given = given
        self.case = self._case()
        self._spans = {span.path: span for span in spans(given.text)}

    def _case(self) -> Case:
        try:
            value = read(self.given.text, Refusals(_NOT_JSON, _NOT_READ))
        except PolicyError as error:
            raise self.given.bad(error.sentence, error.place.line, error.place.column) from None
        try:
            return msgspec.convert(_plain(value), Case)
        except msgspec.ValidationError as error:
            sentence, _, where = str(error).partition(" - at `")
            raise self.bad(f"{sentence}.", _steps(where)) from None

    def bad(self, sentence: str, path: tuple[str | int, ...]) -> BadInput:
        """What is wrong at a path."""
        found = place(self.given.text, path)
        where = f"{found.path}: " if found.path else ""
        return self.given.bad(f"{where}{sentence}", found.line, found.column)

    def request(self) -> policy.Request:
        """The request. Raises BadInput."""
        try:
            return policy.request(self.case.request)
        except policy.RequestError as error:
            raise self.bad(error.sentence, ("request", *error.path)) from None

    def document(self, layer: str, *path: str | int) -> policy.Policy:
        """The policy at a path, with the places of its statements as they are in this text. Raises BadInput."""
        span = self._spans[path]
        before = self.given.text[: span.start]
        line = before.count("\n")
        # White space keeps the policy where it stands: its own lines and columns are then those of the whole text.
        blank = "\n" * line + " " * (span.start - (before.rfind("\n") + 1))
        return named(Text(self.given.name, blank + self.given.text[span.start : span.end]), layer, _called(path))


def named(given: Text, layer: str, called: str) -> policy.Policy:
    """A policy of a layer. Raises BadInput."""
    try:
        document = policy.parse(given.text, KINDS[layer])
    except PolicyError as error:
        where = f"{error.place.path}: " if error.place.path else ""
        raise given.bad(f"{where}{error.sentence}", error.place.line, error.place.column) from None
    return policy.Policy(document, layer, f"{given.name} {called}".rstrip())


def _called(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[1:]).removeprefix(".")


def _plain(value: Any) -> Any:
    """JSON with numbers as the text they were written in, as conditions compare them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Number) else value


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(index) if index.isdigit() else index or name for index, name in _STEP.findall(path))
