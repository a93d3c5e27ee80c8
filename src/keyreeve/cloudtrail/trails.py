"""Trails: made, changed, listed and deleted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from keyreeve.cloudtrail import asking, windows
from keyreeve.cloudtrail.buckets import bucket, prefix
from keyreeve.cloudtrail.digest_keys import generated, hold_key
from keyreeve.cloudtrail.faults import (
    InvalidParameterCombinationException,
    MaximumNumberOfTrailsExceededException,
    TrailAlreadyExistsException,
    UnsupportedOperationException,
)
from keyreeve.cloudtrail.naming import at_home, check, check_name, named, the_trail
from keyreeve.cloudtrail.tag_rules import accepted
from keyreeve.entities import Trail
from keyreeve.faults import ValidationError
from keyreeve.operations import Call, anything, operation
from keyreeve.wire import identifiers

TRAILS_PER_REGION = 5
"""One of all regions counts in each of them."""

TRAILS_PER_ACCOUNT = 200
"""Any well-formed region is one here, and each trail has files written for ever: more than AWS's regions let an account
have, nobody needs.
"""

UNSUPPORTED = {
    "sns_topic_name": "notifications to an SNS topic",
    "cloud_watch_logs_log_group_arn": "delivery to CloudWatch Logs",
    "cloud_watch_logs_role_arn": "delivery to CloudWatch Logs",
    "kms_key_id": "encryption with a KMS key",
    "is_organization_trail": "trails of an organization",
    "recursive_logging": "recursive logging",
}
"""What a trail cannot have here, by the parameter that asks for it."""


SETTINGS = (
    "s3_bucket_name",
    "s3_key_prefix",
    "include_global_service_events",
    "is_multi_region_trail",
    "enable_log_file_validation",
    *UNSUPPORTED,
)
"""What a trail is made and changed with, besides its name and tags."""


@operation("CreateTrail", on=asking.new, slow=(generated,), parameters=("name", *SETTINGS, "tags_list"))
def create_trail(
    call: Call, name: str, tags_list: list[dict[str, str]] | None = None, **settings: Any
) -> dict[str, Any]:
    """Make a trail. It does not log before StartLogging."""
    check_name(name)
    given = _given(call, settings)
    if named(call, name) is not None:
        raise TrailAlreadyExistsException(f"Trail {name} already exists for customer: {call.account_id}")
    trail = Trail(
        account_id=call.account_id,
        trail_id=identifiers.uuid(call.chance(identifiers.RANDOM_BYTES)),
        name=name,
        home_region=call.region,
        create_date=call.moment(),
        tags=accepted((), tags_list),
        **given,
    )
    wrong = _too_many(call, trail)
    if wrong is not None:
        raise MaximumNumberOfTrailsExceededException(wrong)
    return _kept(call, trail)


def _given(call: Call, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that a request has, as a trail keeps them."""
    for name, words in UNSUPPORTED.items():
        if settings.get(name):
            raise UnsupportedOperationException(f"This server does not support {words}.")
    found = {
        "s3_bucket_name": settings.get("s3_bucket_name"),
        "include_global_service_events": settings.get("include_global_service_events"),
        "is_multi_region_trail": settings.get("is_multi_region_trail"),
        "log_file_validation_enabled": settings.get("enable_log_file_validation"),
    }
    given = {member: value for member, value in found.items() if value is not None}
    if "s3_bucket_name" in given:
        bucket(call, given["s3_bucket_name"])
    if settings.get("s3_key_prefix") is not None:
        given["s3_key_prefix"] = prefix(settings["s3_key_prefix"])
    return given


def _too_many(call: Call, trail: Trail) -> str | None:
    """What is to be said where a trail would be one too many."""
    others = [each for each in call.tx.all(Trail, call.account_id) if each.trail_id != trail.trail_id]
    everywhere = sum(each.is_multi_region_trail for each in others)
    at_home = Counter(each.home_region for each in others if not each.is_multi_region_trail)
    regions = {trail.home_region, *at_home} if trail.is_multi_region_trail else {trail.home_region}
    full = [region for region in sorted(regions) if at_home[region] + everywhere >= TRAILS_PER_REGION]
    if full:
        return f"User: {call.account_id} already has {TRAILS_PER_REGION} trails in {full[0]}."
    return f"User: {call.account_id} already has {len(others)} trails." if len(others) >= TRAILS_PER_ACCOUNT else None


def _kept(call: Call, trail: Trail) -> dict[str, Any]:
    """Keep a trail that was made or changed; what is answered of it."""
    if trail.is_multi_region_trail and not trail.include_global_service_events:
        raise InvalidParameterCombinationException("Multi-Region trail must include global service events.")
    if trail.log_file_validation_enabled:
        hold_key(call)
    call.tx.put(trail)
    shown = _shown(trail)
    return {name: shown[name] for name in shown if name not in {"home_region", "has_custom_event_selectors"}}


def _shown(trail: Trail) -> dict[str, Any]:
    members = ("name", "s3_bucket_name", "s3_key_prefix", "include_global_service_events", "is_multi_region_trail")
    more = ("home_region", "trail_arn", "log_file_validation_enabled", "has_custom_event_selectors")
    plain = {name: getattr(trail, name) for name in (*members, *more)}
    return {**plain, "has_insight_selectors": False, "is_organization_trail": False}


@operation("UpdateTrail", on=asking.existing("name"), slow=(generated,), parameters=("name", *SETTINGS))
def update_trail(call: Call, name: str, **settings: Any) -> dict[str, Any]:
    """Change what is given, from now on. Files that were delivered stay where they are."""
    trail = at_home(call, name)
    changed = windows.changed(call, trail, **_given(call, settings))
    spreads = changed.is_multi_region_trail and not trail.is_multi_region_trail
    wrong = _too_many(call, changed) if spreads else None
    if wrong is not None:
        raise InvalidParameterCombinationException(wrong)
    return _kept(call, changed)


@operation("DeleteTrail", on=asking.existing("name"))
def delete_trail(call: Call, name: str) -> None:
    """Delete a trail. Its files stay, and what came up to this call's own event is still delivered."""
    windows.delete(call, at_home(call, name))


@operation("GetTrail", on=asking.existing("name"))
def get_trail(call: Call, name: str) -> dict[str, Any]:
    """A trail's settings."""
    return {"trail": _shown(the_trail(call, name))}


@operation("DescribeTrails", on=anything)
def describe_trails(
    call: Call, trail_name_list: list[str] | None = None, include_shadow_trails: bool = True
) -> dict[str, Any]:
    """The settings of the region's trails, and of those seen in all; names of none are left out."""
    for given in trail_name_list or ():
        check(given)
    trails = sorted(call.tx.all(Trail, call.account_id), key=lambda trail: trail.trail_arn)
    seen = [
        trail
        for trail in trails
        if trail.home_region == call.region or (trail.is_multi_region_trail and include_shadow_trails)
    ]
    wanted = set(trail_name_list or ())
    return {
        "trail_list": [
            _shown(trail) for trail in seen if not wanted or trail.name in wanted or trail.trail_arn in wanted
        ]
    }


@operation("ListTrails", on=anything)
def list_trails(call: Call, next_token: str | None = None) -> dict[str, Any]:
    """The account's trails in all regions; they fit one page."""
    if next_token is not None:
        raise ValidationError("ListTrails gives no token: all trails fit one page.")
    trails = sorted(call.tx.all(Trail, call.account_id), key=lambda trail: trail.trail_arn)
    return {"trails": trails}
