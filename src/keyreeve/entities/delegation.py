"""Delegation requests: a partner asks an account for temporary access, and is told what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Literal

import msgspec

from keyreeve.entities.record import Index, Record, Tag

State = Literal["UNASSIGNED", "ASSIGNED", "PENDING_APPROVAL", "ACCEPTED", "FINALIZED", "REJECTED", "EXPIRED"]

UNASSIGNED_FOR, OTHERWISE_FOR = timedelta(days=1), timedelta(days=7)
"""How long a request may stay in a state before it expires."""


class PolicyParameter(msgspec.Struct, frozen=True):
    """A value, or several, for a blank of the policy template."""

    name: str
    values: tuple[str, ...]
    type: str


class Person(msgspec.Struct, frozen=True):
    """Somebody of the owner's account: the ARN as it is shown, and the unique id of the user, role or root user.

    Of a role's session also what stays with whoever acts as it: its name, its tags, its source identity and the keys
    that its provider gave it.
    """

    arn: str
    key: str
    account_id: str
    session_name: str | None = None
    tags: tuple[Tag, ...] = ()
    source_identity: str | None = None
    provider_keys: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


class DelegationRequest(Record, frozen=True, kw_only=True):
    """A request, filed under the partner's account; its id tells that account.

    `permission_policy` is what is asked for, every blank filled. `stored_state` is the last state that somebody brought
    about, at `updated_time`; a request expires by itself. `token_digest` is the SHA-256 of the exchange token's secret,
    which was sent at `sent`.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("workflow", lambda request: request.requestor_workflow_id, unique=True),
        Index("owner_account", lambda request: request.owner_account_id),
    )

    delegation_request_id: str
    create_date: datetime
    updated_time: datetime
    description: str
    policy_template_arn: str
    parameters: tuple[PolicyParameter, ...]
    permission_policy: str
    requestor_name: str
    requestor_workflow_id: str
    notification_channel: str
    session_duration: int
    stored_state: State = "UNASSIGNED"
    request_message: str | None = None
    redirect_url: str | None = None
    only_send_by_owner: bool = False
    owner_account_id: str | None = None
    owner: Person | None = None
    approver: Person | None = None
    notes: str | None = None
    rejection_reason: str | None = None
    token_digest: bytes | None = None
    sent: datetime | None = None

    @property
    def key(self) -> str:
        """The request's id."""
        return self.delegation_request_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: it bears on nobody's permissions until a token is traded in, and then it is in the session."""
        return ()

    @property
    def expiration_time(self) -> datetime:
        """When the request expires in the state that it is in."""
        return self.updated_time + (UNASSIGNED_FOR if self.stored_state == "UNASSIGNED" else OTHERWISE_FOR)

    def state(self, now: datetime) -> State:
        """The state at this time."""
        return "EXPIRED" if now >= self.expiration_time else self.stored_state


class DelegationNotification(Record, frozen=True, kw_only=True):
    """A message for a partner's channel that waits to be fetched; sealed, since it may hold an exchange token."""

    notification_id: str
    channel: str
    sealed_message: bytes
    create_date: datetime

    @property
    def key(self) -> str:
        """The message's id."""
        return self.notification_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: it is a message."""
        return ()
