"""Records: what every entity has, and how it can be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec


@dataclass(frozen=True, slots=True)
class Index:
    """A way to find records of one kind within an account.

    `of` gives the value a record is filed under, or None to leave it out. A `unique` index files one record under a
    value and keeps the values in order (listings page over it); another files any number.
    """

    name: str
    of: Callable[[Any], str | None]
    unique: bool = False


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something kept under (account, kind, key). Equal names in two accounts are two records."""

    INDEXES: ClassVar[tuple[Index, ...]] = ()

    account_id: str

    @property
    def key(self) -> str:
        """The record's own key: unique within its account and kind, and never reused."""
        raise TypeError(f"{type(self).__name__} does not say what its key is")

    @property
    def topics(self) -> tuple[str, ...]:
        """The unique ids and ARNs of the principals and policies that a change of this record bears on."""
        return (self.key,)


class Tag(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tag: a key of 1 to 128 characters and a value of up to 256."""

    key: str
    value: str


class Boundary(msgspec.Struct, frozen=True):
    """The managed policy that bounds a user's or a role's permissions."""

    permissions_boundary_arn: str

    @property
    def permissions_boundary_type(self) -> str:
        """Always `Policy`: what AWS answers, though the model's enum says PermissionsBoundaryPolicy."""
        return "Policy"
