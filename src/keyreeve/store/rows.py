"""Where a SQLite database keeps each record: kept in memory, because one process owns the file.

An index in the file would have a page of it rewritten for nearly every record that is made, for its keys are random:
that took a third of the time of saving.
"""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import dataclass, field
from typing import Self

from keyreeve.store.engine import StoreFailure


@dataclass(slots=True)
class Rows:
    """The number of each record's row as of a revision, of the deleted ones too, by account and kind."""

    revision: int
    newest: int = 0
    numbers: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: sqlite3.Connection, revision: int) -> Self:
        """Read them all. StoreFailure: the database holds a record twice, and nobody knows which of them is true."""
        rows = cls(revision)
        for number, account_id, kind, key in connection.execute("SELECT id, account_id, kind, key FROM records"):
            numbers = rows._numbers(account_id, kind)
            if numbers.setdefault(key, number) != number:
                raise StoreFailure(f"The database holds the record {kind} {key} of account {account_id} twice.")
            rows.newest = max(rows.newest, number)
        return rows

    def of(self, account_id: str, kind: str, key: str) -> int:
        """The number of a record's row; the next one for a record that has none yet."""
        numbers = self._numbers(account_id, kind)
        number = numbers.get(key)
        if number is None:
            self.newest += 1
            number = numbers[key] = self.newest
        return number

    def _numbers(self, account_id: str, kind: str) -> dict[str, int]:
        place = (account_id, kind)
        numbers = self.numbers.get(place)
        if numbers is None:
            numbers = self.numbers[sys.intern(account_id), sys.intern(kind)] = {}
        return numbers
