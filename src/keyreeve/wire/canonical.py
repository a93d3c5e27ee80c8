"""The canonical request: the one text that client and server both hash.

Source: "Create a signed AWS API request", for every service but S3, whose path is
neither normalised nor encoded twice.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

_PLAIN = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
_BLANKS = re.compile(r"[ \t]+").sub


def value(text: str) -> str:
    """A header's value without blanks around it, inner runs of blanks as one space.

    Spaces and tabs only: `str.split` would also take no-break spaces, which are data.
    """
    if "  " in text or "\t" in text:
        text = _BLANKS(" ", text)
    return text.strip(" ")


def path(raw: str) -> str:
    """The path as the SDKs normalise it (`.`, `..` and empty segments resolved), encoded once more than it came."""
    if raw in {"/", ""}:
        return "/"
    kept: list[str] = []
    for segment in raw.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    closed = "/" if kept and raw.endswith("/") else ""
    return quote(("/" + "/".join(kept) + closed).encode("latin-1"), safe="/~")


def parameters(raw: str) -> list[tuple[str, str]]:
    """The query's parameters (name, value), encoded anew and sorted; one without a value has an empty one."""
    if not raw:
        return []
    pairs = (pair.partition("=") for pair in raw.split("&") if pair)
    return sorted((_encoded(name), _encoded(text)) for name, _, text in pairs)


def _encoded(text: str) -> str:
    """Every byte but letters, digits and `-._~` as %XX; `+` is a space, as the form read from the query has it."""
    if _PLAIN(text):
        return text
    return quote(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), safe="")


def joined(pairs: list[tuple[str, str]]) -> str:
    """The canonical query of sorted, encoded parameters."""
    return "&".join([f"{name}={text}" for name, text in pairs])
