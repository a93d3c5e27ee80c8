"""Tables for people and JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

STYLES = {
    "ok": "green",
    "note": "yellow",
    "problem": "bold red",
    "compromised": "red",
    "primary": "green",
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "ERROR": "bold red",
    "SECURITY_WARNING": "red",
    "WARNING": "yellow",
}
WIDE = 400


def as_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _console() -> Console:
    """Standard output; where that is no terminal, lines are as long as they need to be."""
    return Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)


def show(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell), STYLES.get(cell, "")) for cell in row))
    draw(table)


def draw(thing: RenderableType) -> None:
    """Print what rich draws, without blanks at the ends of lines."""
    console = _console()
    with console.capture() as drawn:
        console.print(thing)
    for line in drawn.get().splitlines():
        click.echo(line.rstrip())


def counted(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plain(text: str) -> str:
    """Text without characters that move the cursor."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
