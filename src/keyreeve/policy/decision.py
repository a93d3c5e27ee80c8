"""Decisions: what was decided, by which type of policy, because of which statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keyreeve.policy.layer import Layer, Matches

Verdict = Literal["allowed", "explicit_deny", "implicit_deny"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request.

    `layer` is the type of policy that decided. `because` holds every Deny that applied (verdict explicit_deny), a
    statement that granted (allowed; none for the account root's own power), or nothing (implicit_deny).
    """

    verdict: Verdict
    layer: Layer
    because: Matches = ()

    def __bool__(self) -> bool:
        raise TypeError("ask decision.verdict: a Decision is neither true nor false")
