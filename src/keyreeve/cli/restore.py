"""`keyreeve restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from keyreeve.cli import options, tables
from keyreeve.cli.problems import told
from keyreeve.seal import ring
from keyreeve.store.backup import restore
from keyreeve.store.folder import claim

EXAMPLES = options.examples(
    "keyreeve restore iam.db --data /srv/iam-restored",
    "install -m 600 keyring.json /srv/iam-restored/ && keyreeve doctor --data /srv/iam-restored",
)


@click.command("restore", epilog=EXAMPLES)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@options.place
@options.as_json
@told
def command(source: Path, as_json: bool, **flags: Any) -> None:
    """Make the data folder of --data from a backup. Nothing is overwritten: the folder must have no data.

    Then put the key ring of the backup's time, or a later one, in its place and start the server.
    """
    config = options.configured(flags)
    with claim(config.data) as folder:
        restore(source, folder)
    elsewhere = config.keyring_command or os.environ.get(ring.VARIABLE)
    missing = not elsewhere and not config.keyring_path.exists()
    if as_json:
        tables.as_json({"data": str(config.data), "key_ring_is_missing": missing})
        return
    click.echo(f"{config.data} has the data of {source}.")
    if missing:
        click.echo(f"Put the key ring that belongs to it at {config.keyring_path}, with mode 0600, before you start.")
