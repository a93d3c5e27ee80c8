"""The open corpus: cases of AWS's policy language with the page that each rests on, and what an engine makes of them.

The format is described in tests/cases/README.md, so that other engines can run it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from keyreeve import policy
from keyreeve.policy import Kind, Policies, Policy, PolicyError, Principal, Request

VERDICTS = ("allowed", "explicit_deny", "implicit_deny")
KINDS = {
    "identity": Kind.IDENTITY,
    "resource": Kind.RESOURCE,
    "boundary": Kind.IDENTITY,
    "session": Kind.SESSION,
    "service_control": Kind.SCP,
    "resource_control": Kind.RCP,
    "endpoint": Kind.ENDPOINT,
}
"""Types of policy in a case. With `trust` the resource is a role, and its policy the trust policy."""

DEPTHS = {"identity": 1, "session": 1, "service_control": 2, "resource_control": 2}
"""How deep the documents of a type stand in arrays; those of other types stand alone."""

FLAGS = ("trust", "resource_must_allow")
"""What is said of the resource."""

_REQUIRED = {"name", "source", "request", "policies", "verdict"}
_MEMBERS = _REQUIRED | {"layer", "open"}
_REQUEST = {"principal", "action", "resource"}
_FACTS = frozenset(Principal.__dataclass_fields__)


class CorpusError(Exception):
    """A case, or an engine's answer, cannot be read. Its text is a sentence that says where."""


class Answer(NamedTuple):
    """What an engine says of a case; `layer`, the type of policy that decided, is None where it does not say."""

    verdict: str
    layer: str | None = None


class Case(NamedTuple):
    """A request under policies, and the verdict that AWS's page gives.

    `topic` is the file's path in the corpus without its suffix. `layer` is None where several types of policy may be
    named. `open` marks readings of our own, where AWS's pages leave the point open.
    """

    topic: str
    name: str
    source: str
    request: Mapping[str, Any]
    policies: Mapping[str, Any]
    verdict: str
    layer: str | None = None
    open: bool = False

    def failure(self, answer: Answer | None) -> str | None:
        """What is wrong with an answer, or None. An answer without a layer is held to its verdict alone."""
        if answer is None:
            return f"expected {self.verdict}, got no answer"
        if answer.verdict != self.verdict:
            return f"expected {self.verdict}, got {answer.verdict}" + (f" by {answer.layer}" if answer.layer else "")
        if self.layer and answer.layer and answer.layer != self.layer:
            return f"{self.verdict} as expected, but by {answer.layer} instead of {self.layer}"
        return None


def load(folder: Path) -> tuple[Case, ...]:
    """The cases of every JSON file in a folder and below. Raises CorpusError, OSError."""
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise CorpusError(f"{folder}: no JSON files of cases.")
    return tuple(case for file in files for case in read(file, str(file.relative_to(folder).with_suffix(""))))


def read(file: Path, topic: str) -> tuple[Case, ...]:
    """The cases of one file. Raises CorpusError, OSError."""
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{file}: no JSON: {error}") from None
    if not isinstance(found, list):
        raise CorpusError(f"{file}: not an array of cases.")
    return tuple(_case(topic, index, given) for index, given in enumerate(found))


def _case(topic: str, index: int, given: Any) -> Case:
    where = f"{topic}, case {index + 1}"
    _members(where, given, _REQUIRED, _MEMBERS)
    _members(f"{where}, request", given["request"], _REQUEST, _REQUEST | {"context", "resource_account"})
    _members(f"{where}, principal", given["request"]["principal"], {"kind", "arn"}, _FACTS)
    _members(f"{where}, policies", given["policies"], set(), {*KINDS, *FLAGS})
    _texts(where, given, ("name", "source"))
    _texts(f"{where}, request", given["request"], ("action", "resource"))
    for layer, found in given["policies"].items():
        if layer in KINDS and found is not None and not _stands(found, DEPTHS.get(layer, 0)):
            raise CorpusError(f"{where}, policies, {layer}: not {_FORMS[DEPTHS.get(layer, 0)]}.")
    if given["verdict"] not in VERDICTS:
        raise CorpusError(f"{where}: the verdict is none of {', '.join(VERDICTS)}.")
    return Case(topic, **given)


def _members(where: str, given: Any, required: set[str], known: Iterable[str]) -> None:
    if not isinstance(given, dict):
        raise CorpusError(f"{where}: not an object.")
    missing, unknown = required - given.keys(), given.keys() - set(known)
    if missing or unknown:
        told = [f"missing {', '.join(sorted(missing))}"] * bool(missing)
        told += [f"unknown {', '.join(sorted(unknown))}"] * bool(unknown)
        raise CorpusError(f"{where}: {'; '.join(told)}.")


def _texts(where: str, given: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if not isinstance(given[name], str):
            raise CorpusError(f"{where}: the {name} is no text.")


_FORMS = ("an object", "an array of objects", "an array of arrays of objects")


def _stands(found: Any, depth: int) -> bool:
    """Whether documents stand in so many arrays."""
    if not depth:
        return isinstance(found, dict)
    return isinstance(found, list) and all(_stands(each, depth - 1) for each in found)


def answer(case: Case) -> Answer:
    """What our engine says. Raises CorpusError for a policy that is none."""
    try:
        decision = policy.decide(_request(case.request), _policies(case.policies))
    except (PolicyError, TypeError, ValueError, AttributeError) as error:
        place = f" at {error.place}" if isinstance(error, PolicyError) else ""
        raise CorpusError(f"{case.topic}, {case.name!r}: {error}{place}") from error
    return Answer(decision.verdict, str(decision.layer))


def _request(given: Mapping[str, Any]) -> Request:
    facts = dict(given["principal"])
    principal = Principal(**{"account_id": None, **facts, "services": tuple(facts.get("services", ()))})
    context = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in given.get("context", {}).items()
    }
    return Request(principal, given["action"], given["resource"], context, given.get("resource_account"))


def _policies(given: Mapping[str, Any]) -> Policies:
    named = {layer: found for layer, found in given.items() if layer in KINDS and found is not None}
    kinds = {**KINDS, "resource": Kind.TRUST} if given.get("trust") else KINDS
    compiled = {layer: _compiled(layer, kinds[layer], found) for layer, found in named.items()}
    return Policies(**compiled, resource_must_allow=given.get("resource_must_allow", False))


def _compiled(layer: str, kind: Kind, found: Any) -> Any:
    """A document as a policy; a list of them, or of lists, as tuples."""
    if isinstance(found, list):
        return tuple(_compiled(layer, kind, each) for each in found)
    return Policy(policy.stored(json.dumps(found, ensure_ascii=False), kind), layer, layer)


def answers(file: Path) -> dict[tuple[str, str], Answer]:
    """Another engine's answers by topic and name, one JSON object a line. Raises CorpusError, OSError."""
    found: dict[tuple[str, str], Answer] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            given = _line(f"{file}, line {number}", line)
            found[given["topic"], given["name"]] = Answer(given["verdict"], given.get("layer"))
    return found


def _line(where: str, line: str) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{where}: no JSON: {error}") from None
    _members(where, given, {"topic", "name", "verdict"}, {"topic", "name", "verdict", "layer"})
    _texts(where, given, ("topic", "name", "verdict"))
    checked: dict[str, Any] = given
    return checked
