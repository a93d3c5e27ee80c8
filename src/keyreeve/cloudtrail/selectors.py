"""Event selectors: which events a trail logs, in the basic and in the advanced form."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.cloudtrail import asking, windows
from keyreeve.cloudtrail.faults import InvalidEventSelectorsException
from keyreeve.cloudtrail.naming import at_home, the_trail
from keyreeve.cloudtrail.selector_rules import check_advanced, check_basic
from keyreeve.entities import Trail
from keyreeve.entities.trail import AdvancedEventSelector, EventSelector
from keyreeve.operations import Call, operation


@operation("GetEventSelectors", on=asking.existing("trail_name"))
def get_event_selectors(call: Call, trail_name: str) -> dict[str, Any]:
    """The selectors of a trail, in the form in which they were put."""
    return _shown(the_trail(call, trail_name))


@operation("PutEventSelectors", on=asking.existing("trail_name"))
def put_event_selectors(
    call: Call,
    trail_name: str,
    event_selectors: list[dict[str, Any]] | None = None,
    advanced_event_selectors: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Choose what the trail logs from now on, in one of the two forms."""
    trail = at_home(call, trail_name)
    if bool(event_selectors) == bool(advanced_event_selectors):
        raise InvalidEventSelectorsException("Give either event selectors or advanced event selectors.")
    basic = tuple(msgspec.convert(each, EventSelector) for each in event_selectors or ())
    advanced = tuple(msgspec.convert(each, AdvancedEventSelector) for each in advanced_event_selectors or ())
    wrong = check_basic(basic) if basic else check_advanced(advanced)
    if wrong is not None:
        raise InvalidEventSelectorsException(wrong)
    changed = windows.changed(call, trail, event_selectors=basic, advanced_event_selectors=advanced)
    call.tx.put(changed)
    return _shown(changed)


def _shown(trail: Trail) -> dict[str, Any]:
    if trail.advanced_event_selectors:
        return {"trail_arn": trail.trail_arn, "advanced_event_selectors": trail.advanced_event_selectors}
    return {"trail_arn": trail.trail_arn, "event_selectors": trail.event_selectors}
