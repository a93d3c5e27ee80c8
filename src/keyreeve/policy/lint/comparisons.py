"""Comparisons that do not compare what they seem to: values of another type, wildcards and variables out of place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_interface

from keyreeve.policy import values as read
from keyreeve.policy.arn import FIELDS
from keyreeve.policy.condition import FOR_ALL, NULL
from keyreeve.policy.lint.global_keys import global_key, multivalued
from keyreeve.policy.lint.seen import Asked, Note, Notes, Seen, Stated
from keyreeve.policy.places import Path
from keyreeve.policy.variables import names

VARIABLE = re.compile(r"\$\{[^}]*\}")
"""A variable, or one of the literals `${*}`, `${?}` and `${$}`."""

_WITH_VARIABLES = ("String", "Arn", "Bool")
_READERS: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    ("Bool", "TYPE_MISMATCH_BOOLEAN", read.boolean),
    ("Null", "TYPE_MISMATCH_BOOLEAN", read.boolean),
    ("Numeric", "TYPE_MISMATCH_NUMBER", read.number),
    ("Binary", "TYPE_MISMATCH_STRING", read.octets),
    ("IpAddress", "TYPE_MISMATCH_IP_RANGE", read.network),
    ("NotIpAddress", "TYPE_MISMATCH_IP_RANGE", read.network),
)


def values(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """Values that an operator cannot use."""
    for asked in stated.conditions():
        if not asked.values:
            yield asked.note("EMPTY_CONDITION_VALUES", f"{asked.key} has no values: nothing equals one of them.")
        if asked.name.operator == NULL and asked.name.quantifier:
            yield asked.note("NULL_WITH_QUALIFIER", f"{asked.operator} does not ask whether {asked.key} is there.")
        for value in asked.values:
            yield from _value(asked, value)


def _value(asked: Asked, value: str) -> Notes:
    operator = asked.name.operator
    bare = VARIABLE.sub("", value)
    if bare != value:
        if not operator.startswith(_WITH_VARIABLES):
            yield asked.note("INVALID_VARIABLE_FOR_OPERATOR", f"{operator} takes {value} as plain text.")
    else:
        yield from _typed(asked, operator, value)
    if operator.startswith("String") and "Equals" in operator and ("*" in bare or "?" in bare):
        yield asked.note("WILDCARD_WITHOUT_LIKE_OPERATOR", f"{operator} compares {value} character by character.")


def _typed(asked: Asked, operator: str, value: str) -> Notes:
    for beginning, code, reader in _READERS:
        if operator.startswith(beginning) and reader(value) is None:
            yield asked.note(code, f"{operator} cannot read {value!r}: the comparison never holds.")
            return
    if operator.startswith("Arn") and (value.count(":") < FIELDS - 1 or not value.startswith(("arn:", "*:"))):
        yield asked.note("INVALID_ARN_VALUE", f"{value!r} is no ARN: {operator} compares nothing with it.")
    if "IpAddress" in operator and "/" in value and (network := str(ip_interface(value).network)) != _plain(value):
        yield asked.note("IMPROVE_IP_RANGE", f"{value} means {network}: bits behind the prefix are ignored.")


def _plain(value: str) -> str:
    """A block as `ipaddress` writes it, its host bits kept."""
    return str(ip_interface(value))


def quantifiers(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """ForAllValues that lets requests in which do not have the key at all."""
    if not stated.allows:
        return
    given = list(stated.conditions())
    there = {asked.key.lower() for asked in given if asked.requires or _wants(asked)}
    for asked in given:
        key = global_key(asked.key)
        laxer = asked.name.quantifier == FOR_ALL and asked.name.operator != NULL and not asked.negated
        if laxer and asked.key.lower() not in there and (key is None or multivalued(key)):
            yield asked.note("FORALLVALUES_WITHOUT_NULL_CHECK", f"It also holds where {asked.key} is missing.")


def _wants(asked: Asked) -> bool:
    """Whether it is a Null check that wants the key to be there."""
    plain = asked.name.operator == NULL and not asked.name.quantifier
    return plain and {value.lower() for value in asked.values} == {"false"}


def variables(seen: Seen, stated: Stated) -> Notes:
    """Variables where there are none, or that have no value."""
    for path, text in _places(stated):
        if not VARIABLE.search(text):
            continue
        if not seen.variables_live:
            yield Note("VARIABLE_UNSUPPORTED_IN_VERSION", path, f"In this version {text} is plain text.")
        for key in names(text):
            yield from _named(path, key)


def _places(stated: Stated) -> Iterator[tuple[Path, str]]:
    for member in ("Resource", "NotResource"):
        yield from stated.located(member)
    for asked in stated.conditions():
        if asked.name.operator.startswith(_WITH_VARIABLES):
            yield from ((asked.path, value) for value in asked.values)


def _named(path: Path, key: str) -> Notes:
    found = global_key(key)
    if found is not None and multivalued(found):
        yield Note("MULTIVALUED_KEY_IN_VARIABLE", path, f"{key} has several values; ${{{key}}} stands for none.")
    if found is None and key.lower().startswith("aws:"):
        yield Note("INVALID_GLOBAL_CONDITION_KEY", path, f"There is no global condition key {key}.")
