"""Identity providers: who outside the account may vouch for somebody, by SAML or by OpenID Connect."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from keyreeve.entities.record import Index, Record, Tag


class SAMLPrivateKey(msgspec.Struct, frozen=True):
    """A private key that decrypts assertions: PEM under the key ring, bound to its id."""

    key_id: str
    timestamp: datetime
    sealed_key: bytes


class SAMLProvider(Record, frozen=True, kw_only=True):
    """A SAML 2.0 identity provider, as its metadata describes it.

    `entity_id` and `signing_certificates` (DER) are read from the metadata document when it comes in.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("arn", lambda provider: provider.arn, unique=True),)

    saml_provider_uuid: str
    name: str
    saml_metadata_document: str
    entity_id: str
    signing_certificates: tuple[bytes, ...]
    create_date: datetime
    valid_until: datetime
    assertion_encryption_mode: str = "Allowed"
    private_keys: tuple[SAMLPrivateKey, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The provider's unique id."""
        return self.saml_provider_uuid

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:saml-provider/` + name."""
        return f"arn:aws:iam::{self.account_id}:saml-provider/{self.name}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The ARN, by which trust policies name it."""
        return (self.arn,)


class OpenIDConnectProvider(Record, frozen=True, kw_only=True):
    """An OpenID Connect identity provider. `url` is its issuer without `https://`, as AWS shows it."""

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("arn", lambda provider: provider.arn, unique=True),)

    url: str
    create_date: datetime
    client_id_list: tuple[str, ...] = ()
    thumbprint_list: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """The ARN."""
        return self.arn

    @property
    def arn(self) -> str:
        """`arn:aws:iam::ACCOUNT:oidc-provider/` + host and path."""
        return f"arn:aws:iam::{self.account_id}:oidc-provider/{self.url}"
