"""Accounts and their root users."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from keyreeve.entities.record import Index, Record, Tag


class Account(Record, frozen=True, kw_only=True):
    """An AWS account: twelve digits, an optional name for people and an optional alias.

    `properties` are its settings as `Namespace/PropertyName` and value; `global_endpoint_token_version` is what
    SetSecurityTokenServicePreferences chose.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("alias", lambda account: account.account_alias, unique=True),)

    create_date: datetime
    account_name: str | None = None
    account_alias: str | None = None
    global_endpoint_token_version: int = 2
    properties: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The account's id."""
        return self.account_id


class RootUser(Record, frozen=True, kw_only=True):
    """An account's root user: made with the account, never needed. Its unique id is the account's id."""

    create_date: datetime
    password_hash: str | None = None
    password_last_changed: datetime | None = None

    @property
    def key(self) -> str:
        """The account's id, which is the root user's unique id too."""
        return self.account_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:root`."""
        return f"arn:aws:iam::{self.account_id}:root"


class OrganizationFeatures(Record, frozen=True, kw_only=True):
    """What the management account has switched on of centralized root access, filed under that account."""

    enabled: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The management account's id: there is one organization."""
        return self.account_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: it is looked at when somebody assumes a root user."""
        return ()

    @property
    def organization_id(self) -> str:
        """The id of the organization that this account manages, which the account's id gives."""
        return f"o-{sha256(self.account_id.encode()).hexdigest()[:10]}"
