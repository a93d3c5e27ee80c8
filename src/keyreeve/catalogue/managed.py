"""One AWS managed policy, and the catalogue of all."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources

import msgspec

DATA = resources.files("keyreeve.catalogue")


class AwsPolicyVersion(msgspec.Struct, frozen=True):
    """The default version of an AWS managed policy, with the names of the model's PolicyVersion."""

    document: str
    version_id: str
    create_date: datetime
    is_default_version: bool = True


class AwsManagedPolicy(msgspec.Struct, frozen=True, array_like=True):
    """An AWS managed policy (ANPA…), with the names of the model's Policy. Dates are whole seconds, UTC.

    The id is ours, derived from the ARN: it is stable, but not the one that AWS gives. `block`, `start`,
    `end` say where the text is: the block's number, and characters within it.
    """

    policy_name: str
    path: str
    policy_id: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    block: int
    start: int
    end: int

    @property
    def arn(self) -> str:
        """`arn:aws:iam::aws:policy` + path + name."""
        return f"arn:aws:iam::aws:policy{self.path}{self.policy_name}"

    @property
    def is_attachable(self) -> bool:
        """Always: the data holds no policy that AWS has withdrawn."""
        return True

    @property
    def description(self) -> str | None:
        """None: AWS describes its policies, but the data lacks that."""
        return None

    @property
    def is_for_service_linked_roles(self) -> bool:
        """Whether only a service-linked role may hold it (PolicyNotAttachable for others)."""
        return self.path == "/aws-service-role/"

    @property
    def document(self) -> str:
        """The text of the default version: JSON, indented by two."""
        return _texts(self.block)[self.start : self.end]

    @property
    def versions(self) -> tuple[AwsPolicyVersion, ...]:
        """The versions that the data holds: the default one. The first version is as old as the policy."""
        date = self.create_date if self.default_version_id == "v1" else self.update_date
        return (AwsPolicyVersion(self.document, self.default_version_id, date),)


class Index(msgspec.Struct, frozen=True):
    """What `managed_policies.json` holds.

    `source` names the package and its version, `checksum` is the SHA-256 of what was taken from it (see the tool),
    `blocks` the ends of the blocks in `managed_policies.z`, `policies` all policies by name without regard to case.
    """

    source: str
    checksum: str
    blocks: tuple[int, ...]
    policies: tuple[AwsManagedPolicy, ...]


class Catalogue:
    """All AWS managed policies, in the order of their names without regard to case (as a listing gives them)."""

    def __init__(self, index: Index) -> None:
        self.source = index.source
        self.checksum = index.checksum
        self._policies = index.policies
        self._names = [policy.policy_name.lower() for policy in index.policies]
        self._by_arn = {policy.arn: policy for policy in index.policies}

    @classmethod
    def load(cls) -> Catalogue:
        """The catalogue that ships with Keyreeve: some milliseconds, and no text is opened."""
        return cls(_index())

    def get(self, arn: str) -> AwsManagedPolicy | None:
        """The policy with this ARN, which regards case."""
        return self._by_arn.get(arn)

    def after(self, name: str | None) -> Iterator[AwsManagedPolicy]:
        """The policies whose names come after this one, or all."""
        start = 0 if name is None else bisect_right(self._names, name.lower())
        return (self._policies[position] for position in range(start, len(self._policies)))

    def __iter__(self) -> Iterator[AwsManagedPolicy]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)


@cache
def _index() -> Index:
    return msgspec.json.decode(DATA.joinpath("managed_policies.json").read_bytes(), type=Index)


@lru_cache(maxsize=16)
def _texts(block: int) -> str:
    """All texts of a block, one after the other."""
    ends = _index().blocks
    packed = _packed()[ends[block - 1] if block else 0 : ends[block]]
    return zlib.decompress(packed).decode()


@cache
def _packed() -> bytes:
    return DATA.joinpath("managed_policies.z").read_bytes()
