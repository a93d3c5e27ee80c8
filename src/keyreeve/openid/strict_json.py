"""Strict JSON: one object, no name twice, no NaN, no half of a character, not nested without end.

Two readers of a token must not differ on what it says: of two members with one name, each would believe another.
"""

from __future__ import annotations

import json
from typing import Any

DEPTH = 16
"""Objects and arrays within each other."""


class NotStrict(ValueError):
    """Bytes that are not one JSON object in this strict sense."""


def load(text: bytes) -> dict[str, Any]:
    """The object that the text holds. Raises NotStrict."""
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
        if b"\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no character: ValueError
    except (ValueError, RecursionError) as error:
        raise NotStrict(type(error).__name__) from None
    if not isinstance(found, dict) or _depth(found, DEPTH) > DEPTH:
        raise NotStrict("not an object, or nested too deep")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("a name twice")
    return found


def _refuse(constant: str) -> None:
    raise NotStrict(constant)


def _depth(value: Any, allowed: int) -> int:
    """How deep a value is nested, looking no further than one level beyond what is allowed."""
    if not isinstance(value, dict | list):
        return 0
    if allowed == 0:
        return 1
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each, allowed - 1) for each in inner), default=0)
