"""`keyreeve events verify`."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from keyreeve.cli import options, reading, tables
from keyreeve.cli.problems import told
from keyreeve.events import End, verify
from keyreeve.events.chain import HEAD, unseal
from keyreeve.seal import KeyRing

EXAMPLES = options.examples(
    "keyreeve events verify                 say whether the log is whole, and print its head",
    "keyreeve events verify --head 812:9f…   and whether it still holds what it held then",
)
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})").fullmatch


class Head(click.ParamType[End]):
    """The head of a log as `events verify` prints it: the number of the last event and its digest."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> End:
        """The head."""
        found = _HEAD(value)
        if found is None:
            self.fail("a head is a number, a colon and 64 hexadecimal digits, as events verify prints it", param, ctx)
        return End(int(found[1]), bytes.fromhex(found[2]))


@click.command("verify", epilog=EXAMPLES, short_help="Say whether the log is whole, and print its head.")
@click.option("--head", type=Head(), metavar="HEAD", help="A head that was printed earlier, to hold the log to.")
@options.place
@options.as_json
@told
def command(head: End | None, as_json: bool, **flags: Any) -> None:
    """Hold the log to its chain: every edited, missing, swapped or cut off event shows. Status 1 if it is not whole."""
    config = options.configured(flags)
    reader = reading.beside(flags)
    ring = KeyRing.load(config.keyring_path, os.environ, config.keyring_command)
    problems = verify(reader, ring, head)
    listed = [{"event": each.sequence, "kind": each.kind, "sentence": each.sentence} for each in problems]
    now = None if problems else unseal(reader.meta(HEAD), ring, HEAD)
    shown = None if now is None else f"{now.sequence}:{now.digest.hex()}"
    if as_json:
        tables.as_json({"whole": not listed, "head": shown, "problems": listed})
    elif shown is not None:
        click.echo(f"The log is whole. Its head, to keep elsewhere and give to --head:\n{shown}")
    else:
        tables.show(("event", "kind", "what"), [(str(e["event"]), str(e["kind"]), str(e["sentence"])) for e in listed])
    if listed:
        raise click.ClickException("The event log is not whole.")
