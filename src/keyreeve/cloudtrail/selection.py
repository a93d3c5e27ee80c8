"""Selection: which events a trail logs, by its region and its event selectors.

Source: CloudTrail User Guide, "Logging management events", "Logging data events", "Filtering data events by using
advanced event selectors". Events of global services (IAM) are those of us-east-1.
"""

from __future__ import annotations

from collections.abc import Iterator

from keyreeve.entities import Trail
from keyreeve.entities.trail import AdvancedEventSelector, AdvancedFieldSelector, EventSelector
from keyreeve.events import Event

GLOBAL_SOURCES = frozenset({"iam.amazonaws.com"})


def selects(trail: Trail, event: Event) -> bool:
    """Whether an event is the trail's to log by the settings that it has, whenever it was."""
    if event.recipient_account_id != trail.account_id:
        return False
    if not trail.is_multi_region_trail and event.aws_region != trail.home_region:
        return False
    if event.event_source in GLOBAL_SOURCES and not trail.include_global_service_events:
        return False
    if trail.advanced_event_selectors:
        return any(_advanced(selector, event) for selector in trail.advanced_event_selectors)
    return any(_basic(selector, event) for selector in trail.event_selectors)


def _basic(selector: EventSelector, event: Event) -> bool:
    if selector.read_write_type != "All" and (selector.read_write_type == "ReadOnly") != event.read_only:
        return False
    if event.event_category == "Management":
        excluded = event.event_source in selector.exclude_management_event_sources
        return selector.include_management_events and not excluded
    return any(
        resource.resource_type == wanted.type and resource.resource_arn.startswith(wanted.values)
        for resource in event.resources
        for wanted in selector.data_resources
    )


def _advanced(selector: AdvancedEventSelector, event: Event) -> bool:
    return all(_holds(field, list(_values(field.field, event))) for field in selector.field_selectors)


def _holds(field: AdvancedFieldSelector, values: list[str]) -> bool:
    """Whether some value passes every positive operator, and no value meets a negative one."""
    positive = not (field.equals or field.starts_with or field.ends_with) or any(_meets(field, each) for each in values)
    return positive and not any(_barred(field, each) for each in values)


def _meets(field: AdvancedFieldSelector, value: str) -> bool:
    return (
        (field.equals is None or value in field.equals)
        and (field.starts_with is None or value.startswith(field.starts_with))
        and (field.ends_with is None or value.endswith(field.ends_with))
    )


def _barred(field: AdvancedFieldSelector, value: str) -> bool:
    return (
        value in (field.not_equals or ())
        or value.startswith(field.not_starts_with or ())
        or value.endswith(field.not_ends_with or ())
    )


def _values(field: str, event: Event) -> Iterator[str]:
    """The values that an event has in a field; none where it lacks it."""
    match field:
        case "resources.type":
            yield from (resource.resource_type for resource in event.resources)
        case "resources.ARN":
            yield from (resource.resource_arn for resource in event.resources)
        case _:
            value = {
                "errorCode": event.error_code,
                "eventCategory": event.event_category,
                "eventName": event.event_name,
                "eventSource": event.event_source,
                "eventType": event.event_type,
                "readOnly": "true" if event.read_only else "false",
                "sessionCredentialFromConsole": event.session_credential_from_console,
                "userIdentity.arn": event.user_identity.arn,
                "vpcEndpointId": event.vpc_endpoint_id,
            }.get(field)
            if value is not None:
                yield value
