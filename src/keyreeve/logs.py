"""Logs: what happened in the server, as text or JSON lines, with named fields and never a secret.

Only fields in `FIELDS` can be logged; what the code wants to say is chosen here, and none of these holds a credential.
Because messages and tracebacks can quote anything, every text is also searched for secrets before it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIELDS = frozenset(
    {
        "account_id",
        "address",
        "code",
        "command",
        "error_code",
        "method",
        "operation",
        "path",
        "reason",
        "repeated",
        "request_id",
        "revision",
        "seconds",
        "service",
        "source_ip",
        "status",
        "trail_arn",
    }
)
LEVELS = ("debug", "info", "warning", "error")
REDACTED = "[redacted]"

_NAMES = (
    r"authorization|cookie|signature"
    r"|secret[_-]?access[_-]?key|private[_-]?key|(?:session|security|web[_-]?identity)[_-]?token"
    r"|password|saml[_-]?assertion|authentication[_-]?code[12]?|token[_-]?code|base_?32_?string_?seed"
)
_QUOTED = re.compile(rf"""(?i)((?:{_NAMES})["']?\s*[:=,]\s*b?(["']))(?:\\.|(?!\2).)*""", re.DOTALL)
_ELEMENT = re.compile(rf"(?i)(<(?:[a-z]+:)?({_NAMES})>)[^<]*")
_HEADER = re.compile(r"(?i)(authorization:\s*)[^\r\n]+")
_BARE = re.compile(rf"""(?i)((?:{_NAMES})\s*[:=]\s*)(?!b?["'])[^\s&,;<>)\]}}"']+""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def redact(text: str) -> str:
    """The text with the values of everything that looks like a credential taken out."""
    for pattern in (_HEADER, _QUOTED, _ELEMENT, _BARE):
        text = pattern.sub(lambda found: found[1] + REDACTED, text)
    return text


class Logger:
    """A named logger whose lines are a fixed sentence and named fields."""

    def __init__(self, name: str) -> None:
        self.logger = logging.getLogger(f"keyreeve.{name}")

    def debug(self, message: str, **fields: object) -> None:
        """For finding faults."""
        self._log(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: object) -> None:
        """Something worth knowing."""
        self._log(logging.INFO, message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something to look at."""
        self._log(logging.WARNING, message, fields)

    def error(self, message: str, **fields: object) -> None:
        """Something is wrong."""
        self._log(logging.ERROR, message, fields)

    def exception(self, message: str, **fields: object) -> None:
        """A bug: with the traceback of the exception that is being handled."""
        self._log(logging.ERROR, message, fields, traceback=True)

    def _log(self, level: int, message: str, fields: Mapping[str, object], *, traceback: bool = False) -> None:
        if not self.logger.isEnabledFor(level):
            return
        if unknown := fields.keys() - FIELDS:
            raise ValueError(f"not a field of the log: {', '.join(sorted(unknown))}")
        self.logger.log(level, message, exc_info=traceback, extra={"fields": fields})


def logger(name: str) -> Logger:
    """The logger of a part of the server."""
    return Logger(name)


class Seldom:
    """Lines that may come at every request: one a minute at most, `repeated` being how many were left out before."""

    def __init__(self, log: Logger, seconds: float = 60.0) -> None:
        self._log, self._seconds = log, seconds
        self._lock = Lock()
        self._due, self._repeated = 0.0, 0

    def error(self, message: str, **fields: object) -> None:
        """Something is wrong, and perhaps was a moment ago."""
        with self._lock:
            now = time.monotonic()
            if now < self._due:
                self._repeated += 1
                return
            repeated = {"repeated": self._repeated} if self._repeated else {}
            self._due, self._repeated = now + self._seconds, 0
        self._log.error(message, **fields, **repeated)

    def begin_anew(self) -> None:
        """What was wrong is over: the next time is told at once."""
        self._due, self._repeated = 0.0, 0


class TextLines(logging.Formatter):
    """`time LEVEL logger: sentence field=value …`, a traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """One event as text; control characters cannot forge lines."""
        head = f"{self.head(record)}: {_one_line(redact(record.getMessage()))}"
        fields = "".join(f" {name}={_one_line(_value(value))}" for name, value in _fields(record).items())
        trace = redact(self.formatException(record.exc_info)) if record.exc_info else ""
        return head + fields + "".join(f"\n    {_one_line(line)}" for line in trace.splitlines())

    def head(self, record: logging.LogRecord) -> str:
        """When it happened, how bad it is, and in which part."""
        return f"{_time(record)} {record.levelname:<7} {record.name}"


class CommandLines(TextLines):
    """The same with the program's name in front, for whoever waits for a command."""

    def head(self, record: logging.LogRecord) -> str:  # noqa: ARG002  it is now, and told only where something is wrong
        """The program's name, as its other complaints have it."""
        return "keyreeve"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields, and `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """One event as JSON."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        for name, value in _fields(record).items():
            line[name] = value if isinstance(value, int | float) else redact(str(value))
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line)


def configure(form: str = "text", level: str = "info", stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error) in this form, `text` or `json`, from this level on; replaces what was set."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours = logging.getLogger("keyreeve")
    ours.handlers.clear()
    ours.setLevel(level.upper())


@contextmanager
def told() -> Iterator[None]:
    """While this lasts, tell on standard error what a command would log, from warnings on; `configure` ends it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(CommandLines())
    handler.setLevel(logging.WARNING)
    ours = logging.getLogger("keyreeve")
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, "fields", {})
    return found


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _value(value: object) -> str:
    text = redact(str(value))
    return json.dumps(text) if not text or re.search(r"[\s\"=]", text) else text


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
