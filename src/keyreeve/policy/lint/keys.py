"""Condition keys against the operators that look at them: their types, and how many values they have."""

from __future__ import annotations

from keyreeve.policy.condition import FOR_ALL, FOR_ANY, NULL
from keyreeve.policy.lint.global_keys import global_key, multivalued
from keyreeve.policy.lint.knowledge import Key, Reference
from keyreeve.policy.lint.seen import Asked, Notes, Stated

_FITTING = {
    "String": ("String", "Arn"),  # an Arn operator on a text that is an ARN is usual, and works
    "ARN": ("String", "Arn"),
    "Bool": ("Bool",),
    "Numeric": ("Numeric",),
    "Date": ("Date",),
    "Date or Numeric": ("Date", "Numeric"),
    "IPAddress": ("IpAddress", "NotIpAddress"),
    "Binary": ("Binary",),
}
"""Types of keys, and how the names of the operators begin that fit them."""


def known(stated: Stated, reference: Reference | None) -> Notes:
    """What is wrong with the use of keys that are known."""
    for asked in stated.conditions():
        given = _key(asked.key, reference)
        if given is not None:
            yield from _type(asked, given)
            yield from _count(stated, asked, given)
            if given.instead:
                yield asked.note("DEPRECATED_CONDITION_KEY", f"{asked.key}: {given.instead}")
        elif asked.key.lower().startswith("aws:"):
            yield asked.note("INVALID_GLOBAL_CONDITION_KEY", f"There is no global condition key {asked.key}.")


def _key(name: str, reference: Reference | None) -> Key | None:
    found = global_key(name)
    if found is None and reference is not None and not name.lower().startswith("aws:"):
        return reference.key(name)
    return found


def _type(asked: Asked, key: Key) -> Notes:
    fitting = _FITTING.get(key.type.removeprefix("ArrayOf"))
    operator = asked.name.operator
    if operator != NULL and fitting is not None and not operator.startswith(fitting):
        yield asked.note("TYPE_MISMATCH", f"{key.name} is of type {key.type}; {operator} is for another.")


def _count(stated: Stated, asked: Asked, key: Key) -> Notes:
    quantifier = asked.name.quantifier
    if asked.name.operator == NULL:
        return
    if multivalued(key) and not quantifier:
        yield asked.note("MISSING_QUALIFIER", f"{key.name} has several values; {asked.operator} expects one.")
    if not multivalued(key) and quantifier == FOR_ALL and stated.allows:
        yield asked.note("FORALLVALUES_WITH_SINGLE_VALUED_KEY", f"{key.name} has one value.")
    elif not multivalued(key) and quantifier in (FOR_ALL, FOR_ANY):
        yield asked.note("SET_OPERATOR_WITH_SINGLE_VALUED_KEY", f"{key.name} has one value.")
