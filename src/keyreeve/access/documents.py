"""Documents: stored policies, parsed."""

from __future__ import annotations

from functools import lru_cache

from keyreeve import policy


@lru_cache(maxsize=4096)
def parsed(text: str, kind: policy.Kind) -> policy.Document:
    """A stored document, parsed once for all who hold the same text."""
    return policy.stored(text, kind)


@lru_cache(maxsize=1024)
def of_session(text: str) -> policy.Document:
    """A session policy, which is often one session's alone: fewer are kept."""
    return policy.stored(text, policy.Kind.SESSION)
