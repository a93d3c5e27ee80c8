"""Examining a text: reading it, then asking every check."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from keyreeve.policy.document import Kind
from keyreeve.policy.lint import arns, comparisons, covering, federation, grants, keys, referenced, tidiness
from keyreeve.policy.lint.codes import CODES, Group
from keyreeve.policy.lint.knowledge import Reference
from keyreeve.policy.lint.refusals import refusals
from keyreeve.policy.lint.seen import Note, Notes, Seen, Stated
from keyreeve.policy.places import Path, Place, PolicyError, at, spans
from keyreeve.policy.reader import Refusals, read

_NOT_JSON = "The text is not JSON: it ends or goes wrong here."
_NOT_READ = "A member is named twice, or the text is too long or nested too deeply."
_WEIGHT = {group: weight for weight, group in enumerate(Group)}


class Finding(NamedTuple):
    """Something found in a policy: what, how grave, where; a sentence about this policy, and what to do."""

    code: str
    group: Group
    place: Place
    sentence: str
    advice: str


OF_DOCUMENT: tuple[Callable[[Seen], Notes], ...] = (
    tidiness.version,
    tidiness.size,
    tidiness.credentials,
    covering.statements,
)
OF_STATEMENT: tuple[Callable[[Seen, Stated], Notes], ...] = (
    grants.wildcards,
    grants.negations,
    grants.passed_roles,
    grants.everyone,
    grants.service_principals,
    federation.actions,
    federation.claims,
    comparisons.values,
    comparisons.quantifiers,
    comparisons.variables,
    arns.resources,
    tidiness.emptiness,
    tidiness.service_wildcards,
    covering.lists,
)


def lint(text: str, kind: Kind, reference: Reference | None = None) -> tuple[Finding, ...]:
    """Findings about a policy's text, in the order of the text. Any text is examined; nothing is raised.

    Without a `reference` only the global condition keys are known, and nothing is said about actions.
    """
    try:
        value = read(text, Refusals(_NOT_JSON, _NOT_READ))
    except PolicyError as error:
        return (_unread(error),)
    if not isinstance(value, dict):
        return _findings(text, [Note("DATA_TYPE_MISMATCH", (), "A policy is a JSON object.")])
    passed = refusals(text, kind, value)
    seen = Seen(text, kind, value, tuple(Stated(path, each) for path, each in passed.statements))
    notes = [*passed.notes, *(note for check in OF_DOCUMENT for note in check(seen))]
    for stated in seen.statements:
        notes += (note for check in OF_STATEMENT for note in check(seen, stated))
        notes += keys.known(stated, reference)
        if reference is not None:
            notes += referenced.checks(stated, reference)
    return _findings(text, notes)


def _unread(error: PolicyError) -> Finding:
    code = "DUPLICATE_KEYS" if error.sentence == _NOT_READ and error.place.path else "JSON_SYNTAX_ERROR"
    return Finding(code, CODES[code].group, error.place, error.sentence, CODES[code].advice)


def _findings(text: str, notes: list[Note]) -> tuple[Finding, ...]:
    if not notes:
        return ()
    starts = {span.path: span.start for span in spans(text)}
    ordered = sorted(
        dict.fromkeys(notes), key=lambda note: (_start(starts, note.path), _WEIGHT[CODES[note.code].group], note.code)
    )
    return tuple(
        Finding(
            note.code,
            CODES[note.code].group,
            at(text, _start(starts, note.path), note.path),
            note.sentence,
            CODES[note.code].advice,
        )
        for note in ordered
    )


def _start(starts: dict[Path, int], path: Path) -> int:
    while path and path not in starts:
        path = path[:-1]
    return starts.get(path, 0)
