"""Private files: readable by their owner alone, and whole on disk or not there."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Callable
from pathlib import Path

_PRIVATE = 0o600
_OTHERS = 0o077


class NotPrivate(Exception):
    """A file that other users may read or write. The sentence says what to do."""


def create(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600. Raises FileExistsError if there is one, other OSErrors if it cannot be."""
    _place(path, content, os.link)


def replace(path: Path, content: bytes) -> None:
    """Write the file anew with mode 0600: after a crash it holds the old content or the new, never a part."""
    _place(path, content, os.replace)


def read(path: Path) -> bytes:
    """The content. Raises NotPrivate where group or others have any permission, OSError where it cannot be read."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        if mode & _OTHERS:
            raise NotPrivate(
                f"{path} is open to other users (mode {mode:04o}). Run: chmod 600 {shlex.quote(str(path))}"
            )
        return file.read()


def _place(path: Path, content: bytes, put: Callable[[Path, Path], None]) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make a folder's new names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
