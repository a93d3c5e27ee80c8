"""A SQLite database file: how it is opened, and what it must promise before it is used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keyreeve.store.engine import StoreFailure, Unfit

SETTINGS: tuple[tuple[str, str, str | int], ...] = (
    # setting, wanted, and what it reads as when it holds
    # Readers and the writer do not wait for each other, and a commit is one append to one file.
    ("journal_mode", "WAL", "wal"),
    # A commit returns after fsync. With NORMAL the last commits may be lost with the power, with OFF the file too.
    ("synchronous", "FULL", 2),
    # Where fsync leaves data in the drive's cache (macOS), ask for more; elsewhere it says nothing.
    ("fullfsync", "ON", 1),
    ("checkpoint_fullfsync", "ON", 1),
    # Another process has no business here, but a backup may be about to finish.
    ("busy_timeout", "5000", 5000),
    # The log that a burst of writes leaves behind is cut to 64 MiB.
    ("journal_size_limit", "67108864", 67_108_864),
    # What is deleted is overwritten, with the one exception of `sqlite._pack`.
    ("secure_delete", "ON", 1),
    # Functions and virtual tables in a schema that someone else wrote do not run; damaged pages are noticed when read.
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
)


def connect(path: Path) -> sqlite3.Connection:
    """Open a database, or create it for its owner alone, and hold it to its SETTINGS.

    Transactions are begun and ended by statements. Unfit: a setting does not hold, or the file is something else.
    """
    with told("The database cannot be opened"):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        path.chmod(0o600)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            for name, wanted, _ in SETTINGS:
                connection.execute(f"PRAGMA {name} = {wanted}").close()
            check(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def settings(connection: sqlite3.Connection) -> dict[str, str | int]:
    """What the running connection says of each setting."""
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name, _, _ in SETTINGS}


def check(connection: sqlite3.Connection) -> None:
    """Read every setting back from the running connection; Unfit when one does not hold."""
    found = settings(connection)
    for name, wanted, held in SETTINGS:
        if found[name] != held:
            raise Unfit(f"SQLite does not hold {name} = {wanted} (it says {found[name]!r}): writes would not be safe.")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Errors of SQLite and of the system as StoreFailure: what failed, and why."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise Unfit(f"{what}: it is not a SQLite database.") from error
        raise StoreFailure(f"{what}: {reason(error)}.") from error
    except (sqlite3.Error, OSError) as error:
        raise StoreFailure(f"{what}: {reason(error)}.") from error


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another process holds the database",
    sqlite3.SQLITE_LOCKED: "another process holds the database",
    sqlite3.SQLITE_READONLY: "the file or the folder cannot be written",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore a backup",
    sqlite3.SQLITE_CONSTRAINT: "it holds a row that this server did not write; see keyreeve events verify",
}


def reason(error: Exception) -> str:
    """An error in words an operator can act on."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the other bits say where
    if kind == sqlite3.SQLITE_IOERR:
        return f"the disk reports an error ({getattr(error, 'sqlite_errorname', '')})"
    return _REASONS.get(kind) or (isinstance(error, OSError) and error.strerror) or str(error)
