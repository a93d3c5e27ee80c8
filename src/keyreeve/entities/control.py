"""Control policies: the SCPs and RCPs that bind an account, level by level."""

from __future__ import annotations

from typing import ClassVar

from keyreeve.entities.record import Index, Record


def control_topic(account_id: str) -> str:
    """What a change of an account's control policies bears on: everybody in it, and all that it owns."""
    return f"control/{account_id}"


class ControlPolicy(Record, frozen=True, kw_only=True, gc=False):
    """A service or resource control policy that is attached to one level above an account, or to the account itself.

    `policy_type` is SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY; `level` is `root`, `ou1` to `ou5`, or `account`.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("type", lambda control: control.policy_type),)

    policy_type: str
    level: str
    policy_name: str
    content: str

    @property
    def key(self) -> str:
        """Its type, level and name."""
        return f"{self.policy_type}/{self.level}/{self.policy_name}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The account as a whole."""
        return (control_topic(self.account_id),)
