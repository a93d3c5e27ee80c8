"""Links: memberships, attachments and inline policies, which live and die with what they join."""

from __future__ import annotations

from typing import ClassVar

from keyreeve.entities.record import Index, Record


class Membership(Record, frozen=True, kw_only=True, gc=False):
    """A user's place in a group."""

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("user", lambda membership: membership.user_id),
        Index("group", lambda membership: membership.group_id),
    )

    group_id: str
    user_id: str

    @property
    def key(self) -> str:
        """The group's unique id and the user's."""
        return f"{self.group_id}/{self.user_id}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The user, whose permissions change."""
        return (self.user_id,)


class Attachment(Record, frozen=True, kw_only=True, gc=False):
    """A managed policy attached to a user, group or role (by its unique id)."""

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("principal", lambda attachment: attachment.principal_id),
        Index("policy", lambda attachment: attachment.policy_arn),
    )

    principal_id: str
    policy_arn: str

    @property
    def key(self) -> str:
        """The principal's unique id and the policy's ARN."""
        return f"{self.principal_id}/{self.policy_arn}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The principal it is attached to."""
        return (self.principal_id,)


class InlinePolicy(Record, frozen=True, kw_only=True, gc=False):
    """A policy that belongs to one user, group or role and is deleted with it."""

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("principal", lambda inline: inline.principal_id),)

    principal_id: str
    policy_name: str
    policy_document: str

    @property
    def key(self) -> str:
        """The principal's unique id and the policy's name."""
        return f"{self.principal_id}/{self.policy_name}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The principal it belongs to."""
        return (self.principal_id,)
