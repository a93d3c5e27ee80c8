"""Reading an account beside the running server, for commands that look and change nothing."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click

from keyreeve.cli import options
from keyreeve.entities import Account
from keyreeve.posture import Reading
from keyreeve.seal import KeyRing
from keyreeve.store import Transaction
from keyreeve.store.folder import DATABASE
from keyreeve.store.reader import SqliteReader


def beside(flags: dict[str, Any]) -> SqliteReader:
    """The database of the data folder, read beside its owner; closed when the command ends."""
    reader = SqliteReader(options.configured(flags).data / DATABASE)
    return click.get_current_context().with_resource(closing(reader))


def reading(flags: dict[str, Any], account_id: str | None) -> Reading:
    """The account that is named, or the only one there is."""
    config = options.configured(flags)

    def chosen(tx: Transaction) -> str:
        held = sorted(account.account_id for account in tx.everywhere(Account))
        if account_id is None and len(held) == 1:
            return held[0]
        if account_id not in held:
            raise click.UsageError(f"Say which account, with --account: {', '.join(held) or 'there is none yet'}.")
        return account_id

    database = beside(flags)
    ring = KeyRing.load(config.keyring_path, os.environ, config.keyring_command)
    return Reading.open(database, ring, chosen, datetime.now(UTC))
