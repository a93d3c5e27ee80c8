"""`keyreeve events`."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import click

from keyreeve.cli import options, tables
from keyreeve.cli.problems import told
from keyreeve.config import Config
from keyreeve.events import End, Event, Filter, Rows, follow, look_up, verify
from keyreeve.events.chain import HEAD, unseal
from keyreeve.seal import KeyRing
from keyreeve.store.folder import DATABASE
from keyreeve.store.reader import SqliteReader

EXAMPLES = options.examples(
    "keyreeve events                                  the newest 50",
    "keyreeve events --follow                         and those to come",
    "keyreeve events --error AccessDenied --since 2h  who was refused what",
    "keyreeve events --user admin --json | jq .eventName",
    "keyreeve events --verify                         hold the log to its chain",
)
POLL_SECONDS = 0.5
ANY_ERROR = "any"
_AGO = re.compile(r"([0-9]{1,6})([smhd])").fullmatch
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})").fullmatch


class Moment(click.ParamType[datetime]):
    """A time: ISO 8601 (UTC where it does not say), or so long ago as 30s, 15m, 2h, 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware time."""
        if isinstance(value, datetime):
            return value
        ago = _AGO(value)
        if ago is not None:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail("a time is like 2026-01-31T12:00:00Z, 2026-01-31, or like 15m, 2h, 7d ago", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class Head(click.ParamType[End]):
    """The head of a log as `--verify` prints it: the number of the last event and its digest."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> End:
        """The head."""
        found = _HEAD(value)
        if found is None:
            self.fail("a head is a number, a colon and 64 hexadecimal digits, as --verify prints it", param, ctx)
        return End(int(found[1]), bytes.fromhex(found[2]))


@click.command("events", epilog=EXAMPLES)
@click.option("--follow", "following", is_flag=True, help="Go on with what happens from now on; Ctrl-C stops.")
@click.option("--user", metavar="NAME", help="Of this user, role session, or root.")
@click.option("--name", metavar="NAME", help="Of this name, such as CreateUser.")
@click.option("--error", metavar="CODE", help="With this error code, such as AccessDenied; any: with one.")
@click.option("--account", metavar="ID", help="Of this account.")
@click.option("--since", type=Moment(), metavar="TIME", help="Not before this time: 2026-01-31T12:00Z, or 2h (ago).")
@click.option("--until", type=Moment(), metavar="TIME", help="Not after this time.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@click.option("--verify", "verifying", is_flag=True, help="Say whether the log is whole, and print its head.")
@click.option(
    "--head", type=Head(), metavar="HEAD", help="With --verify: a head that was printed earlier, to hold it to."
)
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
    verifying: bool,
    head: End | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Show what happened: every authenticated call, and every change made on this machine, oldest first.

    Events are read beside the running server, which has them on disk within a second.
    """
    config = options.configured(flags)
    reader = SqliteReader(config.data / DATABASE)
    if verifying:
        _verify(config, reader, head, as_json)
        return
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


def _verify(config: Config, reader: SqliteReader, head: End | None, as_json: bool) -> None:
    """Walk the whole chain; status 1 if it is not whole."""
    ring = KeyRing.load(config.keyring_path, os.environ, config.keyring_command)
    problems = verify(reader, ring, head)
    told = [{"event": each.sequence, "kind": each.kind, "sentence": each.sentence} for each in problems]
    now = None if problems else unseal(reader.meta(HEAD), ring, HEAD)
    shown = None if now is None else f"{now.sequence}:{now.digest.hex()}"
    if as_json:
        tables.as_json({"whole": not told, "head": shown, "problems": told})
    elif shown is not None:
        click.echo(f"The log is whole. Its head, to keep elsewhere and give to --head:\n{shown}")
    else:
        tables.show(("event", "kind", "what"), [(str(e["event"]), str(e["kind"]), str(e["sentence"])) for e in told])
    if told:
        raise click.ClickException("The event log is not whole.")
