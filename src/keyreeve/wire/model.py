"""Service models: what each operation takes, gives and refuses, as data from AWS's own models.

The data is botocore's in content (Apache-2.0), stripped of prose by tools/models.py. Shapes are built when first asked
for: a server that starts pays for the operations it is asked, not for all it has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

_MODELS = Path(__file__).parent / "models"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")
_PLURAL = re.compile(r"[A-Z]{2,}s\Z")


@cache
def snake(name: str) -> str:
    """A member's name in snake_case: `OpenIDConnectProviderArn` is `open_id_connect_provider_arn`, as SDKs say it."""
    if plural := _PLURAL.search(name):
        head = name[: plural.start()]
        return f"{snake(head)}_{plural.group().lower()}" if head else plural.group().lower()
    return _WORD.sub("_", name).lower()


class Shape:
    """A type of the model, as seen from where it is used: its own traits with those of the member that refers to it.

    `type` is structure, list, map, string, character, integer, long, float, double, boolean, blob or timestamp.
    `traits` are the model's own words (`min`, `max`, `pattern`, `locationName`, …).
    """

    def __init__(self, service: Service, name: str, traits: Mapping[str, Any]) -> None:
        self.service = service
        self.name = name
        self.traits = traits
        self.type: str = traits["type"]

    def __repr__(self) -> str:
        return f"Shape({self.name}: {self.type})"

    @cached_property
    def members(self) -> Mapping[str, Shape]:
        """A structure's members by the model's name, in the model's order; empty for other types."""
        return {name: self.service.shape(reference) for name, reference in self.traits.get("members", {}).items()}

    @cached_property
    def member(self) -> Shape:
        """What a list is of."""
        return self.service.shape(self.traits["member"])

    @cached_property
    def key(self) -> Shape:
        """What a map's keys are."""
        return self.service.shape(self.traits["key"])

    @cached_property
    def value(self) -> Shape:
        """What a map's values are."""
        return self.service.shape(self.traits["value"])

    @property
    def location_name(self) -> str | None:
        """The element's or parameter's name where it is not the member's."""
        name: str | None = self.traits.get("locationName")
        return name

    @property
    def flattened(self) -> bool:
        """Whether a list or map stands on the wire without an element around it."""
        return bool(self.traits.get("flattened"))

    @property
    def required(self) -> tuple[str, ...]:
        """A structure's members that must be there."""
        return tuple(self.traits.get("required", ()))

    @property
    def enum(self) -> tuple[str, ...]:
        """The only texts allowed; empty when there is no such set."""
        return tuple(self.traits.get("enum", ()))

    @property
    def pattern(self) -> str | None:
        """A Java regular expression that the whole text must match."""
        pattern: str | None = self.traits.get("pattern")
        return pattern

    @property
    def min(self) -> int | None:
        """The least value of a number, length of a text (Unicode scalar values) or count of elements."""
        least: int | None = self.traits.get("min")
        return least

    @property
    def max(self) -> int | None:
        """The greatest, likewise."""
        greatest: int | None = self.traits.get("max")
        return greatest

    @property
    def sensitive(self) -> bool:
        """Whether the model says that it must not be logged."""
        return bool(self.traits.get("sensitive"))

    def wire_name(self, name: str) -> str:
        """What the member with this name is called on the wire, as seen from the structure that holds it.

        A flattened list has no element of its own: where it gives itself no other name, its elements may.
        """
        if self.type == "list" and self.flattened and not self.location_name:
            return self.member.location_name or name
        return self.location_name or name


class Operation:
    """One operation of a service. `unsigned`: it takes requests without a signature."""

    def __init__(self, service: Service, name: str, data: Mapping[str, Any]) -> None:
        self.service = service
        self.name = name
        self.unsigned: bool = data.get("authtype") == "none"
        self._data = data

    def __repr__(self) -> str:
        return f"Operation({self.service.name}:{self.name})"

    @cached_property
    def input(self) -> Shape | None:
        """The structure of what it takes; None: nothing."""
        return self._shape("input")

    @cached_property
    def output(self) -> Shape | None:
        """The structure of what it gives; None: nothing."""
        return self._shape("output")

    def _shape(self, which: str) -> Shape | None:
        return self.service.shape(self._data[which]) if which in self._data else None

    @cached_property
    def result_wrapper(self) -> str | None:
        """The element that holds the result (`GetUserResult`); None where the operation gives nothing."""
        wrapper: str | None = self._data.get("output", {}).get("resultWrapper")
        return wrapper

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """The error codes that the model lists for it."""
        return tuple(self.service.error_code(error["shape"]) for error in self._data.get("errors", ()))


class Service:
    """A service: its operations by name, its version, and how it is spoken to.

    `protocol` is `query` or `json`; the one has an XML namespace, the other a prefix before the names of operations.
    """

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self.name = name
        self.version: str = data["metadata"]["apiVersion"]
        self.namespace: str = data["metadata"].get("xmlNamespace", "")
        self.protocol: str = data["metadata"]["protocol"]
        self.target_prefix: str = data["metadata"].get("targetPrefix", "")
        self.operations: Mapping[str, Operation] = {
            operation: Operation(self, operation, entry) for operation, entry in data["operations"].items()
        }
        self._shapes: Mapping[str, Mapping[str, Any]] = data["shapes"]
        self._plain: dict[str, Shape] = {}

    def __repr__(self) -> str:
        return f"Service({self.name} {self.version})"

    def shape(self, reference: Mapping[str, Any]) -> Shape:
        """The shape that a reference (`{"shape": NAME, …}`) means: one for all that add no traits of their own."""
        name = reference["shape"]
        if len(reference) > 1:
            return Shape(self, name, {**self._shapes[name], **reference})
        if name not in self._plain:
            self._plain[name] = Shape(self, name, self._shapes[name])
        return self._plain[name]

    def error_code(self, shape: str) -> str:
        """The error code of an exception's shape (`NoSuchEntity` for `NoSuchEntityException`)."""
        code: str = self._shapes[shape].get("error", {}).get("code", shape)
        return code


@cache
def service(name: str) -> Service:
    """The service with this name: `cloudtrail`, `iam` or `sts`. Raises FileNotFoundError for any other."""
    return Service(name, json.loads((_MODELS / f"{name}.json").read_bytes()))
