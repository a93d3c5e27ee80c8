"""LookupEvents: the event history of an account and a region, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from keyreeve.cloudtrail import tokens
from keyreeve.cloudtrail.faults import (
    InvalidEventCategoryException,
    InvalidLookupAttributesException,
    InvalidTimeRangeException,
)
from keyreeve.events import Event, Filter, named_resources, page
from keyreeve.operations import Call, anything, operation

HISTORY = timedelta(days=90)
PAGE = 50
PURPOSE = "LookupEvents"

ATTRIBUTES = {
    "AccessKeyId": "access_key_id",
    "EventId": "event_id",
    "EventName": "event_name",
    "EventSource": "event_source",
    "ReadOnly": "read_only",
    "ResourceName": "resource_name",
    "ResourceType": "resource_type",
    "Username": "user_name",
}
"""The filter's member for each key."""

_FLAGS = {"true": True, "false": False}


@operation("LookupEvents", on=anything, slow=(page,))
def lookup_events(
    call: Call,
    lookup_attributes: list[dict[str, str]] | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    event_category: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The management events of the region's last 90 days that answer a question.

    A token goes on below the last event shown, so that events to come move nothing.
    """
    if event_category is not None:
        raise InvalidEventCategoryException("This server computes no Insights events: there are none to look up.")
    if start_time is not None and end_time is not None and start_time > end_time:
        raise InvalidTimeRangeException("The start time is after the end time.")
    attribute = _attribute(lookup_attributes or [])
    earliest = call.now - HISTORY
    wanted = Filter(
        account_id=call.account_id,
        aws_region=call.region,
        event_category="Management",
        since=earliest if start_time is None else max(start_time, earliest),
        until=end_time,
        **attribute,
    )
    question = (call.account_id, call.region, attribute, start_time, end_time)
    before = tokens.position(call.ring, PURPOSE, question, next_token)
    found, rest = call.slow(page, call.events, wanted, before, max_results or PAGE)
    more = {} if rest is None else {"next_token": tokens.token(call.ring, PURPOSE, question, rest)}
    return {"events": [_shown(event) for event in found], **more}


def _attribute(given: list[dict[str, str]]) -> dict[str, Any]:
    """The one attribute that may be asked for, as the filter has it."""
    if len(given) > 1:
        raise InvalidLookupAttributesException("Only one lookup attribute can be specified.")
    found: dict[str, Any] = {}
    for each in given:
        name, value = ATTRIBUTES[each["attribute_key"]], each["attribute_value"]
        if name == "read_only" and value not in _FLAGS:
            raise InvalidLookupAttributesException("The value of ReadOnly is true or false.")
        found[name] = _FLAGS[value] if name == "read_only" else value
    return found


def _shown(event: Event) -> Mapping[str, Any]:
    identity = event.user_identity
    return {
        "event_id": event.event_id,
        "event_name": event.event_name,
        "read_only": "true" if event.read_only else "false",
        "access_key_id": identity.access_key_id,
        "event_time": event.event_time,
        "event_source": event.event_source,
        "username": identity.display_name,
        "resources": [{"resource_type": kind, "resource_name": name} for kind, name in named_resources(event)],
        "cloud_trail_event": event.encode().decode(),
    }
