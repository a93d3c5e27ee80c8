"""`keyreeve events`."""

from __future__ import annotations

import time
from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import Any

import click

from keyreeve.cli import options, reading, tables
from keyreeve.cli.moments import Moment
from keyreeve.cli.problems import told
from keyreeve.events import Event, Filter, Rows, follow, look_up, recorded_code
from keyreeve.store.reader import SqliteReader

EXAMPLES = options.examples(
    "keyreeve events                                  the newest 50",
    "keyreeve events --follow                         and those to come",
    "keyreeve events --error AccessDenied --since 2h  who was refused what",
    "keyreeve events --user admin --json | jq .eventName",
    "keyreeve events verify                           hold the log to its chain",
    "keyreeve events export DIR                       the whole log as CloudTrail's files",
    'keyreeve events query "SELECT eventName, count(*) FROM events GROUP BY 1"',
)
COMMANDS = {
    "verify": "keyreeve.cli.events_verify",
    "export": "keyreeve.cli.events_export",
    "query": "keyreeve.cli.events_query",
}
"""What is done with the log besides showing it: the module that has it as `command`."""

POLL_SECONDS = 0.5
ANY_ERROR = "any"


class Events(click.Group):
    """The command itself shows events; what else is done with the log is a module that is loaded by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """A command, loaded now."""
        found: click.Command | None = None
        if cmd_name in COMMANDS:
            found = import_module(COMMANDS[cmd_name]).command
        return found


@click.group("events", cls=Events, invoke_without_command=True, epilog=EXAMPLES)
@click.option("--follow", "following", is_flag=True, help="Go on with what happens from now on; Ctrl-C stops.")
@click.option("--user", metavar="NAME", help="Of this user, role session, or root.")
@click.option("--name", metavar="NAME", help="Of this name, such as CreateUser.")
@click.option("--error", metavar="CODE", help="With this error code, as clients or records have it; any: with one.")
@click.option("--account", type=options.AccountId(), metavar="ID", help="Of this account.")
@click.option("--since", type=Moment(), metavar="TIME", help="Not before this time: 2026-01-31T12:00Z, or 2h (ago).")
@click.option("--until", type=Moment(), metavar="TIME", help="Not after this time.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@options.place
@click.option("--json", "as_json", is_flag=True, help="CloudTrail's records, one a line.")
@told
def command(
    following: bool,
    user: str | None,
    name: str | None,
    error: str | None,
    account: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
    **flags: Any,
) -> None:
    """Show what happened: every authenticated call, and every change made on this machine, oldest first.

    Events are read beside the running server, which has them on disk within a second.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    reader = reading.beside(flags)
    code = None if error in {None, ANY_ERROR} else recorded_code(error)
    asked = Filter(account_id=account, user_name=user, event_name=name, error_code=code, since=since, until=until)
    watch = Watch(reader, asked, failed=error == ANY_ERROR)
    show = _records if as_json else Lines().show
    found = watch.newest(limit)
    show(found)
    if not (found or as_json or following):
        click.echo("no events", err=True)
    while following:
        time.sleep(POLL_SECONDS)
        show(watch.newer())


class Watch:
    """The events that are asked for: those that are there, and those that come."""

    def __init__(self, reader: SqliteReader, asked: Filter, *, failed: bool) -> None:
        self.reader, self.asked, self.failed = reader, asked, failed
        self.seen = 0

    def newest(self, limit: int) -> list[Event]:
        """The newest so many, oldest first."""
        rows = Rows(self.reader)
        self.seen = rows.end.sequence
        found = [event for _, event in islice(filter(self._fits, look_up(rows, self.asked)), limit)]
        return found[::-1]

    def newer(self) -> list[Event]:
        """Those that came since."""
        if self.reader.last_event() == self.seen:
            return []
        rows = Rows(self.reader)
        after, self.seen = self.seen, rows.end.sequence
        return [event for _, event in filter(self._fits, follow(rows, after, self.asked))]

    def _fits(self, numbered: tuple[int, Event]) -> bool:
        return not self.failed or numbered[1].error_code is not None


def _records(events: list[Event]) -> None:
    for event in events:
        click.echo(event.encode())


class Lines:
    """Events as lines for people. A column is as wide as the widest that was in it so far."""

    def __init__(self) -> None:
        self._widths = [0, 0, 0]

    def show(self, events: list[Event]) -> None:
        """Print them, one a line."""
        rows = [(event, _cells(event)) for event in events]
        for column, width in enumerate(self._widths):
            self._widths[column] = max(width, *(len(cells[column]) for _, cells in rows), 0)
        for event, cells in rows:
            padded = "".join(f"  {cell:<{width}}" for cell, width in zip(cells, self._widths, strict=True))
            text = f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}  {event.recipient_account_id}{padded}"
            error = click.style(f"  {tables.plain(event.error_code)}", "red") if event.error_code else ""
            click.echo((text + error).rstrip())


def _cells(event: Event) -> tuple[str, str, str]:
    """Who called, what, and from where."""
    who = event.user_identity.display_name or event.user_identity.invoked_by or "-"
    called = f"{event.event_source.partition('.')[0]}:{event.event_name}"
    return tables.plain(who), tables.plain(called), tables.plain(event.source_ip_address)
