"""Trails: which of an account's events are delivered to which bucket; and the keys that sign what was delivered."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from keyreeve.entities.record import Index, Record, Tag


class DataResource(msgspec.Struct, frozen=True):
    """A type of resources, and the ARNs or their beginnings whose data events are logged."""

    type: str
    values: tuple[str, ...] = ()


class EventSelector(msgspec.Struct, frozen=True, kw_only=True):
    """Which management and data events are logged, in the basic form."""

    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: tuple[DataResource, ...] = ()
    exclude_management_event_sources: tuple[str, ...] = ()


class AdvancedFieldSelector(msgspec.Struct, frozen=True, kw_only=True):
    """What a field of an event must be; several values of an operator are alternatives, several operators all hold."""

    field: str
    equals: tuple[str, ...] | None = None
    starts_with: tuple[str, ...] | None = None
    ends_with: tuple[str, ...] | None = None
    not_equals: tuple[str, ...] | None = None
    not_starts_with: tuple[str, ...] | None = None
    not_ends_with: tuple[str, ...] | None = None


class AdvancedEventSelector(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are logged, in the advanced form: those for which all fields hold."""

    name: str | None = None
    field_selectors: tuple[AdvancedFieldSelector, ...]


class Window(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A time in which a trail was logging: the numbers of its first and last event; None: it goes on."""

    first: int
    last: int | None = None


class Trail(Record, frozen=True, kw_only=True):
    """A trail. `trail_id` is ours: a trail that is made anew under an old name has a new one."""

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("arn", lambda trail: trail.trail_arn, unique=True),)

    trail_id: str
    name: str
    home_region: str
    s3_bucket_name: str
    s3_key_prefix: str | None = None
    include_global_service_events: bool = True
    is_multi_region_trail: bool = False
    log_file_validation_enabled: bool = False
    event_selectors: tuple[EventSelector, ...] = (EventSelector(),)
    advanced_event_selectors: tuple[AdvancedEventSelector, ...] = ()
    create_date: datetime
    windows: tuple[Window, ...] = ()
    start_logging_time: datetime | None = None
    stop_logging_time: datetime | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The id."""
        return self.trail_id

    @property
    def trail_arn(self) -> str:
        """`arn:aws:cloudtrail:REGION:ACCOUNT:trail/` + name."""
        return f"arn:aws:cloudtrail:{self.home_region}:{self.account_id}:trail/{self.name}"

    @property
    def is_logging(self) -> bool:
        """Whether events are delivered as they come."""
        return bool(self.windows) and self.windows[-1].last is None

    @property
    def has_custom_event_selectors(self) -> bool:
        """Whether other events are chosen than a new trail's."""
        return bool(self.advanced_event_selectors) or self.event_selectors != (EventSelector(),)


class DigestKey(Record, frozen=True, kw_only=True):
    """A key pair that signs an account's digest files: the public key in PKCS #1 (DER), the private one sealed."""

    fingerprint: str
    public_key: bytes
    sealed_key: bytes
    validity_start_time: datetime
    validity_end_time: datetime

    @property
    def key(self) -> str:
        """The fingerprint."""
        return self.fingerprint
