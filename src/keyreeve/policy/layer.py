"""The types of policy that can decide, and what a statement of one is called where it decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyreeve.policy.document import Document, Kind
from keyreeve.policy.places import Place
from keyreeve.policy.statement import Statement


class Layer(StrEnum):
    """Types of policy that can decide, in the order of reporting; `ROOT` is the account root's own power."""

    RESOURCE_CONTROL = "resource_control"
    SERVICE_CONTROL = "service_control"
    RESOURCE = "resource"
    TRUST = "trust"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    ENDPOINT = "endpoint"
    SESSION = "session"
    ROOT = "root"


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A named policy. `type` is the label that the caller of the engine gives; "trust" says a role's trust policy."""

    document: Document
    type: str
    name: str
    arn: str | None = None

    @property
    def is_trust(self) -> bool:
        """Whether this is a role's trust policy."""
        return self.type == "trust" or self.document.kind is Kind.TRUST


@dataclass(frozen=True, slots=True)
class Match:
    """A statement of a policy in its layer."""

    layer: Layer
    policy: Policy
    statement: Statement

    @property
    def place(self) -> Place:
        """Where the statement stands in the policy's text."""
        return self.policy.document.place(self.statement)


Matches = tuple[Match, ...]
Levels = tuple[tuple[Policy, ...], ...]
Layers = tuple[tuple[Layer, tuple[Policy, ...]], ...]
