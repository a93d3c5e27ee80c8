"""The engine: where batches of changes rest, in their order. A small interface, so that there can be several.

Identity is what the records tell. Its revision is the engine's `head`: each batch that changes records moves it on by
one. Events and small values ride in the same batches, but move nothing: a node that only records reads conflicts with
no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec


class StoreError(Exception):
    """Something that the store cannot or will not do. The sentence is for the operator."""


class StoreFailure(StoreError):
    """The store could not read or write, or does not know whether it has written."""


class Conflict(StoreFailure):
    """Someone else has written since: nothing was changed. See what they wrote, then try again."""


class NewerData(StoreError):
    """The data was written by a newer version, which knows things that this one would lose."""


class Unfit(StoreError):
    """A database that does not keep its promises, or is none of ours."""


class Duplicate(StoreError):
    """Another record has this value in a unique index."""

    def __init__(self, kind: str, index: str, value: str) -> None:
        super().__init__(f"there is a {kind} already whose {index} is {value}")
        self.kind, self.index, self.value = kind, index, value


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record as it is kept: its place, and its content, or None where it was deleted."""

    account_id: str
    kind: str
    key: str
    data: bytes | None


Late = Callable[[], bytes]
"""What makes a small value when it is saved: of several under one name in a group only the last one is made."""


Blocks = tuple[tuple[int, int, bytes], ...]
"""Rows packed together: first row, last row, content."""

Pack = Callable[[], tuple[Blocks, tuple[bytes, ...]]]
"""What packs events when all before them is kept: the blocks, and the rows that stay loose after them."""


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one transaction wrote: all of it is kept, or nothing.

    `events` are rows for the log, which the engine numbers from 1 without gaps; `metas` are small values by name. The
    engine reads neither. `blocks` take the place of rows that are kept, and of some that never were: these are numbered
    before those in `events`. `late` are small values, and `pack` blocks, that the writer makes before the engine sees
    the batch.
    """

    changes: tuple[Change, ...] = ()
    events: tuple[bytes, ...] = ()
    metas: tuple[tuple[str, bytes], ...] = ()
    late: tuple[tuple[str, Late], ...] = ()
    blocks: Blocks = ()
    pack: Pack | None = None


class Engine(Protocol):
    """What keeps batches. All methods raise StoreFailure when reading or writing fails; any thread may call them."""

    def head(self) -> int:
        """The revision: how many batches have changed records, ever."""

    @property
    def quick(self) -> bool:
        """Whether `append` is likely to return soon: a thread that others wait for may call it."""

    def load(self) -> Iterable[Change]:
        """Every record as of `head`, the deleted ones left out, in no order. Call both when nothing is appended."""

    def since(self, revision: int) -> Iterable[Change]:
        """The newest state of each record changed after this revision. Conflict: too long ago, load again."""

    def append(self, expected: int, batches: Sequence[Batch]) -> int:
        """Keep these batches, all of them or none; the new head, once everything is durable.

        Conflict, if one of them changes records and the head is not `expected`. After any other exception it is
        unknown whether they were kept.
        """

    def events(self, first: int) -> Iterable[tuple[int, bytes]]:
        """The rows that are in no block, from this number on, in order."""

    def blocks(self, first: int) -> Iterable[tuple[int, int, bytes]]:
        """The blocks that end at this number or later, in order: first row, last row, content."""

    def replace_events(self, first: int, last: int, block: bytes | None) -> None:
        """Put a block in the place of all rows and blocks from `first` to `last` (None: delete them)."""

    def meta(self, name: str) -> bytes | None:
        """A small value by its name."""

    def set_meta(self, name: str, value: bytes) -> None:
        """Keep a small value, durable on return. One that belongs to events goes into their batch instead."""

    def forget_meta(self, name: str) -> None:
        """Delete a small value, if there is one."""

    def close(self) -> None:
        """Let go of what is held open."""
