"""Decisions: what was decided, by which type of policy, because of which statements."""

from __future__ import annotations

from typing import Literal, NamedTuple, NoReturn

from keyreeve.policy.question import Layer, Matches, Policies, Request

Verdict = Literal["allowed", "explicit_deny", "implicit_deny"]


class Decision(NamedTuple):
    """The answer to a request.

    `layer` is the type of policy that decided. `because` holds every Deny that applied (verdict explicit_deny), a
    statement that granted (allowed; none for the account root's own power), or nothing (implicit_deny).
    """

    verdict: Verdict
    layer: Layer
    because: Matches
    request: Request
    policies: Policies

    def __bool__(self) -> NoReturn:
        raise TypeError("ask decision.verdict: a Decision is neither true nor false")
