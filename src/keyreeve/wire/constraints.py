"""What a shape demands of a value, each demand with AWS's words for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keyreeve.wire.model import Shape
from keyreeve.wire.patterns import matcher

NOT_NULL = "Member must not be null"

_NAME = r"[\w+=,.@-]+"
_SAID_BY_NAME = {
    "pathType": "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    "pathPrefixType": "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    "policyPathType": "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    "policyDocumentType": "It must contain only printable ASCII characters.",
    "privateKeyType": "It must contain only printable ASCII characters.",
}
# What AWS does, where it is not what its model says.
_OVERRIDES = {("sts", "sourceIdentityType"): {"max": 256}}  # seen to take 256 characters; the model says 64


class Constraint(NamedTuple):
    """One demand, and what AWS says when it is not met."""

    holds: Callable[[Any], object]
    words: str


def constraints(shape: Shape, *, nested: bool = False) -> list[Constraint]:
    """What the shape itself demands (not its members).

    Patterns that IAM speaks of in sentences of their own are left out (see `said_by_name`) but for `nested` ones:
    elements have no name to be spoken of.
    """
    override = _OVERRIDES.get((shape.service.name, shape.name), {})
    demands = _sizes(shape, override.get("max", shape.max))
    if shape.pattern is not None and (nested or said_by_name(shape) is None):
        words = f"Member must satisfy regular expression pattern: {shape.pattern}"
        demands.append(Constraint(matcher(shape.pattern), words))
    if shape.enum:
        values = "" if shape.service.name == "iam" else f": [{', '.join(shape.enum)}]"
        demands.append(Constraint(frozenset(shape.enum).__contains__, f"Member must satisfy enum value set{values}"))
    return demands


def _sizes(shape: Shape, most: int | None) -> list[Constraint]:
    least = shape.min
    demands = []
    if shape.type in {"integer", "long", "float", "double"}:
        if most is not None:
            demands.append(Constraint(most.__ge__, f"Member must have value less than or equal to {most}"))
        if least is not None:
            demands.append(Constraint(least.__le__, f"Member must have value greater than or equal to {least}"))
        return demands
    if most is not None:
        words = f"Member must have length less than or equal to {most}"
        demands.append(Constraint(lambda value: len(value) <= most, words))
    if least:
        words = f"Member must have length greater than or equal to {least}"
        demands.append(Constraint(lambda value: len(value) >= least, words))
    return demands


def said_by_name(shape: Shape) -> Constraint | None:
    """The pattern whose breach IAM calls by the member's name (`The specified value for userName is invalid. …`)."""
    if shape.service.name != "iam" or shape.pattern is None:
        return None
    words = _SAID_BY_NAME.get(shape.name)
    if words is None and shape.pattern == _NAME:
        words = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    return None if words is None else Constraint(matcher(shape.pattern), words)
