"""Conditions: an operator with its quantifier and suffix, a key, and the values a policy gives for it.

Source: IAM User Guide, "Conditions with multiple context keys or values", "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from keyreeve.policy.operators import OPERATORS, Match, Values, unvarying
from keyreeve.policy.variables import Context

Holds = Callable[[Context], bool]

FOR_ALL = "ForAllValues"
FOR_ANY = "ForAnyValue"
NULL = "Null"
_IF_EXISTS = "IfExists"


class Name(NamedTuple):
    """An operator's text taken apart: `ForAnyValue:StringLikeIfExists`."""

    quantifier: str
    operator: str
    if_exists: bool


class Condition(NamedTuple):
    """One comparison of a Condition block. `holds(context)` settles doubt by the statement's effect."""

    operator: str
    key: str
    values: Values
    holds: Holds


_NAMES = {
    f"{before}{operator}{after}": Name(quantifier, operator, if_exists)
    for before, quantifier in (("", ""), (f"{FOR_ALL}:", FOR_ALL), (f"{FOR_ANY}:", FOR_ANY))
    for operator in (*OPERATORS, NULL)
    for after, if_exists in (("", False), (_IF_EXISTS, True))
    if operator != NULL or not if_exists
}
"""All operators there are, by their text."""


def name(text: str) -> Name | None:
    """The parts of an operator's text, or None for one that does not exist. Case counts."""
    return _NAMES.get(text)


def conditions(block: dict[str, Any], *, denies: bool, active: bool) -> tuple[Condition, ...]:
    """Conditions of a Condition block whose form has been checked; all of them must hold."""
    return tuple(
        _condition(operator, key, texts(given), denies=denies, active=active)
        for operator, keys in block.items()
        for key, given in keys.items()
    )


def texts(given: Any) -> Values:
    """Values as text: one or a list; JSON's true and false by their names."""
    items = given if isinstance(given, list) else [given]
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _condition(operator: str, key: str, values: Values, *, denies: bool, active: bool) -> Condition:
    found = name(operator)
    plain = found is None or not (found.quantifier or found.if_exists)
    if found is None or (not values and (plain or not denies)):
        # No values: "the condition returns true and the policy statement provides no permissions" (policy checks), so
        # a Deny holds and an Allow gives nothing. IfExists and the quantifiers have rules of their own.
        return Condition(operator, key, values, _never if not denies else _always)
    if found.operator == NULL:
        return Condition(operator, key, values, _null(found, key.lower(), values, denies))
    row = OPERATORS[found.operator]
    match = row.make(values, active) if values else unvarying(_matches_nothing)
    make = _quantified if found.quantifier else _plain
    return Condition(operator, key, values, make(found, key.lower(), match, row.negated, denies))


def _never(context: Context) -> bool:  # noqa: ARG001  holds like the others
    return False


def _always(context: Context) -> bool:  # noqa: ARG001  holds like the others
    return True


def _matches_nothing(value: str) -> bool:  # noqa: ARG001  a test like the others
    return False


def _absent(value: str | tuple[str, ...] | None) -> bool:
    """Not in the request, or a set that holds nothing: of empty strings alone it is null."""
    return value is None or (not isinstance(value, str) and not any(value))


def _plain(found: Name, key: str, match: Match, negated: bool, denies: bool) -> Holds:
    holds_without = negated or found.if_exists
    bind, test = match

    def holds(context: Context) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            met = (test or bind(context, len(value)))(value)
            return denies if met is None else met is not negated
        if value is None or _absent(value):
            return holds_without
        # A multivalued key without a set operator never matches; in a Deny that would be a trap, so there any value of
        # it may match. AWS is not clear; this grants less.
        return denies and any(met is None or met is not negated for met in map(bind(context, _longest(value)), value))

    return holds


def _quantified(found: Name, key: str, match: Match, negated: bool, denies: bool) -> Holds:
    every = found.quantifier == FOR_ALL
    # ForAnyValue over nothing is false; with IfExists the pages disagree: an Allow keeps false, a Deny takes true.
    holds_without = every or (found.if_exists and denies)
    decide: Callable[[Iterable[bool]], bool] = all if every else any

    def holds(context: Context) -> bool:
        value = context.get(key)
        if value is None or _absent(value):
            return holds_without
        values = (value,) if isinstance(value, str) else value
        met = map(match.bind(context, _longest(values)), values)
        return decide(denies if each is None else each is not negated for each in met)

    return holds


def _longest(values: Values) -> int:
    return max(map(len, values), default=0)


def _null(found: Name, key: str, values: Values, denies: bool) -> Holds:
    if found.quantifier:
        return _always if found.quantifier == FOR_ALL else _never
    wanted = {"true": True, "false": False}
    absences = {wanted.get(value.lower()) for value in values}

    def holds(context: Context) -> bool:
        return _absent(context.get(key)) in absences or (denies and None in absences)

    return holds
