"""Tags on trails."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.cloudtrail import asking
from keyreeve.cloudtrail.faults import (
    CloudTrailARNInvalidException,
    InvalidTokenException,
    ResourceNotFoundException,
    ResourceTypeNotSupportedException,
)
from keyreeve.cloudtrail.naming import check, named
from keyreeve.cloudtrail.tag_rules import accepted
from keyreeve.entities import Trail
from keyreeve.operations import Call, operation

_UNTAGGED = ("eventdatastore/", "channel/", "dashboard/")
_ARN_PARTS = 6


def _the_resource(call: Call, resource_id: str) -> Trail:
    parts = resource_id.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS and parts[2] == "cloudtrail" and parts[5].startswith(_UNTAGGED):
        raise ResourceTypeNotSupportedException("Only trails have tags on this server.")
    if not resource_id.startswith("arn:"):
        raise CloudTrailARNInvalidException(f"Invalid trail ARN: {resource_id}")
    check(resource_id)
    found = named(call, resource_id)
    if found is None:
        raise ResourceNotFoundException(f"The resource {resource_id} does not exist.")
    return found


@operation("AddTags", on=asking.existing("resource_id"))
def add_tags(call: Call, resource_id: str, tags_list: list[dict[str, str]]) -> None:
    """Add tags; one with a key that is there takes its place."""
    trail = _the_resource(call, resource_id)
    call.tx.put(msgspec.structs.replace(trail, tags=accepted(trail.tags, tags_list)))


@operation("RemoveTags", on=asking.existing("resource_id"))
def remove_tags(call: Call, resource_id: str, tags_list: list[dict[str, str]]) -> None:
    """Remove the tags with these keys; where a value is given, only if it is the tag's."""
    trail = _the_resource(call, resource_id)
    gone = {tag["key"]: tag.get("value") for tag in tags_list}
    kept = tuple(tag for tag in trail.tags if tag.key not in gone or gone[tag.key] not in {None, tag.value})
    call.tx.put(msgspec.structs.replace(trail, tags=kept))


@operation("ListTags", on=asking.each("resource_id_list"))
def list_tags(call: Call, resource_id_list: list[str], next_token: str | None = None) -> dict[str, Any]:
    """The tags of each trail; they fit one page."""
    if next_token is not None:
        raise InvalidTokenException("The token is not valid.")
    found = [(given, _the_resource(call, given)) for given in resource_id_list]
    return {"resource_tag_list": [{"resource_id": given, "tags_list": trail.tags} for given, trail in found]}
