"""Backups: the database as of one moment, as one file, taken while it is in use; and the way back.

A backup holds records and events. Secrets in it are sealed, so it is of no use without the key ring, which is kept
apart: whoever has both has every secret.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from keyreeve.store import schema
from keyreeve.store.database import told
from keyreeve.store.engine import StoreError, Unfit
from keyreeve.store.folder import Folder

LOGS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database that was not closed, and applies to whatever has its name next."""


class Exists(StoreError):
    """There is something already where a file should go."""


def backup(database: Path, target: Path) -> None:
    """Copy a database to a new file of mode 0600. Writers go on meanwhile; what they commit is in it or not, whole.

    The file is complete and on the disk before it has its name. Raises Exists, Unfit or StoreFailure.
    """
    with told(f"The backup to {target} failed"):
        _copy(database, target)


def restore(source: Path, folder: Folder) -> None:
    """Make a backup the database of a claimed folder that has none. Raises Exists, Unfit, NewerData or StoreFailure."""
    _free(folder.database)
    for log in (folder.database.with_name(folder.database.name + suffix) for suffix in LOGS):
        if log.exists() or log.is_symlink():
            raise Exists(f"{log} belongs to a database that was here, and would be applied to this one. Move it away.")
    with told(f"Restoring {source} failed"):
        _copy(source, folder.database)


def _copy(source: Path, target: Path) -> None:
    _free(target)
    partial = target.with_name(f"{target.name}.partial")
    with _emptied(partial):
        # One step copies all pages within one read transaction, so it is one state, and none that a writer can disturb.
        with closing(_readable(source)) as opened, closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            opened.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            verify(copy, source)
        _synced(partial)
        try:
            _named(partial, target)
        except FileExistsError:
            raise Exists(f"{target} is there already, and nothing is overwritten.") from None
    _synced(target.parent)


def _free(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise Exists(f"{target} is there already, and nothing is overwritten. Give another place, or move it away.")


def _named(partial: Path, target: Path) -> None:
    """Give a file its name, which nothing else has. Raises FileExistsError."""
    try:
        os.link(partial, target)  # unlike a rename it never replaces
    except FileExistsError:
        raise
    except OSError:  # some file systems have no links: there a crash in between leaves an empty file of the name
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        partial.replace(target)


def verify(connection: sqlite3.Connection, source: Path) -> None:
    """Whether a database is ours, whole, and one that this version can read. Raises Unfit or NewerData."""
    if schema.version(connection) == 0:
        raise Unfit(f"{source} is empty: it has no data of Keyreeve.")
    found = _faults(connection)
    if found != ["ok"]:
        raise Unfit(f"{source} is damaged: {'; '.join(found)}.")


def _faults(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a database, "ok" for nothing; some pages that are damaged it cannot check at all."""
    try:
        return [line for (line,) in connection.execute("PRAGMA integrity_check(10)")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:  # the other bits say where
            raise
        return [str(error)]


def _readable(source: Path) -> sqlite3.Connection:
    if not source.is_file():
        raise Unfit(f"{source} is not there, or is no file.")
    return sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)


@contextmanager
def _emptied(partial: Path) -> Iterator[None]:
    """A new, empty file of mode 0600, gone at the end; one that a crash left is replaced."""
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        yield
    finally:
        partial.unlink(missing_ok=True)


def _synced(path: Path) -> None:
    """A file or folder, on the disk."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
