"""Status: whether a trail logs what happens, and how its deliveries went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from keyreeve.cloudtrail import asking, windows
from keyreeve.cloudtrail.naming import at_home, the_trail
from keyreeve.entities import Trail
from keyreeve.operations import Call, operation


@operation("StartLogging", on=asking.existing("name"))
def start_logging(call: Call, name: str) -> None:
    """Deliver from this call's own event on. A trail that logs goes on as it does."""
    trail = at_home(call, name)
    if not trail.is_logging:
        call.tx.put(windows.started(call, trail))


@operation("StopLogging", on=asking.existing("name"))
def stop_logging(call: Call, name: str) -> None:
    """Deliver up to this call's own event, and no more."""
    trail = at_home(call, name)
    if trail.is_logging:
        call.tx.put(windows.stopped(call, trail))


@operation("GetTrailStatus", on=asking.existing("name"))
def get_trail_status(call: Call, name: str) -> dict[str, Any]:
    """Whether the trail logs, since when, and what its last deliveries came to."""
    trail = the_trail(call, name)
    state = call.deliveries.state(trail.trail_id)
    return {
        "is_logging": trail.is_logging,
        "latest_delivery_error": state.delivery_error,
        "latest_delivery_time": state.delivery_time,
        "latest_digest_delivery_error": state.digest_error,
        "latest_digest_delivery_time": state.digest_time,
        "start_logging_time": trail.start_logging_time,
        "stop_logging_time": trail.stop_logging_time,
        **_as_text(trail, state.attempt_time, state.delivery_time),
    }


def _as_text(trail: Trail, attempted: datetime | None, succeeded: datetime | None) -> dict[str, str]:
    """The members that AWS keeps for old clients: times as text, empty where there is none."""
    return {
        "latest_delivery_attempt_time": _text(attempted),
        "latest_notification_attempt_time": "",
        "latest_notification_attempt_succeeded": "",
        "latest_delivery_attempt_succeeded": _text(succeeded),
        "time_logging_started": _text(trail.start_logging_time),
        "time_logging_stopped": _text(trail.stop_logging_time),
    }


def _text(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
