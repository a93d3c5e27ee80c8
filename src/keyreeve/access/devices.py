"""Devices: the second factors that somebody holds, of whatever kind; any of them will do to sign in."""

from __future__ import annotations

from keyreeve.entities import FIDODevice, MFADevice
from keyreeve.store import Transaction

Device = MFADevice | FIDODevice


def held(tx: Transaction, account_id: str, principal_id: str) -> list[Device]:
    """The devices of a user or, by the account's id, of the root user."""
    return [
        *tx.where(MFADevice, account_id, "principal", principal_id),
        *tx.where(FIDODevice, account_id, "principal", principal_id),
    ]
