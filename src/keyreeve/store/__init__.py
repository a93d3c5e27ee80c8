"""The store: records, events and small values, kept by an engine, and seen through a view with transactions."""

from keyreeve.store.engine import (
    Batch,
    Change,
    Conflict,
    Duplicate,
    Engine,
    NewerData,
    StoreError,
    StoreFailure,
    Unfit,
)
from keyreeve.store.memory import MemoryEngine
from keyreeve.store.sqlite import SqliteEngine
from keyreeve.store.transaction import Transaction
from keyreeve.store.view import View
from keyreeve.store.writer import Writer

__all__ = [
    "Batch",
    "Change",
    "Conflict",
    "Duplicate",
    "Engine",
    "MemoryEngine",
    "NewerData",
    "SqliteEngine",
    "StoreError",
    "StoreFailure",
    "Transaction",
    "Unfit",
    "View",
    "Writer",
]
