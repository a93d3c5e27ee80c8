"""Status: what can be switched off and on again, at once."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from keyreeve.entities import Record
from keyreeve.faults import ValidationError

R = TypeVar("R", bound=Record)

_STATUS = (
    "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set"
)


def switched(record: R, status: str) -> R:
    """The record with this status; ValidationError unless it is Active or Inactive.

    The model's enum has a third value, Expired, that credentials come to and nobody sets.
    """
    if status not in {"Active", "Inactive"}:
        raise ValidationError(_STATUS)
    return msgspec.structs.replace(record, status=status)
