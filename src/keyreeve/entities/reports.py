"""Reports on credentials and their use, as they were at the time they were made."""

from __future__ import annotations

from datetime import datetime

from keyreeve.entities.record import Record


class CredentialReport(Record, frozen=True, kw_only=True):
    """The account's credential report, one at a time. `content` is the CSV text, deflated."""

    generated_time: datetime
    content: bytes

    @property
    def key(self) -> str:
        """The account's id: there is one report."""
        return self.account_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: a report bears on nobody's permissions."""
        return ()


class LastAccessedReport(Record, frozen=True, kw_only=True):
    """When the services were last used that an entity's policies allow: one job of access advisor.

    `caller_id` is the unique id of the caller who may read it. `content` is packed by `iam.last_accessed`.
    """

    job_id: str
    caller_id: str
    granularity: str
    created: datetime
    content: bytes

    @property
    def key(self) -> str:
        """The job's id."""
        return self.job_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: a report bears on nobody's permissions."""
        return ()
