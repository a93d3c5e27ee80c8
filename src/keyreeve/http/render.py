"""An answer as the bytes of HTTP/1.1 (RFC 9112)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyreeve.wire.exchange import Answer

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


def render(answer: Answer, date: str, *, close: bool = False, head_only: bool = False) -> bytes:
    """Head and body; `date` is the Date header's line, `close` says that the connection ends after it.

    Raises ValueError or LookupError when the answer cannot be HTTP: a line break in a header, an unknown status.
    """
    lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    if not lines.count("\n") == lines.count("\r") == len(answer.headers):
        raise ValueError("a line break in a header")
    end = "connection: close\r\n" if close else ""
    head = f"{STATUS_LINES[answer.status]}{date}{lines}content-length: {len(answer.body)}\r\n{end}\r\n"
    return head.encode("latin-1") if head_only else head.encode("latin-1") + answer.body
