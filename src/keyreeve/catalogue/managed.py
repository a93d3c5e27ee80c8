"""AWS managed policies: those that ship as data, and those that are newer."""

from __future__ import annotations

import zlib
from base64 import b32encode
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources

import msgspec

ARN = "arn:aws:iam::aws:policy"
"""How every ARN of an AWS managed policy begins; its path and name follow."""

DATA = resources.files("keyreeve.catalogue")


class AwsPolicyVersion(msgspec.Struct, frozen=True):
    """The default version of an AWS managed policy, with the names of the model's PolicyVersion."""

    document: str
    version_id: str
    create_date: datetime
    is_default_version: bool = True


class AwsManagedPolicy(msgspec.Struct, frozen=True, array_like=True):
    """An AWS managed policy (ANPA…), with the names of the model's Policy. Dates are whole seconds, UTC.

    The id is ours, derived from the ARN: it is stable, but not the one that AWS gives.
    """

    policy_name: str
    path: str
    policy_id: str
    default_version_id: str
    create_date: datetime
    update_date: datetime

    @property
    def arn(self) -> str:
        """`arn:aws:iam::aws:policy` + path + name."""
        return f"{ARN}{self.path}{self.policy_name}"

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
    def versions(self) -> tuple[AwsPolicyVersion, ...]:
        """The versions that are known, newest first."""
        raise TypeError(f"{type(self).__name__} does not say which versions it has")

    @property
    def document(self) -> str:
        """The text of the default version."""
        return next(each.document for each in self.versions if each.is_default_version)


class ShippedPolicy(AwsManagedPolicy, frozen=True, array_like=True):
    """A policy in the data that ships with Keyreeve: of its versions, the default one.

    `block`, `start`, `end` say where the text is: the block's number, and characters within it.
    """

    block: int
    start: int
    end: int

    @property
    def document(self) -> str:
        """The text of the default version: JSON, indented by two."""
        return _texts(self.block)[self.start : self.end]

    @property
    def versions(self) -> tuple[AwsPolicyVersion, ...]:
        """The default version. The first version is as old as the policy."""
        date = self.create_date if self.default_version_id == "v1" else self.update_date
        return (AwsPolicyVersion(self.document, self.default_version_id, date),)


class UpdatedPolicy(AwsManagedPolicy, frozen=True, array_like=True):
    """A policy that came or changed after Keyreeve was shipped, with the versions that came with it and before."""

    held: tuple[AwsPolicyVersion, ...]

    @property
    def versions(self) -> tuple[AwsPolicyVersion, ...]:
        """Those that are held, of which one is the default."""
        return self.held


class Index(msgspec.Struct, frozen=True):
    """What `managed_policies.json` holds.

    `source` names the package and its version, `checksum` is the SHA-256 of what was taken from it (see the tool),
    `blocks` the ends of the blocks in `managed_policies.z`, `policies` all policies by name without regard to case.
    """

    source: str
    checksum: str
    blocks: tuple[int, ...]
    policies: tuple[ShippedPolicy, ...]


def number(version_id: str) -> int:
    """The number in a version id: `v12`."""
    return int(version_id[1:])


def unique_id(arn: str) -> str:
    """Our id of an AWS managed policy: ANPA and 17 characters of AWS's alphabet from the SHA-256 of its ARN."""
    return "ANPA" + b32encode(sha256(arn.encode()).digest()).decode()[:17]


@cache
def index() -> Index:
    """The data that ships, read once."""
    return msgspec.json.decode(DATA.joinpath("managed_policies.json").read_bytes(), type=Index)


@lru_cache(maxsize=16)
def _texts(block: int) -> str:
    """All texts of a block, one after the other."""
    ends = index().blocks
    packed = _packed()[ends[block - 1] if block else 0 : ends[block]]
    return zlib.decompress(packed).decode()


@cache
def _packed() -> bytes:
    return DATA.joinpath("managed_policies.z").read_bytes()
