"""`keyreeve backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from keyreeve.cli import options, tables
from keyreeve.cli.problems import told
from keyreeve.store.backup import backup
from keyreeve.store.folder import DATABASE

EXAMPLES = options.examples(
    "keyreeve backup iam-$(date +%F).db",
    "keyreeve backup /mnt/backups/iam.db --data /srv/iam",
)


@click.command("backup", epilog=EXAMPLES)
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@options.place
@options.as_json
@told
def command(target: Path, as_json: bool, **flags: Any) -> None:
    """Copy the data as of one moment to a new FILE, also while the server runs.

    The key ring is not in it. Keep a copy of that as well, in another place: with both one has every secret, without
    the ring the secrets in a backup are gone.
    """
    config = options.configured(flags)
    backup(config.data / DATABASE, target)
    size = target.stat().st_size
    if as_json:
        tables.as_json({"file": str(target), "bytes": size})
    else:
        click.echo(f"{target} has the data of {config.data}: {size} bytes. The key ring is not in it.")
