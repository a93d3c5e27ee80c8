"""Managed policies and their versions: those of an account, and what is new of AWS's."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from keyreeve.entities.record import Index, Record, Tag


class ManagedPolicy(Record, frozen=True, kw_only=True):
    """A customer managed policy (ANPA…). Version numbers grow for ever: `last_version` is the highest one given."""

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("name", lambda policy: policy.policy_name.lower(), unique=True),
        Index("arn", lambda policy: policy.arn, unique=True),
    )

    policy_id: str
    policy_name: str
    path: str
    create_date: datetime
    update_date: datetime
    default_version_id: str = "v1"
    last_version: int = 1
    description: str | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The unique id."""
        return self.policy_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:policy` + path + name."""
        return f"arn:aws:iam::{self.account_id}:policy{self.path}{self.policy_name}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The policy, under the ARN by which attachments know it."""
        return (self.arn,)


class PolicyVersion(Record, frozen=True, kw_only=True):
    """One version of a managed policy: `v1`, `v2`, … with the text as it was sent."""

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("policy", lambda version: version.policy_id),)

    policy_id: str
    version_id: str
    document: str
    create_date: datetime

    @property
    def key(self) -> str:
        """The policy's unique id and the version's."""
        return f"{self.policy_id}/{self.version_id}"

    @property
    def topics(self) -> tuple[str, ...]:
        """None: a version bears on nothing until the policy names it as its default."""
        return ()


class AwsPolicyUpdate(Record, frozen=True, kw_only=True):
    """An AWS managed policy that came or changed after Keyreeve was shipped: of no account, so of account 000000000000.

    `versions` are all that are known, newest first: id, text and date.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("name", lambda policy: policy.policy_name.lower(), unique=True),)

    arn: str
    policy_name: str
    path: str
    policy_id: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    versions: tuple[tuple[str, str, datetime], ...]

    @property
    def key(self) -> str:
        """The ARN."""
        return self.arn
