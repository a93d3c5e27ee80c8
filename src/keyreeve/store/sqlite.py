"""The engine on SQLite: one file, one process. One connection writes, another reads beside it.

Python's module gives up the interpreter for every step of a statement, and getting it back from a busy thread takes up
to five milliseconds. So rows are written many to a statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from keyreeve.store import schema
from keyreeve.store.database import connect, settings, told
from keyreeve.store.engine import Batch, Change, Conflict, StoreFailure
from keyreeve.store.rows import Rows

ROWS_PER_STATEMENT = 64
ROWS_PER_READ = 1000
BLOCKS_PER_READ = 8

QUICK_SECONDS = 0.01
"""How long a commit may take that others wait for, with whatever it waits for itself."""

QUICK_COMMITS = 8
"""How many commits in turn have to be that quick after one that was not, or that failed."""

COLUMNS = ("account_id", "kind", "key", "data", "revision")
UPSERT = f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS)}"
NOT_WRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY}
"""Errors after which it is known that a transaction that could be rolled back left nothing."""


class SqliteEngine:
    """An engine that keeps everything in the database at `path`, which is made or brought up to date.

    Raises Unfit, NewerData or StoreFailure when it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writes, self._reads = Lock(), Lock()
        self._unsure = False
        self._slow = 0
        self._rows: Rows | None = None
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        try:
            self._begin()
        except BaseException:
            self.close()  # what is refused is not held open
            raise

    def _begin(self) -> None:
        with self._writes, told(f"The database {self.path} cannot be used"):
            connection = self._opened()
            schema.upgrade(connection)
            # Nobody asks any more what was deleted before: one process owns the file, and it has just begun.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM records WHERE data IS NULL")
            connection.execute("UPDATE head SET forgotten = revision")
            connection.execute("COMMIT")
            self._rows = Rows.read(connection, connection.execute("SELECT revision FROM head").fetchone()[0])

    # Records.

    def head(self) -> int:
        """The revision."""
        return int(self._read("SELECT revision FROM head")[0][0])

    @property
    def quick(self) -> bool:
        """Whether nobody writes, and the last commits were on disk within QUICK_SECONDS each."""
        return not (self._slow or self._writes.locked())

    def load(self) -> Iterable[Change]:
        """Every record, in the order in which they came."""
        query = """SELECT id, account_id, kind, key, CAST(data AS BLOB) FROM records
            WHERE id > ? AND data IS NOT NULL ORDER BY id LIMIT ?"""
        return (Change(*row[1:]) for row in self._each(query, 0, ROWS_PER_READ))

    def since(self, revision: int) -> Iterable[Change]:
        """What changed after a revision. It reads the whole table: with one owner nobody asks often."""
        if revision < self._read("SELECT forgotten FROM head")[0][0]:
            raise Conflict(f"What was deleted since revision {revision} is forgotten.")
        query = "SELECT account_id, kind, key, CAST(data AS BLOB) FROM records WHERE revision > ? ORDER BY revision"
        return [Change(*row) for row in self._read(query, revision)]

    def append(self, expected: int, batches: Sequence[Batch]) -> int:
        """Keep batches, in one transaction."""
        with self._writing("Saving failed") as connection:
            revision, event = connection.execute("SELECT revision, event FROM head").fetchone()
            if revision != expected and any(batch.changes for batch in batches):
                raise Conflict(f"The database is at revision {revision}, not at {expected}.")
            revision = self._change(connection, revision, batches)
            metas = {name: value for batch in batches for name, value in batch.metas}
            event = _record(connection, event, batches)
            _insert(
                connection,
                "metas (name, value)",
                list(metas.items()),
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            connection.execute("UPDATE head SET revision = ?, event = ?", (revision, event))
        return int(revision)

    def _change(self, connection: sqlite3.Connection, revision: int, batches: Sequence[Batch]) -> int:
        """Keep the newest state of each record in batches that follow this revision; the revision after them."""
        if not any(batch.changes for batch in batches):
            return revision
        rows = self._rows
        if rows is None or rows.revision != revision:
            rows = self._rows = Rows.read(connection, revision)
        newest: dict[int, tuple[Any, ...]] = {}
        for batch in batches:
            rows.revision += bool(batch.changes)
            for change in batch.changes:
                row = rows.of(change.account_id, change.kind, change.key)
                data = change.data and change.data.decode()
                newest[row] = (row, change.account_id, change.kind, change.key, data, rows.revision)
        _insert(connection, f"records (id, {', '.join(COLUMNS)})", list(newest.values()), UPSERT)
        return rows.revision

    # Events and small values.

    def events(self, first: int) -> Iterable[tuple[int, bytes]]:
        """Rows in no block."""
        query = "SELECT number, CAST(row AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
        return self._each(query, first - 1, ROWS_PER_READ)

    def blocks(self, first: int) -> Iterable[tuple[int, int, bytes]]:
        """Blocks."""
        query = (
            "SELECT last, CAST(first AS INTEGER), CAST(block AS BLOB) FROM blocks WHERE last > ? ORDER BY last LIMIT ?"
        )
        rows = self._each(query, first - 1, 1, BLOCKS_PER_READ)  # who asks for one shall not read eight
        return ((start, last, block) for last, start, block in rows)

    def replace_events(self, first: int, last: int, block: bytes | None) -> None:
        """A block for rows and blocks."""
        with self._writing("Packing events failed") as connection:
            _pack(connection, first, last, block)

    def meta(self, name: str) -> bytes | None:
        """A small value."""
        found = self._read("SELECT CAST(value AS BLOB) FROM metas WHERE name = ?", name)
        return found[0][0] if found else None

    def set_meta(self, name: str, value: bytes) -> None:
        """Keep a small value."""
        self.append(0, [Batch(metas=((name, value),))])

    def forget_meta(self, name: str) -> None:
        """Delete a small value."""
        with self._writing("Deleting failed") as connection:
            connection.execute("DELETE FROM metas WHERE name = ?", (name,))

    def settings(self) -> dict[str, str | int]:
        """What the connection that writes says of each of the database's SETTINGS."""
        with self._writes, told("The database cannot be used"):
            return settings(self._opened())

    def close(self) -> None:
        """Close the file; nothing else can be asked of the engine then, or it is opened again."""
        with self._writes, self._reads:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    connection.close()
            self._writer = self._reader = None

    # Connections.

    @contextmanager
    def _writing(self, failed: str) -> Iterator[sqlite3.Connection]:
        """A transaction of the writing connection: committed at the end, rolled back on any exception."""
        with self._writes, told(failed):
            connection = self._opened()
            try:
                began = monotonic()
                connection.execute("BEGIN IMMEDIATE")  # waits for other processes, up to the busy_timeout
                waited = monotonic() - began
                yield connection
                began = monotonic()
                connection.execute("COMMIT")
                waited += monotonic() - began
                self._slow = QUICK_COMMITS if waited > QUICK_SECONDS else max(0, self._slow - 1)
            except BaseException as error:
                self._slow = QUICK_COMMITS
                self._rows = None
                self._undo(connection, error)
                raise

    def _undo(self, connection: sqlite3.Connection, error: BaseException) -> None:
        """Roll back. Where that leaves a doubt, the next one to write starts with a new connection."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._unsure = isinstance(error, sqlite3.Error) and error.sqlite_errorcode not in NOT_WRITTEN
        except (sqlite3.Error, AttributeError):
            self._unsure = True
        if self._unsure:
            self._writer = None
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        """The writing connection.

        After a doubtful error the log may hold a commit that fsync did not confirm, and a later fsync would not tell.
        So what can be read is first written anew, into the database itself.
        """
        if self._writer is None:
            connection = connect(self.path)
            try:
                self._confirm(connection)
            except BaseException:
                connection.close()
                raise
            self._writer = connection
        return self._writer

    def _confirm(self, connection: sqlite3.Connection) -> None:
        if self._unsure:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise StoreFailure("The database is being read; what it holds cannot be confirmed yet.")
            self._unsure = False

    def _read(self, query: str, *values: object) -> list[Any]:
        if self._unsure:
            with self._writes, told("The database cannot be used"):
                self._opened()
        with self._reads, told("Reading failed"):
            if self._reader is None:
                self._reader = connect(self.path)
                self._reader.execute("PRAGMA query_only = ON")
            return self._reader.execute(query, values).fetchall()

    def _each(self, query: str, after: int, portion: int, most: int = 0) -> Iterator[Any]:
        """The rows of a query in portions: each starts after the first column of the row before it.

        Portions grow from the first one's size up to `most`.
        """
        while rows := self._read(query, after, portion):
            yield from rows
            after = rows[-1][0]
            portion = min(2 * portion, most) if most else portion


def _record(connection: sqlite3.Connection, newest: int, batches: Sequence[Batch]) -> int:
    """The blocks and rows of batches, after the row numbered `newest`; the number of the last one."""
    rows: list[tuple[int, bytes]] = []
    for batch in batches:
        if batch.blocks:
            _insert(connection, "events (number, row)", rows)  # a block may cover them
            rows = []
        for first, last, block in batch.blocks:
            _pack(connection, first, last, block)
            newest = max(newest, last)
        rows += enumerate(batch.events, newest + 1)
        newest += len(batch.events)
    _insert(connection, "events (number, row)", rows)
    return newest


def _pack(connection: sqlite3.Connection, first: int, last: int, block: bytes | None) -> None:
    """A block, if there is one, for the rows and blocks from `first` to `last`.

    Pages that they leave wait to be used again as they are: to overwrite them would write every event twice more, and
    events hold no secrets.
    """
    connection.execute("PRAGMA secure_delete = FAST").close()
    try:
        connection.execute("DELETE FROM events WHERE number BETWEEN ? AND ?", (first, last))
        connection.execute("DELETE FROM blocks WHERE first BETWEEN ? AND ?", (first, last))
    finally:
        connection.execute("PRAGMA secure_delete = ON").close()
    if block is not None:
        connection.execute("INSERT INTO blocks (first, last, block) VALUES (?, ?, ?)", (first, last, block))


def _insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]], otherwise: str = "") -> None:
    """Insert rows, many to a statement: in powers of two, so that few statements serve all numbers."""
    start, size = 0, ROWS_PER_STATEMENT
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        part = rows[start : start + size]
        one = f"({', '.join('?' * len(part[0]))})"
        # Only names and question marks of ours are in the statement.
        statement = f"INSERT INTO {into} VALUES {', '.join([one] * size)} {otherwise}"  # noqa: S608
        connection.execute(statement, [value for row in part for value in row])
        start += size
