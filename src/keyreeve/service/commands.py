"""Commands: what an operator does on the machine itself, and the event that each change leaves.

Such an event has the source and the name that AWS's own would have (`signin.amazonaws.com` PasswordUpdated,
`iam.amazonaws.com` CreateAccessKey, …), but is told apart: no API call (`eventType`), made by `keyreeve`, with the
command in `additionalEventData`. What concerns no account is filed under 000000000000.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from keyreeve import __version__
from keyreeve.entities import RootUser
from keyreeve.events import Event, UserIdentity
from keyreeve.events.event import EventType

if TYPE_CHECKING:
    from keyreeve.service.node import Node

NO_ACCOUNT = "000000000000"
SERVICE = UserIdentity(type="AWSService", invoked_by="keyreeve")


class Done(NamedTuple):
    """What a command gives, as JSON values, and the revision that must be durable before anybody is told."""

    result: object
    revision: int = 0


def as_root(root: RootUser) -> UserIdentity:
    """The identity of what is done in the name of a root user."""
    return UserIdentity(type="Root", principal_id=root.account_id, arn=root.arn, account_id=root.account_id)


def event(
    node: Node,
    command: str,
    source: str,
    name: str,
    *,
    kind: EventType = "AwsServiceEvent",
    account_id: str = NO_ACCOUNT,
    identity: UserIdentity = SERVICE,
    parameters: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> Event:
    """The event of a command; `source` is the service's name without its domain."""
    return Event(
        user_identity=identity,
        event_time=node.now(),
        event_source=f"{source}.amazonaws.com",
        event_name=name,
        aws_region="us-east-1",
        source_ip_address="keyreeve",
        user_agent=f"keyreeve/{__version__}",
        request_parameters=parameters,
        response_elements=response,
        additional_event_data={"command": f"keyreeve {command}", **(more or {})},
        event_id=str(uuid.UUID(bytes=node.chance(16), version=4)),
        read_only=False,
        event_type=kind,
        management_event=True,
        recipient_account_id=account_id,
        event_category="Management",
    )
