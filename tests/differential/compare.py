"""Both sides on one case, and the smallest case on which they still disagree."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from spec.evaluate import decide
from tests.differential import engine
from tests.differential.engine import RefusedError

Case = dict[str, Any]
Answer = dict[str, Any]
Answerer = Callable[[Case], tuple[str, str]]

# What a document is no document without.
NEEDED = {"Statement", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"}


def disagreement(
    case: Case, answer: Answerer = engine.answer, expected: Answer | None = None
) -> tuple[Any, Any] | None:
    """(engine's answer, twin's answer) where they differ. Raises RefusedError for what the engine refuses to read.

    A crash of the engine is a disagreement: its evaluation is total. `expected` is the twin's answer, if it is known.
    """
    try:
        found: Any = answer(case)
    except RefusedError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        found = (f"{type(error).__name__}: {error}", "")
    expected = expected or decide(case)
    if found[0] == expected["verdict"] and (found[0] == "allowed" or found[1] in expected["layers"]):
        return None
    return found, expected


def smaller(value: Any) -> Iterator[Any]:
    """Every value that lacks one piece of this one, or has one piece made smaller."""
    if isinstance(value, dict):
        for key in value.keys() - NEEDED:
            yield {other: value[other] for other in value if other != key}
        for key, inner in value.items():
            yield from ({**value, key: made} for made in smaller(inner))
    if isinstance(value, list):
        for place in range(len(value) if len(value) > 1 else 0):
            yield value[:place] + value[place + 1 :]
        for place, inner in enumerate(value):
            yield from ([*value[:place], made, *value[place + 1 :]] for made in smaller(inner))


def minimised(case: Case, answer: Answerer = engine.answer) -> Case:
    """The case without whatever it can lose while both sides go on disagreeing in the same way."""
    kind = pair(case, answer)
    case = copy.deepcopy(case)
    shrunk = True
    while shrunk:
        shrunk = False
        for made in smaller(case):
            if pair(made, answer) == kind:
                case, shrunk = made, True
                break
    return case


def pair(case: Case, answer: Answerer) -> tuple[str, str] | None:
    """The two verdicts of a disagreement; None where there is none, or where the case is no case any more."""
    try:
        found = disagreement(case, answer)
    except (RefusedError, LookupError, TypeError, AttributeError, ValueError):
        return None
    if found is None or " " in found[0][0]:
        return None
    return found[0][0], found[1]["verdict"]
