"""The service-linked roles that AWS's services have: one each, with the policy that the service gives it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

DATA = resources.files("keyreeve.catalogue")


class ServiceLinkedRole(msgspec.Struct, frozen=True, array_like=True):
    """The role of a service, by its principal (`ecs.amazonaws.com`).

    `takes_suffix`: there may be several, each with a suffix of its own after the name.
    """

    service: str
    role_name: str
    policy_name: str
    takes_suffix: bool

    @property
    def policy_arn(self) -> str:
        """The AWS managed policy that is attached to it."""
        return f"arn:aws:iam::aws:policy/aws-service-role/{self.policy_name}"


@cache
def service_linked_roles() -> Mapping[str, ServiceLinkedRole]:
    """The roles by their services."""
    rows = msgspec.json.decode(DATA.joinpath("service_linked_roles.json").read_bytes(), type=list[ServiceLinkedRole])
    return {row.service: row for row in rows}
