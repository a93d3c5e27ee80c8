"""Outbound federation: an account as an issuer of web identity tokens, and the keys that sign them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from keyreeve.entities.record import Index, Record


class OutboundFederation(Record, frozen=True, kw_only=True):
    """That an account's principals may have tokens of the account's own issuer.

    `issuer_id` is the last part of the issuer's URL. It stays when the feature is switched off: tokens that were made
    before stay good, and can be verified, until they end.
    """

    issuer_id: str
    enabled: bool
    create_date: datetime

    @property
    def key(self) -> str:
        """The account's id: there is one or none."""
        return self.account_id


class TokenSigningKey(Record, frozen=True, kw_only=True):
    """A key pair that signs an account's tokens: `public_key` is SPKI, `sealed_key` PKCS #8 under the key ring, in DER.

    `retired` is when it stops signing; it is published until the last token under it has ended.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("algorithm", lambda key: key.algorithm),)

    key_id: str
    algorithm: Literal["RS256", "ES384"]
    public_key: bytes
    sealed_key: bytes
    create_date: datetime
    retired: datetime | None = None

    @property
    def key(self) -> str:
        """The key's id, which tokens name as `kid`."""
        return self.key_id
