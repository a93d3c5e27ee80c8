"""Chance: random bytes from the operating system, taken in larger helpings.

A request needs random bytes half a dozen times. Each call to the system lets another thread take the interpreter, so
asking once for many requests is several times faster. Every byte is handed out once, to whichever thread or process.
"""

from __future__ import annotations

import os
from threading import Lock

HELPING_BYTES = 4096


class Reserve:
    """Random bytes that nobody had yet. Any thread may draw; a forked child begins with an empty reserve."""

    __slots__ = ("_bytes", "_lock", "_next")

    def __init__(self) -> None:
        self.forget()
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Begin anew, with nothing in reserve."""
        self._bytes, self._next, self._lock = b"", 0, Lock()

    def draw(self, count: int) -> bytes:
        """`count` bytes that nobody had before."""
        if count > HELPING_BYTES:
            return os.urandom(count)
        with self._lock:
            end = self._next + count
            if end > len(self._bytes):
                self._bytes, self._next, end = os.urandom(HELPING_BYTES), 0, count
            taken = self._bytes[self._next : end]
            self._next = end
            return taken


draw = Reserve().draw
"""The process's own reserve, for whoever is not given another source."""
