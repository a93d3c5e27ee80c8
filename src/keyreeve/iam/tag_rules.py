"""Tag rules: what tags a request may carry, and how they join those that are there.

Keys are case-insensitive and case-preserving on users and roles, case-sensitive on the others (IAM User Guide, "Tags
for IAM resources").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from keyreeve.entities import Record, Role, Tag, User
from keyreeve.faults import InvalidInput, LimitExceeded
from keyreeve.iam.quotas import TAGS

FOLDED = (User, Role)


def fold(kind: type[Record], key: str) -> str:
    """The key as it is compared for this kind."""
    return key.lower() if kind in FOLDED else key


def accepted(kind: type[Record], tags: Iterable[Mapping[str, str]] | None) -> tuple[Tag, ...]:
    """The tags of a request as they are kept; InvalidInput for duplicates, and for what is reserved."""
    given = tuple(Tag(tag["key"], tag["value"]) for tag in tags) if tags else ()
    if not given:
        return ()
    if len({fold(kind, tag.key) for tag in given}) < len(given):
        note = " Please note that Tag keys are case insensitive." if kind in FOLDED else ""
        raise InvalidInput(f"Duplicate tag keys found.{note}")
    if any(tag.key.lower().startswith("aws:") for tag in given):
        raise InvalidInput("aws: prefixed tag key names are not allowed for external use.")
    if any(tag.value.lower().startswith("aws:") for tag in given):
        raise InvalidInput("aws: prefixed tag values are not allowed for external use.")
    return given


def merged(kind: type[Record], old: tuple[Tag, ...], given: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """The old tags with the given ones in place of their namesakes; LimitExceeded past fifty."""
    named = {fold(kind, tag.key): tag for tag in (*old, *given)}
    if len(named) > TAGS:
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return tuple(named.values())
