"""Answers remembered by the text they are for: what decides quickly decides from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Remembered(dict[str, Answer]):
    """Answers of a pure function by its text, made when first asked for. With `most` of them it starts afresh.

    What is no text is for the function to refuse.
    """

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[Any], Answer], most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: Any) -> Answer:
        answer = self._make(text)
        if len(self) >= self._most:
            self.clear()
        self[text] = answer
        return answer
