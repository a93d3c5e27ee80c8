"""Tag rules: what tags a request may carry, and how they join those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from keyreeve.cloudtrail.faults import InvalidTagParameterException, TagsLimitExceededException
from keyreeve.entities import Tag

TAGS = 50


def accepted(old: tuple[Tag, ...], given: Iterable[Mapping[str, str]] | None) -> tuple[Tag, ...]:
    """The old tags with the given ones in place of their namesakes; keys are case-sensitive."""
    tags = [Tag(tag["key"], tag.get("value", "")) for tag in given or ()]
    if len({tag.key for tag in tags}) < len(tags):
        raise InvalidTagParameterException("A tag key is given twice.")
    if any(tag.key.lower().startswith("aws:") for tag in tags):
        raise InvalidTagParameterException("Tag keys that begin with aws: are reserved.")
    named = {tag.key: tag for tag in (*old, *tags)}
    if len(named) > TAGS:
        raise TagsLimitExceededException(f"A trail can have {TAGS} tags.")
    return tuple(named.values())
