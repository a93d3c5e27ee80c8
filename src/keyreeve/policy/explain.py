"""Explanations: the decision once more, with what every statement had to say.

The evaluator decides; the trace asks each statement the same questions through the same code.
"""

from __future__ import annotations

from typing import NamedTuple

from keyreeve.policy.condition import Condition
from keyreeve.policy.decision import Decision
from keyreeve.policy.evaluate import bites, decide
from keyreeve.policy.layer import Match, Policy
from keyreeve.policy.principal import Form
from keyreeve.policy.question import Policies, Request
from keyreeve.policy.statement import Statement


class Compared(NamedTuple):
    """A condition against the request's values; `given` is None where the key is missing."""

    condition: Condition
    given: str | tuple[str, ...] | None
    holds: bool


class Traced(NamedTuple):
    """What a statement said to the request: each part by itself, and whether it applied as a whole."""

    match: Match
    action: bool
    principal: Form | None
    resource: bool
    conditions: tuple[Compared, ...]
    applies: bool

    @property
    def failed(self) -> tuple[Compared, ...]:
        """Conditions that did not hold, with the values compared."""
        return tuple(each for each in self.conditions if not each.holds)


class Explanation(NamedTuple):
    """A request, what was decided, and every statement that was looked at."""

    request: Request
    decision: Decision
    trace: tuple[Traced, ...]

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Keys that statements about the action asked for and the request does not have, as written."""
        asked = (each for traced in self.trace if traced.action for each in traced.conditions)
        return tuple(dict.fromkeys(each.condition.key for each in asked if each.given is None))


def explain(request: Request, policies: Policies, *, acting: bool = False) -> Explanation:
    """Decide a request and say what every statement of every policy contributed.

    With `acting` only statements about the action are looked at, which the index finds without the others.
    """
    trace = tuple(
        _traced(Match(layer, policy, statement), request, policies)
        for layer, held in policies.layers()
        for policy in held
        for statement in (_acting(policy, request) if acting else policy.document.statements)
    )
    return Explanation(request, decide(request, policies), trace)


def _acting(policy: Policy, request: Request) -> list[Statement]:
    found = policy.document.candidates(request.action.lower())
    return sorted((*found.denies, *found.allows), key=lambda statement: statement.index)


def _traced(match: Match, request: Request, policies: Policies) -> Traced:
    statement = match.statement
    acts = statement.acts(request.action.lower())
    element = statement.principals
    form = None if element is None else element.form(request.principal, bounded=policies.boundary is not None)
    return Traced(
        match,
        acts,
        form,
        statement.covers(request.resource, request.context) is True,
        tuple(_compared(condition, request) for condition in statement.conditions),
        acts and bites(match, request, policies),
    )


def _compared(condition: Condition, request: Request) -> Compared:
    return Compared(condition, request.context.get(condition.key.lower()), condition.holds(request.context))
