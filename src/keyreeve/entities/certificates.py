"""Certificates and SSH public keys: what users and servers prove themselves with by their own key pairs."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from keyreeve.entities.record import Index, Record, Tag


class SSHPublicKey(Record, frozen=True, kw_only=True):
    """An SSH public key (APKA…) of a user: RSA, as `ssh-rsa` or as PEM, kept as it was uploaded.

    `fingerprint` is the MD5 digest of the key in SSH's binary form, its 16 bytes in hexadecimal joined by colons.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("user", lambda key: key.user_id),)

    ssh_public_key_id: str
    user_id: str
    ssh_public_key_body: str
    fingerprint: str
    upload_date: datetime
    status: str = "Active"

    @property
    def key(self) -> str:
        """The public key's id."""
        return self.ssh_public_key_id


class SigningCertificate(Record, frozen=True, kw_only=True):
    """An X.509 certificate of a user or, with the account's id as `principal_id`, of the root user.

    `digest` is the SHA-256 of its DER form in hexadecimal: the same certificate is the same in any dress.
    `status_date` is when it was last switched on or off.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("principal", lambda certificate: certificate.principal_id),
        Index("digest", lambda certificate: certificate.digest),
    )

    certificate_id: str
    principal_id: str
    certificate_body: str
    digest: str
    upload_date: datetime
    status: str = "Active"
    status_date: datetime | None = None

    @property
    def key(self) -> str:
        """The certificate's id."""
        return self.certificate_id


class ServerCertificate(Record, frozen=True, kw_only=True):
    """A server certificate (ASCA…) with its chain and its private key.

    `sealed_private_key` is the PEM text under the key ring, bound to this row. `expiration` is the end of its validity.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (
        Index("name", lambda certificate: certificate.server_certificate_name.lower(), unique=True),
    )

    server_certificate_id: str
    server_certificate_name: str
    path: str
    certificate_body: str
    sealed_private_key: bytes
    upload_date: datetime
    expiration: datetime
    certificate_chain: str | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The unique id."""
        return self.server_certificate_id

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:server-certificate` + path + name."""
        return f"arn:aws:iam::{self.account_id}:server-certificate{self.path}{self.server_certificate_name}"
