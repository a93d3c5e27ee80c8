"""The data folder: what is in it, and that one process at a time owns it.

    keyreeve.db     the database (with -wal and -shm beside it while it is open)
    keyreeve.lock   held by the owner, with its process id
    keyreeve.sock   where commands reach a running server

The folder is its owner's alone (0700). The key ring may lie here too; it is no part of the database or its backups.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from keyreeve.store.engine import StoreError

DATABASE = "keyreeve.db"
LOCK = "keyreeve.lock"
SOCKET = "keyreeve.sock"

OURS = frozenset({DATABASE, LOCK, SOCKET, "keyreeve.toml", "keyring.json"})
"""Names of which one says that a folder is ours. (A folder `keyreeve-data` beside other things says nothing.)"""


class FolderError(StoreError):
    """A folder that cannot be used for data. The sentence says what to do."""


class InUse(FolderError):
    """Another process owns the folder: `pid` is its id, if it could be read."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        owner = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{folder} is in use by {owner}. Stop it first, or give another folder with --data.")
        self.pid = pid


class Folder:
    """A claimed folder; leaving it as a context, `release` or the end of the process gives it up.

    `made` are the folders that had to be made for it, itself first. Left with an error and without anything in it, they
    go again.
    """

    def __init__(self, path: Path, lock: int, made: list[Path]) -> None:
        self.path, self._lock, self._made = path, lock, made

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.path / DATABASE

    @property
    def socket(self) -> Path:
        """Where the control socket is."""
        return self.path / SOCKET

    def release(self) -> None:
        """Give the folder up. The lock's file stays: to remove it while others come would let two in."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None and self._made:
            self._unmake()
        self.release()

    def _unmake(self) -> None:
        """Remove the folders that were made, if they hold nothing. Who has the lock's file open finds it gone."""
        with suppress(OSError):
            if [entry.name for entry in self.path.iterdir()] == [LOCK]:
                (self.path / LOCK).unlink()
                for folder in self._made:
                    folder.rmdir()


def claim(path: Path) -> Folder:
    """Own the folder, which is made if there is none. Raises InUse or FolderError.

    Its mode becomes 0700. A folder with files of others is refused: it was hardly meant, and its mode is not ours to
    change.
    """
    try:
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _fit(path)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise FolderError(f"{path} cannot be used for data: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _same(lock, path / LOCK)
    except BlockingIOError:
        pid = _pid(lock)
        os.close(lock)
        raise InUse(path, pid) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return Folder(path, lock, made)


def _same(lock: int, path: Path) -> None:
    """The lock is that of the folder still, and not of one that was removed meanwhile; BlockingIOError if not."""
    held = os.fstat(lock)
    try:
        there = path.stat(follow_symlinks=False)
    except OSError:
        raise BlockingIOError from None
    if (held.st_dev, held.st_ino) != (there.st_dev, there.st_ino):
        raise BlockingIOError


def _fit(path: Path) -> None:
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise FolderError(f"{path} belongs to user {found.st_uid}, and this process runs as user {os.geteuid()}.")
    names = {entry.name for entry in path.iterdir()}
    if names and not names & OURS and names != {"lost+found"}:
        raise FolderError(f"{path} has other files in it and no data of Keyreeve. Give an empty or a new folder.")
    path.chmod(0o700)


def _pid(lock: int) -> int | None:
    """The process id in the lock's file; none in the moment before its owner has written it."""
    text = os.pread(lock, 32, 0).strip()
    return int(text) if text.isdigit() else None
