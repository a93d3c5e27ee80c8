"""Condition operators: a table of rows, each making a match from the values a policy gives.

A test takes one value of the request and answers True, False, or None for "in doubt" (a value that is not of the
operator's type). Doubt is settled by the statement: an Allow with a doubtful condition does not apply, a Deny does. AWS
does not document type mismatches; this reading grants less. The values of a policy are alternatives: one that matches
is enough, else one in doubt leaves doubt. They are sorted so that a test takes no longer for many than for few.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from keyreeve.policy import values as read
from keyreeve.policy.arn import alike, moved, unlike
from keyreeve.policy.variables import Context, Template, fits, fixed, joined, matching, parts, resolve
from keyreeve.policy.wildcard import Token, alternatives, needle

Test = Callable[[str], bool | None]
Values = tuple[str, ...]


class Match(NamedTuple):
    """What a condition compares with.

    `bind(context, longest)` gives the test for a context and texts of at most so many characters; without variables it
    is always `test`.
    """

    bind: Callable[[Context, int], Test]
    test: Test | None = None


class Operator(NamedTuple):
    """A row: `make(values, variables_active)` gives the match; `negated` turns its answer round."""

    name: str
    make: Callable[[Values, bool], Match]
    negated: bool = False


def unvarying(test: Test) -> Match:
    """The match of values without variables."""
    return Match(lambda context, longest: test, test)  # noqa: ARG005  binds like the others


def _sorted_out(templates: Iterable[Template]) -> tuple[list[tuple[Token, ...]], list[Template]]:
    """Templates that need no context, as tokens, and those that do."""
    closed: list[tuple[Token, ...]] = []
    open_ones: list[Template] = []
    for template in templates:
        found = fixed(template)
        open_ones.append(template) if found is None else closed.append(found)
    return closed, open_ones


def _resolved(templates: list[Template], context: Context, longest: int) -> Iterable[tuple[Token, ...]]:
    for template in templates:
        tokens = resolve(template, context)
        if tokens is not None and fits(tokens, longest):
            yield tokens


def _equals(fold: Callable[[str], str] | None) -> Callable[[Values, bool], Match]:
    """Equality of texts, as they are or folded to one case."""
    widest = 1 if fold is None else 3  # characters that become of one

    def tested(wanted: frozenset[str]) -> Test:
        return wanted.__contains__ if fold is None else lambda value: fold(value) in wanted

    def texts(patterns: Iterable[tuple[Token, ...]]) -> frozenset[str]:
        if fold is None:
            return frozenset(map(joined, patterns))
        folded = lru_cache(fold)  # a variable's value may be long, and may stand in a thousand patterns
        return frozenset("".join(folded(token) for token in tokens if isinstance(token, str)) for tokens in patterns)

    def make(values: Values, active: bool) -> Match:
        closed, open_ones = _sorted_out(parts(value, active=active, wildcards=False) for value in values)
        literal = texts(closed)
        if not open_ones:
            return unvarying(tested(literal))
        return Match(lambda context, longest: tested(literal | texts(_resolved(open_ones, context, longest * widest))))

    return make


def _like(values: Values, active: bool) -> Match:
    found, open_ones = _sorted_out(parts(value, active=active) for value in values)
    closed = alternatives(found).match
    if not open_ones:
        return unvarying(closed)

    def bind(context: Context, longest: int) -> Test:
        resolved = [(needle(tokens), matching(tokens)) for tokens in _resolved(open_ones, context, longest)]
        return lambda value: closed(value) or any(text in value and match(value) for text, match in resolved)

    return Match(bind)


def _arn(values: Values, active: bool) -> Match:
    closed, open_ones = _sorted_out(parts(value, active=active) for value in values)
    literal = alike(tuple(closed))
    if not open_ones:
        return unvarying(literal)
    # What a variable with colons names might be another's: a match of it is a doubt.

    def bind(context: Context, longest: int) -> Test:
        sure: list[tuple[Token, ...]] = []
        moving: list[tuple[Token, ...]] = []
        too_long: list[tuple[Token, ...]] = []
        for template in open_ones:
            tokens = resolve(template, context)
            if tokens is not None and not fits(tokens, longest):
                too_long.append(tokens)
            elif tokens is not None:
                (moving if moved(template, context) else sure).append(tokens)
        certain, doubtful, unmet = alike(tuple(sure)), alike(tuple(moving)), unlike(too_long)

        def test(value: str) -> bool | None:
            met = (literal(value), certain(value))
            if True in met:
                return True
            return None if None in met or doubtful(value) is not False or unmet(value) is None else False

        return test

    return Match(bind)


AnyOf = Callable[[list[Any]], Callable[[Any], bool]]
"""Makes a comparison with several wanted values at once."""


def _equal(wanted: list[Any]) -> Callable[[Any], bool]:
    return frozenset(wanted).__contains__


_ANY_OF: dict[Callable[[Any, Any], bool], AnyOf] = {
    operator.eq: _equal,
    operator.lt: lambda wanted: max(wanted).__gt__,
    operator.le: lambda wanted: max(wanted).__ge__,
    operator.gt: lambda wanted: min(wanted).__lt__,
    operator.ge: lambda wanted: min(wanted).__le__,
}


def _typed(
    reader: Callable[[str], Any], any_of: AnyOf, asked: Callable[[str], Any] | None = None
) -> Callable[[Values, bool], Match]:
    """Operators that read both sides as values of a type and compare them; `asked` reads the request's side."""
    given = asked or reader

    def make(values: Values, active: bool) -> Match:  # noqa: ARG001  no variables in these
        return unvarying(_typed_test(given, any_of, [reader(value) for value in values]))

    return make


