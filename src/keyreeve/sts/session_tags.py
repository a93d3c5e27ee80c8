"""Session tags and source identity: what a session carries beside its policies.

Source: IAM User Guide, "Pass session tags in AWS STS".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from keyreeve.access.tokens import Session
from keyreeve.entities import Tag
from keyreeve.faults import InvalidParameterValue, ValidationError
from keyreeve.operations import Context, tag_keys

_DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
_NOT_PASSED = "The specified transitive tag key must be included in the requested tags."
_INHERITED = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
    "calling session."
)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a new session gets: its tags with the inherited ones, which of them travel on, what was inherited."""

    tags: tuple[Tag, ...]
    transitive: tuple[str, ...]
    inherited: tuple[Tag, ...]

    @property
    def context(self) -> Context:
        """The condition keys of the tags that the request passes or inherits."""
        if not self.tags:
            return {}
        context = tag_keys("aws:requesttag/", ((tag.key, tag.value) for tag in self.tags))
        context["aws:tagkeys"] = tuple(tag.key for tag in self.tags)
        if self.transitive:
            context["sts:transitivetagkeys"] = self.transitive
        return context


NONE = Passed((), (), ())
"""No tags at all, as most sessions have."""


def passed(
    calling: Session | None, tags: Iterable[Mapping[str, str]] | None, transitive: Iterable[str] | None
) -> Passed:
    """What a call passes on, with the transitive tags of the session that calls; InvalidParameterValue for faults."""
    if not tags and not transitive and (calling is None or not calling.transitive_tag_keys):
        return NONE
    own = tuple(Tag(tag["key"], tag["value"]) for tag in tags or ())
    keys = {tag.key.lower() for tag in own}
    if len(keys) < len(own):
        raise InvalidParameterValue(_DUPLICATE)
    if any(key.startswith("aws:") for key in keys):
        raise InvalidParameterValue("Tag keys that begin with aws: are reserved.")
    if any(tag.value.lower().startswith("aws:") for tag in own):
        raise InvalidParameterValue("Tag values that begin with aws: are reserved.")
    travelling = tuple(transitive or ())
    if any(key.lower() not in keys for key in travelling):
        raise InvalidParameterValue(_NOT_PASSED)
    inherited = _inherited(calling)
    if keys & {tag.key.lower() for tag in inherited}:
        raise InvalidParameterValue(_INHERITED)
    return Passed((*inherited, *own), (*(tag.key for tag in inherited), *travelling), inherited)


def _inherited(calling: Session | None) -> tuple[Tag, ...]:
    if calling is None:
        return ()
    travelling = {key.lower() for key in calling.transitive_tag_keys}
    return tuple(tag for tag in calling.tags if tag.key.lower() in travelling)


def source_identity(calling: Session | None, given: str | None) -> str | None:
    """The source identity of a new session: set once for a chain, and never changed in it."""
    held = None if calling is None else calling.source_identity
    if held is not None and given is not None and given != held:
        raise ValidationError("The source identity is already set for this assume role session")
    return given or held
