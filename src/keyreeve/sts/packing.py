"""Packing: the share of the allotted space that session policies and tags fill.

AWS does not say how it packs. Plain sizes over 1,000 characters of policy (inline text and ARNs) and 455 of tags fit
what was seen better than any compressor: 163 characters of policy gave 16 %, nine tags of 252 gave 498 %.
"""

from __future__ import annotations

from collections.abc import Iterable

from keyreeve.entities import Tag
from keyreeve.faults import PackedPolicyTooLarge

POLICY_CHARACTERS = 1000
TAG_CHARACTERS = 455
ALL = 100
TOO_LARGE = "Packed policy consumes {}% of allotted space, please use smaller policy."


def percent(policy_characters: int, tags: Iterable[Tag]) -> int:
    """Session policies and tags as a percentage of the space they may take."""
    tag_characters = sum(len(tag.key) + len(tag.value) for tag in tags)
    used = policy_characters * TAG_CHARACTERS + tag_characters * POLICY_CHARACTERS
    return used * ALL // (POLICY_CHARACTERS * TAG_CHARACTERS)


def packed_size(policies: tuple[str, ...], arns: tuple[str, ...], tags: tuple[Tag, ...]) -> int:
    """Percent of the space; PackedPolicyTooLarge past 100."""
    if not (policies or arns or tags):
        return 0
    by_tags = percent(0, tags)
    if by_tags > ALL:
        raise PackedPolicyTooLarge(f"Packed size of session tags consumes {by_tags}% of allotted space.")
    packed = percent(sum(map(len, (*policies, *arns))), tags)
    if packed > ALL:
        raise PackedPolicyTooLarge(TOO_LARGE.format(packed))
    return packed