def _typed_test(reader: Callable[[str], Any], any_of: AnyOf, values: list[Any]) -> Test:
    wanted = [value for value in values if value is not None]
    meets = any_of(wanted) if wanted else lambda _given: False
    otherwise = False if len(wanted) == len(values) else None

    def test(value: str) -> bool | None:
        given = reader(value)
        if given is None:
            return None
        return meets(given) or otherwise

    return test


def _truth(tokens: tuple[Token, ...]) -> bool | None:
    return read.boolean(joined(tokens)) if fits(tokens, len("false")) else None


def _bool(values: Values, active: bool) -> Match:
    closed, open_ones = _sorted_out(parts(value, active=active, wildcards=False) for value in values)
    literal = [_truth(tokens) for tokens in closed]
    if not open_ones:
        return unvarying(_bool_test(literal))

    def bind(context: Context, longest: int) -> Test:  # noqa: ARG001  binds like the others
        resolved = (resolve(template, context) for template in open_ones)
        compared = [*literal, *(_truth(tokens) for tokens in resolved if tokens is not None)]
        return _bool_test(compared) if compared else lambda _value: False

    return Match(bind)


def _bool_test(values: list[bool | None]) -> Test:
    """The test of truths: there are two, so that both are compared beforehand."""
    compared = _typed_test(read.boolean, _equal, values)
    return _Truths({truth: compared(truth) for truth in ("true", "false")}).__getitem__


class _Truths(dict[str, bool | None]):
    """What is said of true and false in any case; of other texts nothing."""

    __slots__ = ()

    def __missing__(self, text: str) -> bool | None:
        return self.get(text.lower())


def _numeric(holds: Callable[[Any, Any], bool]) -> Callable[[Values, bool], Match]:
    return _typed(read.number, _ANY_OF[holds])


def _date(holds: Callable[[Any, Any], bool]) -> Callable[[Values, bool], Match]:
    return _typed(read.moment, _ANY_OF[holds])


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
        Operator("BinaryEquals", _typed(read.octets, _equal)),
        Operator("IpAddress", _typed(read.network, read.within, read.address)),
        Operator("NotIpAddress", _typed(read.network, read.within, read.address), negated=True),
        Operator("ArnEquals", _arn),
        Operator("ArnLike", _arn),
        Operator("ArnNotEquals", _arn, negated=True),
        Operator("ArnNotLike", _arn, negated=True),
    )
}
"""Every operator that compares, by its exact name. `Null` compares nothing and stands in condition.py."""
