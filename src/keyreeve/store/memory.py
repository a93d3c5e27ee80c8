"""The engine in memory: for tests, and for whoever wants to keep nothing. Bytes, as the others keep them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from keyreeve.store.engine import Batch, Change, Conflict


class MemoryEngine:
    """An engine whose content ends with the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._head = 0
        self._records: dict[tuple[str, str, str], tuple[int, Change]] = {}
        self._last_event = 0
        self._events: dict[int, bytes] = {}
        self._blocks: dict[tuple[int, int], bytes] = {}
        self._metas: dict[str, bytes] = {}

    def head(self) -> int:
        """The revision."""
        return self._head

    @property
    def quick(self) -> bool:
        """Always."""
        return True

    def load(self) -> Iterable[Change]:
        """Every record."""
        return [change for _, change in self._records.values() if change.data is not None]

    def since(self, revision: int) -> Iterable[Change]:
        """What changed after a revision."""
        return [change for changed, change in self._records.values() if changed > revision]

    def append(self, expected: int, batches: Sequence[Batch]) -> int:
        """Keep batches."""
        with self._lock:
            if self._head != expected and any(batch.changes for batch in batches):
                raise Conflict(f"The store is at revision {self._head}, not at {expected}.")
            for batch in batches:
                self._keep(batch)
            return self._head

    def _keep(self, batch: Batch) -> None:
        self._head += bool(batch.changes)
        for change in batch.changes:
            self._records[change.account_id, change.kind, change.key] = (self._head, change)
        for first, last, block in batch.blocks:
            self._pack(first, last, block)
            self._last_event = max(self._last_event, last)
        self._events.update(enumerate(batch.events, self._last_event + 1))
        self._last_event += len(batch.events)
        self._metas.update(batch.metas)

    def events(self, first: int) -> Iterable[tuple[int, bytes]]:
        """Rows in no block."""
        with self._lock:
            return [(number, self._events[number]) for number in sorted(self._events) if number >= first]

    def blocks(self, first: int) -> Iterable[tuple[int, int, bytes]]:
        """Blocks."""
        with self._lock:
            return [(*span, self._blocks[span]) for span in sorted(self._blocks) if span[1] >= first]

    def replace_events(self, first: int, last: int, block: bytes | None) -> None:
        """A block for rows and blocks."""
        with self._lock:
            self._pack(first, last, block)

    def _pack(self, first: int, last: int, block: bytes | None) -> None:
        self._events = {number: row for number, row in self._events.items() if not first <= number <= last}
        self._blocks = {span: data for span, data in self._blocks.items() if not first <= span[0] <= last}
        if block is not None:
            self._blocks[first, last] = block

    def meta(self, name: str) -> bytes | None:
        """A small value."""
        return self._metas.get(name)

    def set_meta(self, name: str, value: bytes) -> None:
        """Keep a small value."""
        self._metas[name] = value

    def forget_meta(self, name: str) -> None:
        """Delete a small value."""
        self._metas.pop(name, None)

    def close(self) -> None:
        """Nothing is held open."""
