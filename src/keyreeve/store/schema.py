"""The schema of a SQLite database of ours, and the steps that bring an older one up to date."""

from __future__ import annotations

import sqlite3

from keyreeve.store.engine import NewerData, Unfit

APPLICATION_ID = 0x4B52_5645  # "KRVE": what file(1) and we know our databases by

STEPS: tuple[tuple[str, ...], ...] = (
    (
        # One row: the engine's head, the number of the newest event ever, and the revision at which the deletions
        # before it were forgotten.
        "CREATE TABLE head (revision INTEGER NOT NULL, event INTEGER NOT NULL, forgotten INTEGER NOT NULL)",
        "INSERT INTO head VALUES (0, 0, 0)",
        # `data` is JSON; NULL where the record was deleted, so that others can learn of it.
        """CREATE TABLE records (
            id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
            data TEXT, revision INTEGER NOT NULL)""",
        "CREATE TABLE events (number INTEGER PRIMARY KEY, row BLOB NOT NULL)",
        "CREATE TABLE blocks (last INTEGER PRIMARY KEY, first INTEGER NOT NULL UNIQUE, block BLOB NOT NULL)",
        "CREATE TABLE metas (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    ),
)
"""What makes version 1 of nothing, version 2 of version 1, and so on. Steps that were released are never changed.

A step that changes what a record is rewrites the rows: reading must lose nothing (see `records.decode`).
"""

VERSION = len(STEPS)


def version(connection: sqlite3.Connection) -> int:
    """The version of a database, 0 for an empty one. Unfit: it is not one of ours. NewerData: it is newer than we."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or found):
        raise Unfit("The database was not made by Keyreeve.")
    if found > VERSION:
        raise NewerData(
            f"The database has schema version {found}, and this version of Keyreeve knows {VERSION}. Use the newer one."
        )
    return int(found)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest version, each step whole or not at all."""
    for number, statements in enumerate(STEPS[version(connection) :], version(connection) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
