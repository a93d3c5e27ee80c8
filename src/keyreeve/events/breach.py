"""Breaches: events that say of the log itself that it was damaged."""

from __future__ import annotations

from datetime import datetime

from keyreeve.events.event import Event, UserIdentity

BREACH = "LogIntegrityBroken"

NOBODYS = "000000000000"
"""The account of an event that is about the log of all accounts."""


def breach(
    reason: str, time: datetime, event_id: str, *, account_id: str = NOBODYS, aws_region: str = "us-east-1"
) -> Event:
    """The event that the log was found broken at a time, and how."""
    return Event(
        user_identity=UserIdentity(type="AWSService", invoked_by="keyreeve"),
        event_time=time,
        event_source="cloudtrail.amazonaws.com",
        event_name=BREACH,
        aws_region=aws_region,
        source_ip_address="keyreeve",
        user_agent="keyreeve",
        request_parameters=None,
        response_elements=None,
        additional_event_data={"reason": reason},
        event_id=event_id,
        read_only=False,
        event_type="AwsServiceEvent",
        management_event=True,
        recipient_account_id=account_id,
        event_category="Management",
    )
