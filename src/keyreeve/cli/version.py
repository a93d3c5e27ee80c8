"""`keyreeve version`."""

from __future__ import annotations

import json
import platform
import sqlite3

import click

from keyreeve import __version__


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def command(as_json: bool) -> None:
    """Print the version of Keyreeve; with --json those of Python and SQLite too."""
    if not as_json:
        click.echo(f"keyreeve {__version__}")
        return
    found = {"version": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    click.echo(json.dumps(found))
