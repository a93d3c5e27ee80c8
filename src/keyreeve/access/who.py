"""Who: the principal behind what somebody types to sign in."""

from __future__ import annotations

from dataclasses import dataclass

from keyreeve.entities import Account, LoginProfile, RootUser, User
from keyreeve.store import Transaction


@dataclass(frozen=True, slots=True)
class Who:
    """A principal that exists, with its password's hash; a user has a login profile where it has a password."""

    identity: User | RootUser
    profile: LoginProfile | None = None

    @property
    def password_hash(self) -> str | None:
        """The hash of the password; None where there is none."""
        if isinstance(self.identity, RootUser):
            return self.identity.password_hash
        return None if self.profile is None else self.profile.password_hash


def account_of(tx: Transaction, named: str) -> str:
    """The id of the account with this id or alias; empty if there is none."""
    if tx.get(Account, named, named) is not None:
        return named
    return next((each.account_id for each in tx.everywhere(Account) if each.account_alias == named), "")


def find(tx: Transaction, account_id: str, name: str | None) -> Who | None:
    """The user of this name, which regards case, or the account's root user for None."""
    if name is None:
        root = tx.get(RootUser, account_id, account_id)
        return None if root is None else Who(root)
    user = tx.find(User, account_id, "name", name.lower())
    if user is None or user.user_name != name:
        return None
    return Who(user, tx.get(LoginProfile, account_id, user.user_id))
