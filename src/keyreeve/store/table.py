"""Tables: the records of one kind in one account, and the indexes over them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from keyreeve.entities import Record
from keyreeve.store.engine import Duplicate

R = TypeVar("R", bound=Record)

BULK = 32
"""From so many new values on, sorting is cheaper than inserting each."""


class Ordered(Generic[R]):
    """A unique index: one record under a value, the values in order (of their code points)."""

    __slots__ = ("_of", "by_value", "name", "values")

    def __init__(self, name: str, of: Callable[[R], str | None]) -> None:
        self.name, self._of = name, of
        self.by_value: dict[str, R] = {}
        self.values: list[str] = []

    def of(self, record: R) -> str | None:
        """The value a record is filed under, if any."""
        return self._of(record)

    def after(self, value: str | None) -> Iterator[R]:
        """The records with higher values, in order; to be read before the index changes."""
        first = 0 if value is None else bisect_right(self.values, value)
        return map(self.by_value.__getitem__, map(self.values.__getitem__, range(first, len(self.values))))

    def add(self, record: R) -> None:
        """File a record that is new."""
        value = self._of(record)
        if value is None:
            return
        if value in self.by_value:
            raise Duplicate(type(record).__name__, self.name, value)
        self.by_value[value] = record
        insort(self.values, value)

    def move(self, moves: list[tuple[str, R | None, R | None]]) -> None:
        """Take all old values out before new ones come in: records may have exchanged theirs."""
        of = self._of
        places = [(None if old is None else of(old), None if new is None else of(new), new) for _, old, new in moves]
        for before, after, _ in places:
            if before is not None and before != after:
                del self.by_value[before]
                del self.values[bisect_left(self.values, before)]
        added = []
        for before, after, new in places:
            if after is None or new is None:
                continue
            if before != after:
                if after in self.by_value:
                    raise Duplicate(type(new).__name__, self.name, after)
                added.append(after)
            self.by_value[after] = new
        self._add(added)

    def _add(self, values: list[str]) -> None:
        if len(values) < BULK:
            for value in values:
                insort(self.values, value)
        else:
            self.values.extend(values)
            self.values.sort()


class Grouped(Generic[R]):
    """An index of any number of records under a value, by their keys; one alone needs no dictionary."""

    __slots__ = ("_of", "by_value")

    def __init__(self, of: Callable[[R], str | None]) -> None:
        self._of = of
        self.by_value: dict[str, R | dict[str, R]] = {}

    def under(self, value: str) -> list[R]:
        """The records under a value, in the order in which they came there."""
        group = self.by_value.get(value)
        if group is None:
            return []
        return list(group.values()) if isinstance(group, dict) else [group]

    def add(self, key: str, record: R) -> None:
        """File a record that is new."""
        value = self._of(record)
        if value is not None:
            self._add(value, key, record)

    def move(self, moves: list[tuple[str, R | None, R | None]]) -> None:
        """Refile records."""
        of = self._of
        for key, old, new in moves:
            before = None if old is None else of(old)
            after = None if new is None else of(new)
            if before is not None and before != after:
                self._take(before, key)
            if after is not None and new is not None:
                self._add(after, key, new)

    def _take(self, value: str, key: str) -> None:
        group = self.by_value[value]
        if isinstance(group, dict) and len(group) > 1:
            del group[key]
        else:
            del self.by_value[value]

    def _add(self, value: str, key: str, record: R) -> None:
        group = self.by_value.get(value)
        if isinstance(group, dict):
            group[key] = record
        elif group is None or group.key == key:
            self.by_value[value] = record
        else:
            self.by_value[value] = {group.key: group, key: record}


class Table(Generic[R]):
    """The records by their keys. What is changed is changed in all indexes."""

    __slots__ = ("grouped", "records", "unique")

    def __init__(self, kind: type[R]) -> None:
        self.records: dict[str, R] = {}
        self.unique: dict[str, Ordered[R]] = {}
        self.grouped: dict[str, Grouped[R]] = {}
        for index in kind.INDEXES:
            if index.unique:
                self.unique[index.name] = Ordered(index.name, index.of)
            else:
                self.grouped[index.name] = Grouped(index.of)

    def apply(self, changes: Mapping[str, R | None]) -> None:
        """Put records under their keys, or with None delete them. Duplicate leaves the table unfit for use."""
        records = self.records
        if len(changes) == 1:
            ((key, record),) = changes.items()
            if record is not None and key not in records:
                self._add(key, record)
                return
        moves = [(key, records.get(key), record) for key, record in changes.items()]
        for ordered in self.unique.values():
            ordered.move(moves)
        for grouped in self.grouped.values():
            grouped.move(moves)
        for key, record in changes.items():
            if record is None:
                records.pop(key, None)
            else:
                records[key] = record

    def _add(self, key: str, record: R) -> None:
        """The same for one record that is new, as most changes are."""
        for ordered in self.unique.values():
            ordered.add(record)
        for grouped in self.grouped.values():
            grouped.add(key, record)
        self.records[key] = record


class Layer(Generic[R]):
    """What a transaction changed in a table: records by key, None for those it deleted.

    They are indexed when they are first asked for by an index: most transactions change one record and never ask.
    """

    __slots__ = ("_kind", "_table", "changes")

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self._table: Table[R] | None = None
        self.changes: dict[str, R | None] = {}

    def change(self, key: str, record: R | None) -> None:
        """Put a record, or with None delete it."""
        self.changes[key] = record
        if self._table is not None:
            self._table.apply({key: record})

    @property
    def table(self) -> Table[R]:
        """The changed records that are there, indexed."""
        if self._table is None:
            self._table = Table(self._kind)
            self._table.apply(self.changes)
        return self._table
