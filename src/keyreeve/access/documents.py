"""Documents: stored policies, parsed."""

from __future__ import annotations

from functools import lru_cache

from keyreeve import policy


@lru_cache(maxsize=4096)
def parsed(text: str, kind: policy.Kind) -> policy.Document:
    """A stored document, parsed once for all who hold the same text."""
    return policy.stored(text, kind)
