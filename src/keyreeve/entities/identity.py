"""Users, groups, roles and instance profiles: what has a name, a path and a unique id."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from keyreeve.entities.record import Boundary, Index, Record, Tag

SERVICE_LINKED_PATH = "/aws-service-role/"
RESERVED_PATHS = (SERVICE_LINKED_PATH, "/aws-reserved/")
"""Where roles of AWS's services are: users make none there."""


class User(Record, frozen=True, kw_only=True):
    """An IAM user (AIDA…)."""

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("name", lambda user: user.user_name.lower(), unique=True),
        Index("boundary", lambda user: user.boundary_arn),
    )

    user_id: str
    user_name: str
    path: str
    create_date: datetime
    permissions_boundary: Boundary | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The unique id."""
        return self.user_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:user` + path + name."""
        return f"arn:aws:iam::{self.account_id}:user{self.path}{self.user_name}"

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the permissions boundary, if there is one."""
        return None if self.permissions_boundary is None else self.permissions_boundary.permissions_boundary_arn


class Group(Record, frozen=True, kw_only=True):
    """A group of users (AGPA…). Groups hold users only; a group is no principal."""

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("name", lambda group: group.group_name.lower(), unique=True),)

    group_id: str
    group_name: str
    path: str
    create_date: datetime

    @property
    def key(self) -> str:
        """The unique id."""
        return self.group_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:group` + path + name."""
        return f"arn:aws:iam::{self.account_id}:group{self.path}{self.group_name}"


class SourceRoleTemplate(msgspec.Struct, frozen=True):
    """The role template that AcquireRole made a role of."""

    template_arn: str
    template_minor_version: int


class Role(Record, frozen=True, kw_only=True):
    """A role (AROA…): an identity that is assumed rather than signed in to.

    `trust_policy` is the text as stored: principals that name users or roles of this server stand there by their
    unique ids, so that a re-created name inherits nothing. `max_session_duration` is in seconds.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("name", lambda role: role.role_name.lower(), unique=True),
        Index("boundary", lambda role: role.boundary_arn),
    )

    role_id: str
    role_name: str
    path: str
    create_date: datetime
    trust_policy: str
    description: str | None = None
    max_session_duration: int = 3600
    permissions_boundary: Boundary | None = None
    tags: tuple[Tag, ...] = ()
    source_role_template: SourceRoleTemplate | None = None

    @property
    def key(self) -> str:
        """The unique id."""
        return self.role_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:role` + path + name."""
        return f"arn:aws:iam::{self.account_id}:role{self.path}{self.role_name}"

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the permissions boundary, if there is one."""
        return None if self.permissions_boundary is None else self.permissions_boundary.permissions_boundary_arn

    @property
    def linked_service(self) -> str | None:
        """The service that a service-linked role belongs to; nobody else can make roles below its path."""
        return self.path.split("/")[2] if self.path.startswith(SERVICE_LINKED_PATH) else None

    @property
    def is_protected(self) -> bool:
        """Whether only AWS's services may change the role."""
        return self.path.startswith(RESERVED_PATHS)


class InstanceProfile(Record, frozen=True, kw_only=True):
    """An instance profile (AIPA…): the case in which a machine is handed one role."""

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("name", lambda profile: profile.instance_profile_name.lower(), unique=True),
        Index("role", lambda profile: profile.role_id),
    )

    instance_profile_id: str
    instance_profile_name: str
    path: str
    create_date: datetime
    role_id: str | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The unique id."""
        return self.instance_profile_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:instance-profile` + path + name."""
        return f"arn:aws:iam::{self.account_id}:instance-profile{self.path}{self.instance_profile_name}"
