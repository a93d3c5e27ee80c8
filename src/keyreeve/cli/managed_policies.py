"""`keyreeve managed-policies`."""

from __future__ import annotations

import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import click

from keyreeve.catalogue.export import BadExport, read
from keyreeve.cli import options, reach, tables
from keyreeve.cli.problems import told

EXAMPLES = options.examples(
    "aws iam get-account-authorization-details --filter AWSManagedPolicy > newer.json      at AWS",
    "keyreeve managed-policies update newer.json --dry-run",
    "keyreeve managed-policies update newer.json",
    "keyreeve managed-policies show ReadOnlyAccess",
)


@click.group("managed-policies", epilog=EXAMPLES)
def command() -> None:
    """Keep the AWS managed policies up to date: Keyreeve ships with a catalogue, and AWS changes some every week."""


@command.command("update", short_help="Take a newer catalogue.", epilog=EXAMPLES)
@click.argument("export", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@options.place
@options.as_json
@told
def update(export: Path, dry_run: bool, as_json: bool, **flags: Any) -> None:
    """Take what is newer in FILE: JSON as AWS prints it for its managed policies.

    What FILE does not have stays as it is, and so do attachments. Older versions stay to be looked at. A damaged FILE
    is refused as a whole.
    """
    text = export.read_bytes()
    try:
        read(text)
    except BadExport as error:
        raise click.ClickException(f"{export}: {error}") from None
    packed = b64encode(zlib.compress(text, 9)).decode()
    done = reach.run(options.configured(flags), "managed-policies.update", packed=packed, dry_run=dry_run)
    if as_json:
        tables.as_json(done)
        return
    if done["changes"]:
        rows = [(each["policy_name"], each["before"] or "new", each["after"]) for each in done["changes"]]
        tables.show(("policy", "before", "after"), rows)
    told_now = "changed" if done["taken"] else "would change" if done["changes"] else "are newer"
    click.echo(f"{len(done['changes'])} of {done['policies']} policies {told_now} ({done['source']}).")


@command.command("list", epilog=EXAMPLES)
@click.option("--changed", is_flag=True, help="Only those that were updated here.")
@options.place
@options.as_json
@told
def list_(changed: bool, as_json: bool, **flags: Any) -> None:
    """List the AWS managed policies."""
    found = reach.run(options.configured(flags), "managed-policies.list", changed=changed)
    if as_json:
        tables.as_json(found)
        return
    rows = (
        (each["policy_name"], each["default_version_id"], each["update_date"], "here" if each["updated_here"] else "")
        for each in found
    )
    tables.show(("policy", "version", "updated", "taken"), rows)


@command.command("show", short_help="Show one, with its versions.", epilog=EXAMPLES)
@click.argument("name")
@options.place
@options.as_json
@told
def show(name: str, as_json: bool, **flags: Any) -> None:
    """Show the AWS managed policy NAME (a name or an ARN) with all its versions that are known, and its text."""
    found = reach.run(options.configured(flags), "managed-policies.show", name=name)
    if as_json:
        tables.as_json(found)
        return
    rows = [
        (each["version_id"], each["create_date"], "default" if each["is_default_version"] else "")
        for each in found["versions"]
    ]
    click.echo(found["arn"])
    tables.show(("version", "created", ""), rows)
    tables.as_json(next(each["document"] for each in found["versions"] if each["is_default_version"]))
