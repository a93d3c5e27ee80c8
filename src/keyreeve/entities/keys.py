"""Access keys and MFA devices: what a user or the root user proves itself with."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from keyreeve.entities.record import Index, Record, Tag


class AccessKey(Record, frozen=True, kw_only=True):
    """A long-term access key (AKIA…) of a user or, with the account's id as `principal_id`, of the root user.

    `sealed_secret` is the secret access key under the key ring, bound to this row. `status_date` is when it was last
    switched on or off.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("principal", lambda key: key.principal_id),)

    access_key_id: str
    principal_id: str
    sealed_secret: bytes
    create_date: datetime
    status: str = "Active"
    status_date: datetime | None = None

    @property
    def key(self) -> str:
        """The access key id."""
        return self.access_key_id


class MFADevice(Record, frozen=True, kw_only=True):
    """A virtual MFA device (RFC 6238, SHA-1, six digits, 30 seconds).

    `principal_id` is None while it is unassigned; `last_step` is the newest time step whose code was used, so that a
    code works once; `drift_steps` is by how much its clock was found to be ahead of ours.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("principal", lambda device: device.principal_id),)

    serial_number: str
    sealed_seed: bytes
    create_date: datetime
    principal_id: str | None = None
    enable_date: datetime | None = None
    last_step: int = 0
    drift_steps: int = 0
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The serial number, which is an ARN."""
        return self.serial_number


class FIDODevice(Record, frozen=True, kw_only=True):
    """A passkey or security key (W3C Web Authentication), which is somebody's from its enrolment to its end.

    `credential_id` is base64url without padding, `public_key` is COSE. `sign_count` is the newest counter that it
    showed: one that does not rise tells of a copy. `transports` are how a browser may reach it. `certifications` are
    those of its make ("FIDO": "L1"), where it proved its make when it was enrolled.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("principal", lambda device: device.principal_id),
        Index("credential", lambda device: device.credential_id, unique=True),
    )

    serial_number: str
    principal_id: str
    credential_id: str
    public_key: bytes
    enable_date: datetime
    sign_count: int = 0
    transports: tuple[str, ...] = ()
    certifications: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The serial number, which is an ARN."""
        return self.serial_number
