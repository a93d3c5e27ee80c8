"""`keyreeve events export`."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from keyreeve.cli import options, reading, tables
from keyreeve.cli.moments import Moment
from keyreeve.cli.problems import told
from keyreeve.cloudtrail import files
from keyreeve.events import Event, Filter, Rows, look_up

EXAMPLES = options.examples(
    "keyreeve events export /var/audit",
    "keyreeve events export /var/audit --account 111122223333 --since 30d",
)
Place = tuple[str, str, str]
"""An account, a region and a day."""


class Export:
    """Log files that fill up; each is written when it is full, named after the first event in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = self.files = 0
        self._open: dict[Place, list[tuple[int, Event, bytes]]] = defaultdict(list)

    def add(self, sequence: int, event: Event) -> None:
        """One event, in the order of the log."""
        place = (event.recipient_account_id, event.aws_region, f"{event.event_time:%Y-%m-%d}")
        self._open[place].append((sequence, event, event.encode()))
        if len(self._open[place]) == files.RECORDS:
            self._write(place)

    def close(self) -> None:
        """Write what is left."""
        for place in list(self._open):
            self._write(place)

    def _write(self, place: Place) -> None:
        held = self._open.pop(place)
        account, region, _ = place
        sequence, first, _ = held[0]
        key = files.log_key(account, region, first.event_time, f"export:{sequence}:{region}")
        files.write(self.folder, key, files.compressed(files.log([record for _, _, record in held])))
        self.events += len(held)
        self.files += 1


@click.command("export", epilog=EXAMPLES, short_help="Write the log as CloudTrail's files.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--account", type=options.AccountId(), metavar="ID", help="Of this account alone.")
@click.option("--since", type=Moment(), metavar="TIME", help="Not before this time: 2026-01-31T12:00Z, or 2h (ago).")
@click.option("--until", type=Moment(), metavar="TIME", help="Not after this time.")
@options.place
@options.as_json
@told
def command(
    folder: Path, account: str | None, since: datetime | None, until: datetime | None, as_json: bool, **flags: Any
) -> None:
    """Write the log to FOLDER as CloudTrail's log files: FOLDER/AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/….json.gz.

    The same log gives the same files. Digest files come with trails, which sign what they deliver.
    """
    rows = Rows(reading.beside(flags))
    files.make_folder(folder)
    export = Export(folder)
    asked = Filter(account_id=account, since=since, until=until)
    for sequence, event in look_up(rows, asked, newest_first=False):
        export.add(sequence, event)
    export.close()
    if as_json:
        tables.as_json({"events": export.events, "files": export.files})
    else:
        click.echo(f"{tables.counted(export.events, 'event')} in {tables.counted(export.files, 'file')} under {folder}")
