"""Transactions: the view with changes of one's own laid over it, which all become true at once or not at all."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from keyreeve.entities import Record
from keyreeve.store.engine import Duplicate, Late, Pack
from keyreeve.store.table import Layer, Table

if TYPE_CHECKING:
    from keyreeve.store.view import View

R = TypeVar("R", bound=Record)


class Transaction:
    """A transaction; `View.begin` opens it. It belongs to the thread of its view.

    Every read sees the changes made before it in the same transaction. `kind` is a class of `entities`, `index` a name
    in its INDEXES (KeyError for others), and a value is one that the index's `of` gives (lower case, for names).
    """

    __slots__ = ("_late", "_layers", "_metas", "_pack", "_rows", "_tables", "_view", "seen")

    def __init__(self, view: View, tables: dict[type[Record], dict[str, Table[Any]]], seen: int) -> None:
        self._view, self._tables = view, tables
        self.seen = seen
        """The view's revision when the transaction began."""
        self._layers: dict[tuple[type[Record], str], Layer[Any]] = {}
        self._rows: list[bytes] = []
        self._metas: dict[str, bytes] = {}
        self._late: dict[str, Late] = {}
        self._pack: Pack | None = None

    # Reading.

    def get(self, kind: type[R], account_id: str, key: str) -> R | None:
        """The record with this key."""
        found: R | None
        if self._layers and (layer := self._layers.get((kind, account_id))) is not None and key in layer.changes:
            found = layer.changes[key]
            return found
        table = self._tables[kind].get(account_id)
        if table is None:
            return None
        found = table.records.get(key)
        return found

    def find(self, kind: type[R], account_id: str, index: str, value: str) -> R | None:
        """The record under this value of a unique index."""
        table, layer = self._parts(kind, account_id)
        if layer is not None and (changed := layer.table.unique[index].by_value.get(value)) is not None:
            return changed
        found = table.unique[index].by_value.get(value)
        return None if found is None or (layer is not None and found.key in layer.changes) else found

    def where(self, kind: type[R], account_id: str, index: str, value: str) -> list[R]:
        """The records under this value of an index that is not unique; those changed just now come last."""
        table, layer = self._parts(kind, account_id)
        found = table.grouped[index].under(value)
        if layer is None:
            return found
        return [record for record in found if record.key not in layer.changes] + layer.table.grouped[index].under(value)

    def page(self, kind: type[R], account_id: str, index: str, after: str | None = None) -> Iterator[R]:
        """The records in the order of a unique index, from the first one whose value is greater than `after`.

        Changes made while iterating are not seen. Records without a value are left out.
        """
        table, layer = self._parts(kind, account_id)
        found = table.unique[index].after(after)
        if layer is None:
            return found
        ordered, changed = layer.table.unique[index], frozenset(layer.changes)
        unchanged = (record for record in found if record.key not in changed)
        return heapq.merge(unchanged, list(ordered.after(after)), key=lambda record: ordered.of(record) or "")

    def all(self, kind: type[R], account_id: str) -> list[R]:
        """Every record of a kind in an account."""
        table, layer = self._parts(kind, account_id)
        if layer is None:
            return list(table.records.values())
        unchanged = [record for key, record in table.records.items() if key not in layer.changes]
        return unchanged + [record for record in layer.changes.values() if record is not None]

    def everywhere(self, kind: type[R]) -> list[R]:
        """Every record of a kind in all accounts."""
        accounts = dict.fromkeys(self._tables[kind])
        accounts.update((account_id, None) for changed, account_id in self._layers if changed is kind)
        return [record for account_id in accounts for record in self.all(kind, account_id)]

    def count(self, kind: type[Record], account_id: str) -> int:
        """How many records of a kind an account has."""
        table, layer = self._parts(kind, account_id)
        if layer is None:
            return len(table.records)
        before = sum(1 for key in layer.changes if key in table.records)
        after = sum(1 for record in layer.changes.values() if record is not None)
        return len(table.records) - before + after

    def _parts(self, kind: type[R], account_id: str) -> tuple[Table[R], Layer[R] | None]:
        """The table, and what is changed in it, if anything is."""
        table = self._tables[kind].get(account_id)
        layer = self._layers.get((kind, account_id)) if self._layers else None
        return self._view.nothing[kind] if table is None else table, layer

    # Changing.

    def put(self, record: Record) -> None:
        """Add a record or replace the one with its key. Raises Duplicate for a value that another record has."""
        kind, key = type(record), record.key
        table, layer = self._parts(kind, record.account_id)
        for index, ordered in table.unique.items():
            value = ordered.of(record)
            if value is None:
                continue
            holder = ordered.by_value.get(value) if layer is None else self.find(kind, record.account_id, index, value)
            if holder is not None and holder.key != key:
                raise Duplicate(kind.__name__, index, value)
        self._layer(kind, record.account_id).change(key, record)

    def delete(self, record: Record) -> None:
        """Delete the record with this one's key; nothing happens if there is none."""
        self._layer(type(record), record.account_id).change(record.key, None)

    def _layer(self, kind: type[Record], account_id: str) -> Layer[Any]:
        place = (kind, account_id)
        layer = self._layers.get(place)
        if layer is None:
            layer = self._layers[place] = Layer(kind)
        return layer

    def record_events(self, *rows: bytes) -> None:
        """Append rows to the log, with the changes or without any."""
        self._rows += rows

    def set_meta(self, name: str, value: bytes) -> None:
        """Keep a small value. Only the engine reads it back, once it is durable."""
        self._metas[name] = value

    def make_meta(self, name: str, make: Late) -> None:
        """Keep a small value that is made when it is saved, in the writer's thread."""
        self._late[name] = make

    def pack_events(self, pack: Pack) -> None:
        """Append what is packed when it is saved, in the writer's thread, before all other rows of the transaction."""
        self._pack = pack

    # Ending.

    @property
    def changed(self) -> bool:
        """Whether a record was put or deleted."""
        return bool(self._layers)

    def commit(self) -> int:
        """Make the changes true in the view, at once, and queue them for saving.

        The answer is the revision to wait for (`View.wait`) before anyone is told what was changed, or read: without
        changes it is the view's, which may not be durable yet. Raises Conflict when another transaction committed since
        this one began, and StoreFailure when what it read was lost; neither changes anything.
        """
        if not (self._layers or self._rows or self._metas or self._late or self._pack):
            return self._view.revision
        revision = self._view.take(self.seen, self._layers, self._rows, self._metas, self._late, self._pack)
        self.rollback()
        self.seen = revision
        return revision

    def rollback(self) -> None:
        """Forget the changes. The transaction can be used on."""
        self._layers, self._rows, self._metas, self._late, self._pack = {}, [], {}, {}, None
