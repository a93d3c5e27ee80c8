"""`keyreeve notifications`."""

from __future__ import annotations

import json
from typing import Any

import click

from keyreeve.cli import options, reach
from keyreeve.cli.problems import told

EXAMPLES = options.examples(
    "keyreeve notifications list                 one message a line, as JSON",
    "keyreeve notifications list | jq .message   what the partner is to get",
    "keyreeve notifications forget ID            it has arrived",
)


@click.group("notifications", epilog=EXAMPLES)
def command() -> None:
    """Fetch what delegation partners are to be told, and hand it on to their channels.

    On AWS these messages are published to the partner's SNS topic. Here they wait for whoever runs the server. A
    message of type ExchangeToken holds a secret: with it the partner gets credentials.
    """


@command.command("list", epilog=EXAMPLES)
@options.place
@told
def show(**flags: Any) -> None:
    """Print every message that waits, oldest first: one a line, as JSON with its id and channel."""
    for each in reach.run(options.configured(flags), "notifications.list"):
        click.echo(json.dumps(each))


@command.command("forget", epilog=EXAMPLES)
@click.argument("notification_id", metavar="ID")
@options.place
@told
def forget(notification_id: str, **flags: Any) -> None:
    """A message has arrived: it waits no longer."""
    reach.run(options.configured(flags), "notifications.forget", notification_id=notification_id)
