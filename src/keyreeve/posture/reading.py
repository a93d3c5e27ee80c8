"""A reading: one account as it stands, with the facts and the events of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from keyreeve import policy
from keyreeve.access import devices
from keyreeve.access.devices import Device
from keyreeve.access.gather import Gathering
from keyreeve.catalogue import Catalogue
from keyreeve.entities import (
    AccessKey,
    Attachment,
    Group,
    InlinePolicy,
    LoginProfile,
    Membership,
    Role,
    RootUser,
    User,
)
from keyreeve.events import Event, Facts, Filter, Rows, look_up
from keyreeve.seal import KeyRing
from keyreeve.store import Transaction, View
from keyreeve.store.reader import SqliteReader

Holder = User | Group | Role

USED_OFTEN_ENOUGH = timedelta(days=90)
"""Within so many days a role or a permission counts as used."""


class Held(NamedTuple):
    """A policy and who holds it; `inline` policies belong to their holder alone."""

    holder: Holder
    policy: policy.Policy

    @property
    def inline(self) -> bool:
        """Whether it has no ARN of its own."""
        return self.policy.arn is None

    @property
    def name(self) -> str:
        """The policy's ARN or, where it is inline, its name and its holder's ARN."""
        return self.policy.arn or f"{self.holder.arn} inline policy {self.policy.name}"


@dataclass(frozen=True)
class Reading:
    """What is read of an account. `rows` are the log's; `now` is aware."""

    tx: Transaction
    facts: Facts
    rows: Rows
    ring: KeyRing
    catalogue: Catalogue
    account_id: str
    now: datetime
    _held: dict[str, list[Held]] = field(default_factory=dict)

    @classmethod
    def open(
        cls, engine: SqliteReader, ring: KeyRing, account_id: Callable[[Transaction], str], now: datetime
    ) -> Reading:
        """Read a database beside its owner, as of what is durable. `account_id` chooses the account."""
        tx, rows = View(engine).begin(), Rows(engine)
        return cls(tx, Facts.load(engine, ring, rows), rows, ring, Catalogue.load(), account_id(tx), now)

    @cached_property
    def root(self) -> RootUser | None:
        """The account's root user."""
        return self.tx.get(RootUser, self.account_id, self.account_id)

    @cached_property
    def users(self) -> list[User]:
        """The users by name."""
        return list(self.tx.page(User, self.account_id, "name"))

    @cached_property
    def groups(self) -> list[Group]:
        """The groups by name."""
        return list(self.tx.page(Group, self.account_id, "name"))

    @cached_property
    def roles(self) -> list[Role]:
        """The roles by name."""
        return list(self.tx.page(Role, self.account_id, "name"))

    def keys(self, principal_id: str) -> list[AccessKey]:
        """The active access keys of a user or the root user, oldest first."""
        held = self.tx.where(AccessKey, self.account_id, "principal", principal_id)
        return sorted((key for key in held if key.status == "Active"), key=lambda key: key.create_date)

    def password(self, user: User) -> LoginProfile | None:
        """A user's password, if it has one."""
        return self.tx.get(LoginProfile, self.account_id, user.user_id)

    def devices(self, principal_id: str) -> list[Device]:
        """The MFA devices of a user or the root user."""
        return devices.held(self.tx, self.account_id, principal_id)

    def held_by(self, holder: Holder) -> list[Held]:
        """The policies that a user, group or role holds itself."""
        if holder.key not in self._held:
            found = Gathering(self.tx, self.catalogue).held_by(self.account_id, holder.key)
            self._held[holder.key] = [Held(holder, each) for each in found]
        return self._held[holder.key]

    def granted_to(self, holder: User | Role) -> list[Held]:
        """The policies that allow a user or role something: its own and those of its groups."""
        holders: list[Holder] = [holder]
        if isinstance(holder, User):
            memberships = self.tx.where(Membership, self.account_id, "user", holder.user_id)
            found = (self.tx.get(Group, self.account_id, membership.group_id) for membership in memberships)
            holders += [group for group in found if group is not None]
        return [held for each in holders for held in self.held_by(each)]

    def every_policy(self) -> Iterator[Held]:
        """Every policy that anybody in the account holds."""
        holders: list[Holder] = [*self.users, *self.groups, *self.roles]
        for holder in holders:
            yield from self.held_by(holder)

    def is_held(self, policy_arn: str) -> bool:
        """Whether a managed policy is attached to anybody."""
        return bool(self.tx.where(Attachment, self.account_id, "policy", policy_arn))

    def inline_policies(self, holder: Holder) -> list[InlinePolicy]:
        """The inline policies of a holder."""
        return self.tx.where(InlinePolicy, self.account_id, "principal", holder.key)

    def events(self, since: datetime) -> Iterator[Event]:
        """The account's events from then on, newest first."""
        return (event for _, event in look_up(self.rows, Filter(account_id=self.account_id, since=since)))

    def days_since(self, moment: datetime) -> int:
        """Whole days from then until now."""
        return (self.now - moment).days

    def last_use(self, identity: User | Role | RootUser) -> datetime | None:
        """When a user, role or root user last called anything or signed in."""
        called = [access.time for access in self.facts.services_last_accessed(identity.key).values()]
        signed_in = self.facts.password_last_used(identity.key)
        return max([*called, *([signed_in] if signed_in else [])], default=None)
