"""What an answer shows of a structure: its members in the order and under the names in which AWS writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from keyreeve.wire.model import Shape, snake

# What was seen to come first, in an order that is not the model's.
_FIRST = {
    "GetCallerIdentityResponse": ("Arn", "UserId", "Account"),
    "AssumeRoleResponse": ("AssumedRoleUser", "Credentials", "SourceIdentity"),
}


class Member(NamedTuple):
    """One member: its name in our results, its name on the wire, its shape.

    `encoded`: IAM gives policy documents percent-encoded (RFC 3986), wherever they stand in an answer. `unless_empty`:
    an empty list is left out instead of being written as an empty element.
    """

    name: str
    tag: str
    shape: Shape
    model_name: str = ""
    unless_empty: bool = False

    @property
    def encoded(self) -> bool:
        """Whether the text is written percent-encoded."""
        return self.shape.name == "policyDocumentType" and self.shape.service.name == "iam"


def holds_secrets(shape: Shape, above: tuple[str, ...] = ()) -> bool:
    """Whether anything in a value of this shape, however deep, is what the model calls sensitive."""
    if shape.sensitive or shape.name in above:
        return shape.sensitive
    inner = [shape.service.shape(shape.traits[part]) for part in ("member", "key", "value") if part in shape.traits]
    return any(holds_secrets(part, (*above, shape.name)) for part in (*inner, *shape.members.values()))


def members(shape: Shape, without: frozenset[str]) -> Iterator[Member]:
    """The members that an answer shows of this structure.

    `without` names those that it leaves out ("User.Tags"), or leaves out when they are empty ("User.Tags?").
    """
    for name in dict.fromkeys((*_FIRST.get(shape.name, ()), *shape.members)):
        place = f"{shape.name}.{name}"
        if place not in without:
            member = shape.members[name]
            yield Member(snake(name), member.wire_name(name), member, name, f"{place}?" in without)
