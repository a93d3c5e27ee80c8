"""`keyreeve init`."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from keyreeve.cli import credentials, options
from keyreeve.cli.problems import told
from keyreeve.service import accounts
from keyreeve.service.node import Node

EXAMPLES = options.examples(
    "keyreeve init --data /srv/iam",
    "keyreeve init --data /srv/iam --json | jq -r .secret_access_key",
    "KEYREEVE_ADMIN_ACCESS_KEY_ID=AKIA… KEYREEVE_ADMIN_SECRET_ACCESS_KEY=… keyreeve init",
)


@click.command("init", epilog=EXAMPLES)
@options.place
@options.first
@options.as_json
@told
def command(as_json: bool, **flags: Any) -> None:
    """Make a data folder: an account, its administrator admin, and that user's key, which is shown once.

    With --json everything is one object on standard output. A folder that has an account is left alone.
    """
    config = options.configured(flags)
    with Node.open(config, os.environ, create=True) as node:
        if not node.is_new:
            raise click.ClickException(f"{config.data} has an account already. To add one: keyreeve accounts create")
        if not as_json:
            credentials.start(node, credentials.address(config))
            return
        key = accounts.first_key(config.account_id, os.environ, node.chance)
        click.echo(json.dumps(credentials.make(node, key), indent=2))
