"""The catalogue of all AWS managed policies: what ships, and what is newer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from typing import Protocol

import msgspec

from keyreeve.catalogue.managed import AwsManagedPolicy, Index, ShippedPolicy, UpdatedPolicy, index, number


class Updates(Protocol):
    """What is newer than the data that ships: the store keeps it."""

    def get(self, arn: str) -> UpdatedPolicy | None:
        """The policy with this ARN, where it came or changed."""

    def after(self, name: str) -> Iterator[UpdatedPolicy]:
        """Those that came or changed whose names come after this one, in the order of names in lower case."""


class Catalogue:
    """All AWS managed policies, in the order of their names without regard to case (as a listing gives them).

    Of a policy that ships and was updated, the one with the higher default version counts.
    """

    def __init__(self, shipped: Index, updates: Updates | None = None) -> None:
        self.source = shipped.source
        self.checksum = shipped.checksum
        self._updates = updates
        self._policies = shipped.policies
        self._names = [policy.policy_name.lower() for policy in shipped.policies]
        self._by_arn = {policy.arn: policy for policy in shipped.policies}

    @classmethod
    def load(cls, updates: Updates | None = None) -> Catalogue:
        """The catalogue that ships with Keyreeve, and its updates: some milliseconds, and no text is opened."""
        return cls(index(), updates)

    def get(self, arn: str) -> AwsManagedPolicy | None:
        """The policy with this ARN, which regards case."""
        shipped = self._by_arn.get(arn)
        updated = None if self._updates is None else self._updates.get(arn)
        return shipped if updated is None else _newest(shipped, updated)

    def after(self, name: str | None) -> Iterator[AwsManagedPolicy]:
        """The policies whose names come after this one, or all."""
        start = 0 if name is None else bisect_right(self._names, name.lower())
        shipped = (self._policies[position] for position in range(start, len(self._policies)))
        if self._updates is None:
            return shipped
        return _merged(shipped, self._updates.after((name or "").lower()))

    def __iter__(self) -> Iterator[AwsManagedPolicy]:
        return self.after(None)

    def __len__(self) -> int:
        return len(self._policies) if self._updates is None else sum(1 for _ in self)


def _newest(shipped: ShippedPolicy | None, updated: UpdatedPolicy) -> AwsManagedPolicy:
    """The policy that counts: the updated one or, with what that knows of older versions, a newer one that ships."""
    if shipped is None or number(updated.default_version_id) >= number(shipped.default_version_id):
        return updated
    older = (msgspec.structs.replace(each, is_default_version=False) for each in updated.held)
    known = (each for each in older if each.version_id != shipped.default_version_id)
    return msgspec.structs.replace(
        updated,
        default_version_id=shipped.default_version_id,
        update_date=shipped.update_date,
        held=(*shipped.versions, *known),
    )


def _merged(shipped: Iterator[ShippedPolicy], updated: Iterator[UpdatedPolicy]) -> Iterator[AwsManagedPolicy]:
    """Both in one order of names; what is in both comes once."""
    both: Iterator[AwsManagedPolicy] = merge(shipped, updated, key=lambda policy: policy.policy_name.lower())
    for _, same in groupby(both, key=lambda policy: policy.arn):
        *earlier, last = same
        ships = next((each for each in earlier if isinstance(each, ShippedPolicy)), None)
        yield _newest(ships, last) if isinstance(last, UpdatedPolicy) else last
