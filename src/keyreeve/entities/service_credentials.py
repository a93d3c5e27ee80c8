"""Service-specific credentials: names with passwords, and API keys, that one service takes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from keyreeve.entities.record import Index, Record


class ServiceSpecificCredential(Record, frozen=True, kw_only=True):
    """A credential (ACCA…) with which a user signs in to one service.

    `service_name` is the service's principal (`codecommit.amazonaws.com`), `service_user_name` the public part. Of the
    secret only the SHA-256 digest is kept: it has 240 bits of chance, so that no salt and no slow hash is needed.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("user", lambda credential: credential.user_id),
        Index("service_user_name", lambda credential: credential.service_user_name),
    )

    service_specific_credential_id: str
    user_id: str
    service_name: str
    service_user_name: str
    secret_digest: bytes
    create_date: datetime
    expiration_date: datetime | None = None
    status: str = "Active"

    @property
    def key(self) -> str:
        """The credential's id."""
        return self.service_specific_credential_id
