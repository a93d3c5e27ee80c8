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
from keyreeve.events import Event, Filter, Rows, follow, look_up
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
@click.option("--error", metavar="CODE", help="With this error code, such as AccessDenied; any: with one.")
@click.option("--account", metavar="ID", help="Of this account.")
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
    code = None if error == ANY_ERROR else error
    asked = Filter(account_id=account, user_name=user, event_name=name, error_code=code, since=since, until=until)
    watch = Watch(reader, asked, failed=error == ANY_ERROR)
    show = _record if as_json else _line
    for event in watch.newest(limit):
        show(event)
    while following:
        time.sleep(POLL_SECONDS)
        for event in watch.newer():
            show(event)


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


def _record(event: Event) -> None:
    click.echo(event.encode())


def _line(event: Event) -> None:
    who = event.user_identity.display_name or event.user_identity.invoked_by or "-"
    called = f"{event.event_source.partition('.')[0]}:{event.event_name}"
    text = (
        f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}  {event.recipient_account_id}  {who:<20}"
        f"  {called:<32}  {event.source_ip_address:<15}"
    )
    error = click.style(f"  {tables.plain(event.error_code)}", "red") if event.error_code else ""
    click.echo((tables.plain(text) + error).rstrip())
