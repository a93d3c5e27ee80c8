"""A database read beside its owner: what is durable, without the folder's lock and without changing a byte."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Lock

from keyreeve.store import schema
from keyreeve.store.database import told
from keyreeve.store.engine import StoreError, Unfit
from keyreeve.store.sqlite import SqliteEngine


class SqliteReader(SqliteEngine):
    """An engine that only reads. Raises Unfit, NewerData or StoreFailure when it cannot."""

    def __init__(self, path: Path) -> None:  # pylint: disable=super-init-not-called
        self.path = path
        self._writes, self._reads = Lock(), Lock()
        self._unsure, self._writer = False, None
        if not path.is_file():
            raise Unfit(f"{path.parent} holds no data of Keyreeve. Give another folder with --data.")
        with told(f"The database {path} cannot be read"):
            self._reader = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=5,
                check_same_thread=False,
            )
            try:
                current = schema.version(self._reader) == schema.VERSION
            except BaseException:
                self.close()
                raise
            if not current:
                self.close()
                raise StoreError(f"{path} is of an older version. Start the server once: it brings it up to date.")

    def last_event(self) -> int:
        """The number of the newest event."""
        return int(self._read("SELECT event FROM head")[0][0])

    def _opened(self) -> sqlite3.Connection:
        raise StoreError(f"{self.path} is open for reading only.")
