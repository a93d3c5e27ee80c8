"""What a linter may be told of services: their actions, with the resources and condition keys that go with them.

The reference itself (AWS's Service Authorization Reference) is data from elsewhere and comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Action(NamedTuple):
    """An action: its name with the service, the ARN patterns of its resources, and its condition keys.

    In ARN patterns `*` stands for every variable part. No patterns: the action takes no resource but `*`. Keys are in
    lower case; a `*` in one stands for a part of its own, such as a tag's name. `instead` says what a deprecated one
    is replaced by, in the reference's words.
    """

    name: str
    resources: tuple[str, ...]
    keys: frozenset[str]
    instead: str = ""


class Key(NamedTuple):
    """A condition key: its name and its type, such as `String` or `ArrayOfString`; `instead` as for actions."""

    name: str
    type: str
    instead: str = ""


class Reference(Protocol):
    """Knowledge of services."""

    def actions(self, service: str) -> Mapping[str, Action] | None:
        """Actions of a service prefix by their names in lower case, without prefix; None for an unknown service."""

    def key(self, name: str) -> Key | None:
        """A service's condition key by its name in any case, sub-key included; None for an unknown one."""

    def services(self) -> frozenset[str]:
        """Every service prefix."""
