"""Texts that a command is given: files by name, `-` for standard input. What cannot be read is told with its place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

LONGEST = 4 * 2**20
"""Bytes at most; a policy may have 131,072 characters."""

STANDARD_INPUT = "-"


class BadInput(click.ClickException):
    """Input that cannot be used: status 2."""

    exit_code = 2


class Text(NamedTuple):
    """A text and the name of its file."""

    name: str
    text: str

    def bad(self, sentence: str, line: int = 0, column: int = 0) -> BadInput:
        """What is wrong with it, and where; lines and columns count from 1."""
        where = f":{line}:{column}" if line else ""
        return BadInput(f"{self.name}{where}: {sentence}")


def read(name: str) -> Text:
    """The text of a file. Raises BadInput."""
    try:
        if name == STANDARD_INPUT:
            data = sys.stdin.buffer.read(LONGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LONGEST + 1)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror or error}.") from error
    if len(data) > LONGEST:
        raise BadInput(f"{name}: longer than {LONGEST >> 20} MiB.")
    return Text(name, _decoded(name, data))


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise Text(name, "").bad("the text is no UTF-8.", line, column) from error
