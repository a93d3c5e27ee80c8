"""Tasks: what was asked to be done, and how it went."""

from __future__ import annotations

from datetime import datetime

from keyreeve.entities.record import Record


class DeletionTask(Record, frozen=True, kw_only=True):
    """The deletion of a service-linked role, which is done when the task is made.

    `deletion_task_id` is `task/aws-service-role/SERVICE/ROLE-NAME/UUID`.
    """

    deletion_task_id: str
    create_date: datetime

    @property
    def key(self) -> str:
        """The task's id."""
        return self.deletion_task_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: the role is gone already."""
        return ()
