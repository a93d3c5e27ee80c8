"""Fragments: the text of a record, written once.

A frozen record never says anything else, so its text is kept with it. Keys are addresses, each held with its record so
that no other object can come to stand there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MOST = 4096
"""Fragments kept per shape and place. When it is reached all are dropped: what is still asked for comes back."""


class Fragments:
    """A writer of structures that remembers what it wrote for frozen records; anything else it writes each time."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        self._write = write
        self._kept: dict[int, tuple[Any, str]] = {}

    def __call__(self, value: Any) -> str:
        """The text of a record."""
        if type(value) is dict:
            return self._write(value)
        kept = self._kept.get(id(value))
        if kept is not None and kept[0] is value:
            return kept[1]
        text = self._write(value)
        if _frozen(type(value)):
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[id(value)] = value, text
        return text


def _frozen(kind: type) -> bool:
    """Whether instances cannot change: msgspec structs and dataclasses say so themselves."""
    config = getattr(kind, "__struct_config__", None) or getattr(kind, "__dataclass_params__", None)
    return bool(getattr(config, "frozen", False))
