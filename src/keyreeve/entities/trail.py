"""Trails: which of an account's events are delivered to which bucket; and the keys that sign what was delivered."""

from __future__ import annotations

from collections.abc import Iterator
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


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decides which events a trail logs, where they go, and whether digests vouch for them.

    A trail has the same members of its own: a struct has one base with members, and stored trails have them flat.
    """

    s3_bucket_name: str
    s3_key_prefix: str | None = None
    include_global_service_events: bool = True
    is_multi_region_trail: bool = False
    log_file_validation_enabled: bool = False
    event_selectors: tuple[EventSelector, ...] = (EventSelector(),)
    advanced_event_selectors: tuple[AdvancedEventSelector, ...] = ()


class Former(msgspec.Struct, frozen=True, array_like=True):
    """Settings that a trail had, and the number of the last event that came under them: the one of their change."""

    last: int
    settings: Settings


class Trail(Record, frozen=True, kw_only=True):
    """A trail. `trail_id` is ours: a trail that is made anew under an old name has a new one.

    `former` are the settings under which events came that are not delivered yet, oldest first.
    """

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
    former: tuple[Former, ...] = ()
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
    def settings(self) -> Settings:
        """The settings that count now."""
        return Settings(**{name: getattr(self, name) for name in Settings.__struct_fields__})

    def eras(self, first: int, last: int) -> Iterator[tuple[Trail, int, int]]:
        """The trail as it was for the events numbered `first` to `last`, with the first and the last of each time."""
        for former in self.former:
            if first <= min(former.last, last):
                then = msgspec.structs.replace(self, former=(), **msgspec.structs.asdict(former.settings))
                yield then, first, min(former.last, last)
            first = max(first, former.last + 1)
        if first <= last:
            yield self, first, last

    @property
    def has_custom_event_selectors(self) -> bool:
        """Whether other events are chosen than a new trail's."""
        return bool(self.advanced_event_selectors) or self.event_selectors != (EventSelector(),)


class DeletedTrail(Record, frozen=True, kw_only=True):
    """A trail that was deleted, kept until its bucket has what came before."""

    trail: Trail
    delete_time: datetime

    @property
    def key(self) -> str:
        """The trail's id."""
        return self.trail.trail_id


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
