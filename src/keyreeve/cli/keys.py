"""`keyreeve keys`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import click

from keyreeve.cli import options, reach, tables
from keyreeve.cli.problems import told
from keyreeve.seal import KeyRing, ring

EXAMPLES = options.examples(
    "keyreeve keys show",
    "keyreeve keys rotate                  a new key; sessions go on until they end",
    "keyreeve keys rotate --compromised    a new key; every session ends now",
    "keyreeve keys rotate --print          the rotated ring as text, for a ring that is in no file",
)


@click.group("keys", epilog=EXAMPLES)
def command() -> None:
    """Show and rotate the key ring, under which secrets and session tokens are sealed.

    Whoever has the ring and the data has every secret; whoever loses the ring has lost them. Keep a copy of it apart
    from the backups, and a new one after each rotation.
    """


@command.command("show", epilog=EXAMPLES)
@options.place
@options.as_json
@told
def show(as_json: bool, **flags: Any) -> None:
    """List the keys of the ring by id, state and date. Their secrets are never shown."""
    found = reach.run(options.configured(flags), "keys.show")
    if as_json:
        tables.as_json(found)
        return
    rows = [(each["key_id"], each["state"], each["created"], each["retired"] or "") for each in found]
    tables.show(("key", "state", "created", "retired"), rows)


@command.command("rotate", short_help="Seal under a new key from now on.", epilog=EXAMPLES)
@click.option(
    "--compromised", is_flag=True, help="The ring may be known to others: end every session, believe no old seal."
)
@click.option(
    "--print", "print_", is_flag=True, help="Change nothing; print the rotated ring, a secret, to keep elsewhere."
)
@options.place
@options.as_json
@told
def rotate(compromised: bool, print_: bool, as_json: bool, **flags: Any) -> None:
    """Seal under a new key from now on, and seal every stored secret anew under it.

    The keys that sign web identity tokens are replaced too, in their own time; with --compromised at once.

    A ring from a variable or a command cannot be saved from here: put what --print gives where it comes from, start the
    server again, and then run keyreeve keys reseal. Access keys stay good. If the ring was known to others, so were
    all secrets in any copy of the data: give users new keys as well.
    """
    config = options.configured(flags)
    if print_:
        found = KeyRing.load(config.keyring_path, os.environ, config.keyring_command)
        rotated = ring.rotated(found.keys, datetime.now(UTC), compromised=compromised)
        click.echo(ring.text(rotated), nl=False)
        return
    done = reach.run(config, "keys.rotate", compromised=compromised)
    if compromised and not as_json:
        click.echo(
            "Every session has ended, and no seal under the keys from before is believed. Give users new keys too."
        )
    _resealed(done, as_json)


@command.command("reseal", short_help="Seal every stored secret anew.", epilog=EXAMPLES)
@options.place
@options.as_json
@told
def reseal(as_json: bool, **flags: Any) -> None:
    """Seal every stored secret anew under the newest key; `rotate` has done so."""
    _resealed(reach.run(options.configured(flags), "keys.reseal"), as_json)


def _resealed(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        tables.as_json(done)
        return
    click.echo(f"Secrets are sealed under key {done['key_id']}; sealed anew: {done['resealed']}.")
    if done["broken"]:
        raise click.ClickException(f"secrets that do not open under this ring: {done['broken']}. See keyreeve doctor")
    click.echo("Copy the key ring to where you keep it apart from backups: what is sealed now needs the new one.")
