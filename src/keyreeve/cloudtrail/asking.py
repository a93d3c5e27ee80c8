"""Asking: what CloudTrail's operations need permission for (Service Authorization Reference, "AWS CloudTrail")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.cloudtrail.naming import arn_of, named
from keyreeve.entities import Trail
from keyreeve.operations import Ask, Asks, Call, Context, tag_context, tag_prefixes


def existing(parameter: str) -> Asks:
    """Ask about the trail that a member names, by its name or ARN, whether it exists or not."""

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        given = values[parameter]
        target = named(call, given)
        arn = arn_of(call, given) if target is None else target.trail_arn
        yield Ask(action, arn, _of_tags(values.get("tags_list")), target=target)

    return asks


def each(parameter: str) -> Asks:
    """Ask about every trail of a list."""

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        for given in values[parameter] or [""]:
            yield Ask(action, arn_of(call, given), target=named(call, given))

    return asks


def new(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about a trail that is about to be made; its tags need their own permission."""
    arn, context = arn_of(call, values["name"]), _of_tags(values.get("tags_list"), *tag_prefixes(Trail))
    yield Ask(action, arn, context)
    if values.get("tags_list"):
        yield Ask("cloudtrail:AddTags", arn, context)


def _of_tags(tags: list[dict[str, str]] | None, *made: str) -> Context:
    return tag_context([{"key": tag["key"], "value": tag.get("value", "")} for tag in tags or ()], *made)
