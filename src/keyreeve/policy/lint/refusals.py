"""Refusals: everything that AWS refuses at write, statement by statement, so that one fault does not hide the next.

`parse` stops at the first fault. Here each statement is parsed by itself, and then the document with those that passed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from keyreeve.policy.document import Kind
from keyreeve.policy.lint.diagnosis import at, diagnosis
from keyreeve.policy.lint.seen import Note
from keyreeve.policy.parsing import parse
from keyreeve.policy.places import Path, PolicyError, spans

_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)|\.")


class Passed(NamedTuple):
    """What was refused, and the statements that were not, by their paths."""

    notes: tuple[Note, ...]
    statements: tuple[tuple[Path, dict[str, Any]], ...]


def refusals(text: str, kind: Kind, value: dict[str, Any]) -> Passed:
    """Refusals of a document that is a JSON object."""
    given = value.get("Statement", [])
    located: list[tuple[Path, Any]] = (
        [(("Statement", index), each) for index, each in enumerate(given)]
        if isinstance(given, list)
        else [(("Statement",), given)]
    )
    whole = _refused(text, kind)
    if whole is None:
        return Passed((), tuple(located))
    sources = {span.path: text[span.start : span.end] for span in spans(text)}
    notes: list[Note] = []
    kept: list[tuple[Path, Any]] = []
    for path, each in located:
        alone = _refused(f'{{"Version": "2012-10-17", "Statement": [{sources[path]}]}}', kind)
        if alone is None:
            kept.append((path, each))
        else:
            notes.append(_note(alone, [path], {"Statement": [each]}))
    notes += _of_the_rest(value, sources, kind, kept, located)
    return Passed(tuple(notes or [_note(whole, [path for path, _ in located], value)]), tuple(kept))


def _of_the_rest(
    value: dict[str, Any],
    sources: dict[Path, str],
    kind: Kind,
    kept: list[tuple[Path, Any]],
    located: list[tuple[Path, Any]],
) -> list[Note]:
    """Refusals of the document around its statements, or of statements beside each other."""
    tested = kept or located
    around = [f"{json.dumps(member)}: {sources[member,]}" for member in value if member != "Statement"]
    inside = ", ".join(sources[path] for path, _ in tested)
    rest = _refused("{" + ", ".join([*around, f'"Statement": [{inside}]']) + "}", kind)
    if rest is None or (not kept and located and rest.place.path.startswith("Statement")):
        return []
    made = {**value, "Statement": [each for _, each in tested]}
    return [_note(rest, [path for path, _ in tested], made)]


def _refused(text: str, kind: Kind) -> PolicyError | None:
    try:
        parse(text, kind)
    except PolicyError as error:
        return error
    return None


def _note(error: PolicyError, paths: Sequence[Path], value: dict[str, Any]) -> Note:
    """A refusal under its code; `paths` are the real ones of the statements of `value`, in order."""
    steps = _steps(error.place.path, value)
    code, sentence = diagnosis(error.sentence, steps, value)
    real = paths[steps[1]] if len(steps) > 1 and isinstance(steps[1], int) else steps[:1]
    return Note(code, (*real, *steps[2:]), sentence)


def _steps(path: str, value: Any) -> Path:
    """A written path as steps; a condition key may hold dots and brackets of its own."""
    head, found, rest = path.partition(".Condition.")
    steps: list[str | int] = [int(i) if i else n for i, n in _STEP.findall(head) if i or n]
    if found:
        steps.append("Condition")
        block = at(value, tuple(steps))
        operator = next((each for each in block if rest == each or rest.startswith(f"{each}.")), rest)
        steps += [operator, *([rest[len(operator) + 1 :]] if rest != operator else [])]
    return tuple(steps)
