"""Condition operators: a table of rows, each making a match from the values a policy gives.

A match takes one value of the request and answers True, False, or None for "in doubt" (a value that is not of the
operator's type). Doubt is settled by the statement: an Allow with a doubtful condition does not apply, a Deny does. AWS
does not document type mismatches; this reading grants less.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from keyreeve.policy import values as read
from keyreeve.policy.arn import alike, moved
from keyreeve.policy.variables import Context, Template, fixed, joined, matching, parts, resolve
from keyreeve.policy.wildcard import alternatives

Match = Callable[[str, Context], bool | None]
Values = tuple[str, ...]


class Operator(NamedTuple):
    """A row: `make(values, variables_active)` gives the match; `negated` turns its answer round."""

    name: str
    make: Callable[[Values, bool], Match]
    negated: bool = False


def any_of(matches: tuple[Match, ...]) -> Match:
    """Values of a key are alternatives: true if one matches, else in doubt if one is, else false."""
    if len(matches) == 1:
        return matches[0]

    def match(value: str, context: Context) -> bool | None:
        answer: bool | None = False
        for each in matches:
            met = each(value, context)
            if met:
                return True
            if met is None:
                answer = None
        return answer

    return match


def _equals(fold: Callable[[str], str] | None) -> Callable[[Values, bool], Match]:
    """Equality of texts, as they are or folded to one case."""
    folded = fold or str

    def make(values: Values, active: bool) -> Match:
        templates = [parts(value, active=active, wildcards=False) for value in values]
        literal = frozenset(folded(joined(found)) for template in templates if (found := fixed(template)) is not None)
        open_ones = tuple(template for template in templates if fixed(template) is None)
        if not open_ones and fold is None:
            return lambda value, context: value in literal  # noqa: ARG005  a Match like the others

        def match(value: str, context: Context) -> bool:
            given = folded(value)
            if given in literal:
                return True
            found = (resolve(template, context) for template in open_ones)
            return any(tokens is not None and folded(joined(tokens)) == given for tokens in found)

        return match

    return make


def _like(values: Values, active: bool) -> Match:
    templates = [parts(value, active=active) for value in values]
    closed = alternatives(found for template in templates if (found := fixed(template)) is not None)
    open_ones = tuple(template for template in templates if fixed(template) is None)

    def match(value: str, context: Context) -> bool:
        if closed.match(value):
            return True
        resolved = (resolve(template, context) for template in open_ones)
        return any(tokens is not None and matching(tokens)(value) for tokens in resolved)

    return match


def _arn(values: Values, active: bool) -> Match:
    return any_of(tuple(_arn_one(parts(value, active=active)) for value in values))


def _arn_one(template: Template) -> Match:
    def match(value: str, context: Context) -> bool | None:
        resolved = resolve(template, context)
        met = False if resolved is None else alike(resolved, value)
        return None if met and moved(template, context) else met

    return match


def _typed(
    reader: Callable[[str], Any], holds: Callable[[Any, Any], bool], asked: Callable[[str], Any] | None = None
) -> Callable[[Values, bool], Match]:
    """Operators that read both sides as values of a type and compare them; `asked` reads the request's side."""
    given = asked or reader

    def make(values: Values, active: bool) -> Match:  # noqa: ARG001  no variables in these
        return any_of(tuple(_typed_one(given, holds, reader(value)) for value in values))

    return make


def _typed_one(reader: Callable[[str], Any], holds: Callable[[Any, Any], bool], wanted: Any) -> Match:
    def match(value: str, context: Context) -> bool | None:  # noqa: ARG001  a Match like the others
        given = reader(value)
        return None if given is None or wanted is None else holds(given, wanted)

    return match


def _bool(values: Values, active: bool) -> Match:
    return any_of(tuple(_bool_one(parts(value, active=active, wildcards=False)) for value in values))


def _bool_one(template: Template) -> Match:
    def match(value: str, context: Context) -> bool | None:
        resolved = resolve(template, context)
        if resolved is None:
            return False
        given, wanted = read.boolean(value), read.boolean(joined(resolved))
        return None if given is None or wanted is None else given is wanted

    return match


def _numeric(holds: Callable[[Any, Any], bool]) -> Callable[[Values, bool], Match]:
    return _typed(read.number, holds)


def _date(holds: Callable[[Any, Any], bool]) -> Callable[[Values, bool], Match]:
    return _typed(read.moment, holds)


OPERATORS = {
    row.name: row
    for row in (
        Operator("StringEquals", _equals(None)),
        Operator("StringNotEquals", _equals(None), negated=True),
        Operator("StringEqualsIgnoreCase", _equals(str.casefold)),
        Operator("StringNotEqualsIgnoreCase", _equals(str.casefold), negated=True),
        Operator("StringLike", _like),
        Operator("StringNotLike", _like, negated=True),
        Operator("NumericEquals", _numeric(operator.eq)),
        Operator("NumericNotEquals", _numeric(operator.eq), negated=True),
        Operator("NumericLessThan", _numeric(operator.lt)),
        Operator("NumericLessThanEquals", _numeric(operator.le)),
        Operator("NumericGreaterThan", _numeric(operator.gt)),
        Operator("NumericGreaterThanEquals", _numeric(operator.ge)),
        Operator("DateEquals", _date(operator.eq)),
        Operator("DateNotEquals", _date(operator.eq), negated=True),
        Operator("DateLessThan", _date(operator.lt)),
        Operator("DateLessThanEquals", _date(operator.le)),
        Operator("DateGreaterThan", _date(operator.gt)),
        Operator("DateGreaterThanEquals", _date(operator.ge)),
        Operator("Bool", _bool),
        Operator("BinaryEquals", _typed(read.octets, operator.eq)),
        Operator("IpAddress", _typed(read.network, read.within, read.address)),
        Operator("NotIpAddress", _typed(read.network, read.within, read.address), negated=True),
        Operator("ArnEquals", _arn),
        Operator("ArnLike", _arn),
        Operator("ArnNotEquals", _arn, negated=True),
        Operator("ArnNotLike", _arn, negated=True),
    )
}
"""Every operator that compares, by its exact name. `Null` compares nothing and stands in condition.py."""
