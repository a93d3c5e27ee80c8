"""`keyreeve events query`: SQL over the event log, by DuckDB (the extra `query`)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from keyreeve.cli import options, reading, tables
from keyreeve.cli.moments import Moment
from keyreeve.cli.problems import told
from keyreeve.events import Filter, Rows, look_up
from keyreeve.extras import extra

COLUMNS = {
    "eventTime": "TIMESTAMP",
    "eventSource": "VARCHAR",
    "eventName": "VARCHAR",
    "awsRegion": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "userAgent": "VARCHAR",
    "errorCode": "VARCHAR",
    "errorMessage": "VARCHAR",
    "userIdentity": "JSON",
    "requestParameters": "JSON",
    "responseElements": "JSON",
    "additionalEventData": "JSON",
    "resources": "JSON",
    "readOnly": "BOOLEAN",
    "managementEvent": "BOOLEAN",
    "eventCategory": "VARCHAR",
    "eventType": "VARCHAR",
    "eventID": "VARCHAR",
    "requestID": "VARCHAR",
    "sharedEventID": "VARCHAR",
    "recipientAccountId": "VARCHAR",
}
"""The table's columns: the members of a record, and DuckDB's types."""

EXAMPLES = options.examples(
    'keyreeve events query "SELECT eventName, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC"',
    "keyreeve events query \"SELECT eventTime, userIdentity->>'userName' FROM events WHERE errorCode > ''\"",
)
NO_JSON = "Malformed JSON"
"""What DuckDB says of a text that it is to compare with a JSON column."""

AS_TEXT = " A member of a JSON column is a text by ->>, as in: userIdentity->>'userName' = 'alice'"
SHUT = ("SET enable_external_access = false", "SET lock_configuration = true")
"""What is said before a query is: it reaches the table, and no file, network or setting."""


@click.command("query", epilog=f"{EXAMPLES}\n\nColumns: {', '.join(COLUMNS)}", short_help="Ask the log in SQL.")
@click.argument("sql")
@click.option("--account", type=options.AccountId(), metavar="ID", help="Events of this account alone.")
@click.option("--since", type=Moment(), metavar="TIME", help="Not before this time: 2026-01-31T12:00Z, or 2h (ago).")
@click.option("--until", type=Moment(), metavar="TIME", help="Not after this time.")
@options.place
@options.as_json
@told
def command(
    sql: str, account: str | None, since: datetime | None, until: datetime | None, as_json: bool, **flags: Any
) -> None:
    """Ask the table `events` in SQL (DuckDB's). It is a copy in memory: the log itself cannot be changed by a query.

    Its columns are the members of CloudTrail's records. Those that hold an object are JSON, of which ->> makes a text:
    userIdentity->>'userName' = 'alice'.
    """
    duckdb = extra("query")
    if duckdb is None:
        raise click.ClickException("This needs DuckDB: pip install 'keyreeve[query]'")
    rows = Rows(reading.beside(flags))
    records = (event.encode() for _, event in look_up(rows, Filter(account_id=account, since=since, until=until)))
    try:
        found = asked(duckdb, records, sql)
    except duckdb.Error as error:
        raise click.ClickException(f"{error}{AS_TEXT if NO_JSON in str(error) else ''}") from None
    _show(*found, as_json=as_json)


def asked(duckdb: Any, records: Iterator[bytes], sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names and rows that a query gives. Raises DuckDB's Error."""
    with duckdb.connect(":memory:") as connection, tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "events.json"
        with lines.open("wb") as file:
            file.writelines(record + b"\n" for record in records)
        wanted = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items()) + "}"
        read = f"read_json('{lines}', format = 'newline_delimited', columns = {wanted})"
        connection.execute(f"CREATE TABLE events AS SELECT * FROM {read} ORDER BY eventTime")  # noqa: S608  our own texts
        for sentence in SHUT:
            connection.execute(sentence)
        result = connection.execute(sql)
        if result is None:
            raise click.UsageError("The query asks nothing.")
        names = [column[0] for column in result.description or ()]
        return names, result.fetchall() if names else []


def _show(names: list[str], rows: list[tuple[Any, ...]], *, as_json: bool) -> None:
    if as_json:
        tables.as_json([{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows])
    else:
        tables.show(names, [["" if value is None else str(value) for value in row] for row in rows])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return json.loads(json.dumps(value, default=str))
