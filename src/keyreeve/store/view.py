"""The view: every record, decoded and indexed, as of the newest commit.

One thread owns it: begins, commits and reloads. A commit is true in the view at once and durable a little later, so
whoever answers from it waits until the revision it saw is (`wait`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from keyreeve.entities import KINDS, Record
from keyreeve.store import records
from keyreeve.store.engine import Batch, Change, Conflict, Engine, Late, Pack, StoreFailure
from keyreeve.store.table import Layer, Table
from keyreeve.store.transaction import Transaction
from keyreeve.store.writer import Done, Writer

Layers = Mapping[tuple[type[Record], str], Layer[Any]]

TOPICS_KEPT = 100_000
"""Past so many changed topics all count as changed now."""


class View:
    """The view of an engine. Revisions count the commits that it has seen; they only grow, also over a reload."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.nothing: dict[type[Record], Table[Any]] = {kind: Table(kind) for kind in KINDS.values()}
        """An empty table of each kind, for accounts that have none."""
        self.on_reload: list[Callable[[], None]] = []
        """Called after each reload: what was folded from lost commits has to be forgotten. One that raises fails it."""
        head = engine.head()
        self.revision = self.changed = head
        """The newest commit, and the one at which a record last changed, or a later one."""
        self.writer = Writer(engine, revision=head, head=head)
        self._load()

    # Reading and changing.

    def begin(self) -> Transaction:
        """Open a transaction. After a failure the view is loaded anew first; StoreFailure if that cannot be."""
        if self.writer.failure is not None:
            self.reload()
        return Transaction(self, self._tables, self.revision)

    def look(self) -> Transaction:
        """What there is now, to read from while another transaction is open: a failure is not this one's to mend."""
        return Transaction(self, self._tables, self.revision)

    def holds(self, revision: int, topics: Iterable[str]) -> bool:
        """Whether no record that names one of these topics has changed since a revision."""
        if revision >= self.changed:
            return True
        if self._untouched > revision:
            return False
        touched = self._touched
        for topic in topics:  # noqa: SIM110  a loop takes half as long as any()
            if touched.get(topic, 0) > revision:
                return False
        return True

    def take(
        self,
        seen: int,
        layers: Layers,
        rows: list[bytes],
        metas: Mapping[str, bytes],
        late: Mapping[str, Late],
        pack: Pack | None = None,
    ) -> int:
        """Queue and show what a transaction changed; its revision. `Transaction.commit` is the way here."""
        if seen != self.revision:
            raise Conflict("Another transaction was committed meanwhile.")
        changes = [
            records.change(kind, account_id, key, record)
            for (kind, account_id), layer in layers.items()
            for key, record in layer.changes.items()
        ]
        batch = Batch(tuple(changes), tuple(rows), tuple(metas.items()), tuple(late.items()), pack=pack)
        self.writer.submit(self.revision + 1, batch)
        self.revision += 1
        if layers:
            self.changed = self.revision
            for (kind, account_id), layer in layers.items():
                self._apply(kind, account_id, layer.changes)
        return self.revision

    # Being durable.

    @property
    def durable(self) -> int:
        """The newest revision that is saved."""
        return self.writer.durable

    def wait(self, revision: int, done: Done) -> None:
        """Have `done` called, from any thread, when the revision is durable (None) or lost (StoreFailure)."""
        self.writer.wait(revision, done)
        self.writer.kick()

    def save(self) -> None:
        """Save what is queued, in this thread; StoreFailure when that fails. For where no writer is started."""
        self.writer.save()

    # Moving on.

    def reload(self) -> None:
        """Forget what is not durable and load everything anew.

        Revisions that were lost are never used again, nor is the one that would have come next: it may have been told
        already to somebody who waits for it (`EventLog.pledge`).
        """
        if self.writer.failure is None:
            self.save()
        try:
            head = self.engine.head()
            self._load()
        except StoreFailure as failure:
            self.writer.fail(failure)
            raise
        self.revision += 2
        self._untouched = self.changed = self.revision
        self.writer.resume(self.revision, head)
        try:
            for reloaded in self.on_reload:
                reloaded()
        except Exception as error:
            self.writer.fail(StoreFailure(f"Not everything could be loaded anew: {error!r}."))
            raise

    def move_on(self) -> int:
        """Take in what other nodes have written; the revision after. To be called when nothing of ours is queued."""
        self.save()
        head = self.engine.head()
        if head != self.writer.head:
            self.revision += 2  # as when all is loaded anew
            self.changed = self.revision
            for (kind, account_id), changes in _sorted(self.engine.since(self.writer.head)).items():
                self._apply(kind, account_id, changes)
            self.writer.resume(self.revision, head)
        return self.revision

    def _load(self) -> None:
        tables: dict[type[Record], dict[str, Table[Any]]] = {kind: {} for kind in KINDS.values()}
        for (kind, account_id), changes in _sorted(self.engine.load()).items():
            table = tables[kind][account_id] = Table(kind)
            table.apply(changes)
        self._tables = tables
        self._touched: dict[str, int] = {}
        self._untouched = self.revision

    def _apply(self, kind: type[Record], account_id: str, changes: Mapping[str, Record | None]) -> None:
        table = self._tables[kind].get(account_id)
        if table is None:
            table = self._tables[kind][account_id] = Table(kind)
        touched, revision = self._touched, self.revision
        for key, record in changes.items():
            before = table.records.get(key)
            for topic in () if before is None else before.topics:
                touched[topic] = revision
            for topic in () if record is None else record.topics:
                touched[topic] = revision
        table.apply(changes)
        if len(self._touched) > TOPICS_KEPT:
            self._touched, self._untouched = {}, self.revision


def _sorted(found: Iterable[Change]) -> dict[tuple[type[Record], str], dict[str, Record | None]]:
    """Changes as records, by the table they belong to."""
    tables: dict[tuple[type[Record], str], dict[str, Record | None]] = defaultdict(dict)
    for change in found:
        tables[records.kind_of(change), change.account_id][change.key] = records.decode(change)
    return tables
