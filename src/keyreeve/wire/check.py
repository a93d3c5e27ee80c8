"""Constraints: whether an operation's input keeps to the model, and AWS's sentence when it does not.

Sources: recorded ValidationError answers of IAM (2025 and 2026) and STS. IAM never says the value and prints no enum's
set; STS quotes the value, however long. Where several members are at fault AWS's order is its own; ours is the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from keyreeve.faults import ValidationError
from keyreeve.wire.constraints import NOT_NULL, Constraint, constraints, said_by_name
from keyreeve.wire.model import Operation, Shape, snake

_SECRET = frozenset({"tokenCodeType", "contextAssertionType", "encodedMessageType", "authenticationCodeType"})
"""Shapes of what proves something and is not sensitive in the models."""

MOST_FAULTS = 100
"""Faults that are looked for. A list of ten thousand elements may have one in each, and nobody reads them."""

_NESTED = frozenset({"structure", "list", "map"})


class Fault(NamedTuple):
    """One constraint that does not hold: where, of what value (None: absent), and AWS's words for it."""

    place: str
    shape: Shape
    value: Any
    words: str


Check = Callable[[Any, str], Iterator[Fault]]


def faults(operation: Operation, values: Mapping[str, Any]) -> ValidationError | None:
    """What is wrong with the input that `query.read` gave, in one ValidationError; None: nothing is.

    We differ where there are more faults than MOST_FAULTS: the sentence has the first ones, and counts those.
    """
    if operation.input is None or _sound(operation.input)(values):
        return None
    found = list(islice(_structure(operation.input, nested=False)(values, ""), MOST_FAULTS))
    if found:
        plural = "s" if len(found) > 1 else ""
        quoted = operation.service.name != "iam"
        clauses = "; ".join(_clause(fault, quoted=quoted) for fault in found)
        return ValidationError(f"{len(found)} validation error{plural} detected: {clauses}")
    return _misnamed(operation.input, values)


@cache
def _sound(shape: Shape) -> Callable[[Mapping[str, Any]], bool]:
    """Whether an input has no faults. Nearly none has any: what is wrong, and where, is looked for when it does."""
    required = tuple(snake(name) for name in shape.required)
    demands = {snake(name): _demands(member) for name, member in shape.members.items()}

    def sound(values: Mapping[str, Any]) -> bool:
        for name in required:
            if values.get(name) is None:
                return False
        for name, value in values.items():
            for holds in demands.get(name, ()):
                if value is not None and not holds(value):
                    return False
        return True

    return sound


def _demands(shape: Shape) -> tuple[Callable[[Any], object], ...]:
    """All that a member of an input has to hold."""
    if shape.type in _NESTED:
        return (lambda value: next(_check(shape)(value, ""), None) is None,)
    by_name = said_by_name(shape)
    rules = [*constraints(shape), *(() if by_name is None else (by_name,))]
    return tuple(rule.holds for rule in rules)


def _clause(fault: Fault, *, quoted: bool) -> str:
    value = f" {_quoted(fault)}" if quoted else ""
    return f"Value{value} at '{fault.place}' failed to satisfy constraint: {fault.words}"


def _quoted(fault: Fault) -> str:
    if fault.value is None:
        return "null"
    # We differ: AWS quotes tokens and codes too, but its answers are not our event log.
    return "'***'" if fault.shape.sensitive or fault.shape.name in _SECRET else f"'{_shown(fault.value)}'"


def _shown(value: Any) -> str:
    """A value as AWS's Java services print it; structures are rare there and their form is a guess."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_shown(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _misnamed(shape: Shape, values: Mapping[str, Any]) -> ValidationError | None:
    """What IAM says of names, paths and documents with characters that it does not take: after all else, one alone."""
    for name, rule in _spoken_of(shape):
        value = values.get(snake(name))
        if value is not None and not rule.holds(value):
            return ValidationError(f"The specified value for {camel(name)} is invalid. {rule.words}")
    return None


@cache
def _spoken_of(shape: Shape) -> list[tuple[str, Constraint]]:
    rules = ((name, said_by_name(member)) for name, member in shape.members.items())
    return [(name, rule) for name, rule in rules if rule is not None]


def camel(name: str) -> str:
    """A member's name as sentences have it: `roleArn`, `clientIDList`."""
    return name[:1].lower() + name[1:]


@cache
def _check(shape: Shape) -> Check:
    """What finds the faults in a value of this shape."""
    match shape.type:
        case "structure":
            return _structure(shape, nested=True)
        case "list":
            return _list(shape)
        case "map":
            return _map(shape)
    return _scalar(shape, nested=True)


def _scalar(shape: Shape, *, nested: bool) -> Check:
    rules = constraints(shape, nested=nested)

    def check(value: Any, place: str) -> Iterator[Fault]:
        for rule in rules:
            if not rule.holds(value):
                yield Fault(place, shape, value, rule.words)

    return check


@cache
def _structure(shape: Shape, *, nested: bool) -> Check:
    members = [
        (snake(name), camel(name), name in shape.required, member, _member(member, nested=nested))
        for name, member in shape.members.items()
    ]

    def check(value: Any, place: str) -> Iterator[Fault]:
        for name, shown, required, member, check_member in members:
            item = value.get(name)
            if item is None:
                if required:
                    yield Fault(place + shown, member, None, NOT_NULL)
            elif check_member is not None:
                yield from check_member(item, place + shown)

    return check


def _member(shape: Shape, *, nested: bool) -> Check | None:
    """What finds the faults in a member; None: any value of its shape will do."""
    if shape.type in _NESTED:

        def check(value: Any, place: str) -> Iterator[Fault]:
            return _check(shape)(value, place + _dot(shape))  # not before it is asked: shapes may recur

        return check
    return _scalar(shape, nested=nested) if constraints(shape, nested=nested) else None


def _list(shape: Shape) -> Check:
    own, member = _scalar(shape, nested=True), shape.member
    if member.type not in _NESTED:
        return _each(shape, [("Member", member, list)])

    def check(value: Any, place: str) -> Iterator[Fault]:
        yield from own(value, place)
        for index, item in enumerate(value, 1):
            yield from _check(member)(item, f"{place}.{index}.member{_dot(member)}")

    return check


def _map(shape: Shape) -> Check:
    if shape.value.type not in _NESTED:
        return _each(shape, [("Map keys", shape.key, list), ("Map value", shape.value, dict.values)])
    keys = _each(shape, [("Map keys", shape.key, list)])

    def check(value: Any, place: str) -> Iterator[Fault]:
        yield from keys(value, place)
        for key, item in value.items():
            yield from _check(shape.value)(item, f"{place}.{key}.member{_dot(shape.value)}")

    return check


def _dot(shape: Shape) -> str:
    return "." if shape.type == "structure" else ""


def _each(shape: Shape, parts: list[tuple[str, Shape, Callable[[Any], Any]]]) -> Check:
    """Collections of scalars: a fault in any element is the collection's, and names every constraint of the element."""
    own = _scalar(shape, nested=True)
    rules: list[tuple[str, list[Constraint], Callable[[Any], Any]]] = []
    for subject, element, items in parts:
        element_rules = constraints(element, nested=True)
        words = ", ".join([*(rule.words for rule in element_rules), NOT_NULL])
        rules.append((f"{subject} must satisfy constraint: [{words}]", element_rules, items))

    def check(value: Any, place: str) -> Iterator[Fault]:
        yield from own(value, place)
        for words, element_rules, items in rules:
            if not all(rule.holds(item) for item in items(value) for rule in element_rules):
                yield Fault(place, shape, value, words)

    return check
