"""Login profiles and the account's password policy."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from keyreeve.entities.record import Index, Record


class LoginProfile(Record, frozen=True, kw_only=True):
    """A user's password for signing in, as an argon2id hash.

    `previous_hashes` are those of earlier passwords, newest first: no more than the account's policy forbade to use
    again when the password was set.
    """

    INDEXES: ClassVar[tuple[Index, ...]] = (Index("user", lambda profile: profile.user_id),)

    user_id: str
    password_hash: str
    create_date: datetime
    password_last_changed: datetime
    password_reset_required: bool = False
    previous_hashes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The user's unique id."""
        return self.user_id

    @property
    def topics(self) -> tuple[str, ...]:
        """None: a password bears on nobody's permissions."""
        return ()


class PasswordPolicy(Record, frozen=True, kw_only=True):
    """What an account asks of its users' passwords. Defaults are those of UpdateAccountPasswordPolicy.

    `max_password_age` is in days; `password_reuse_prevention` counts passwords, the current one among them.
    """

    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    hard_expiry: bool | None = None

    @property
    def key(self) -> str:
        """The account's id: there is one policy, which bears on what every user of the account may do."""
        return self.account_id

    @property
    def expire_passwords(self) -> bool:
        """Whether passwords end at all."""
        return self.max_password_age is not None
