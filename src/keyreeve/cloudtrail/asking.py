"""Asking: what CloudTrail's operations need permission for (Service Authorization Reference, "AWS CloudTrail")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.operations import Ask, Call


def everything(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    """Ask about `*`: listings and look-ups."""
    yield Ask(action)
