"""Packing: the share of the allotted space that session policies and tags fill.

AWS does not say how it packs. The estimate by plain size (1,000 characters of policies, 455 of tags) fits what it
answers in public examples; past 100 % it refuses, and so do we.
"""

from __future__ import annotations

from keyreeve.access import tokens
from keyreeve.entities import Tag
from keyreeve.faults import PackedPolicyTooLarge


def packed_size(policies: tuple[str, ...], arns: tuple[str, ...], tags: tuple[Tag, ...]) -> int:
    """Percent of the space; PackedPolicyTooLarge past 100."""
    by_tags = tokens.packed_size(0, tags)
    if by_tags > 100:  # noqa: PLR2004  percent
        raise PackedPolicyTooLarge(f"Packed size of session tags consumes {by_tags}% of allotted space.")
    percent = tokens.packed_size(sum(map(len, (*policies, *arns))), tags)
    if percent > 100:  # noqa: PLR2004  percent
        raise PackedPolicyTooLarge(f"Packed policy consumes {percent}% of allotted space, please use smaller policy.")
    return percent
