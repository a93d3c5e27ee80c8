"""Pages: listings by MaxItems and Marker.

A marker is the name after which to go on, so that what is made or deleted between two pages neither repeats nor hides
anything else. It is opaque text; one that we did not make is refused.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from keyreeve.entities import Record
from keyreeve.faults import ValidationError
from keyreeve.operations import Call

T = TypeVar("T")
R = TypeVar("R", bound=Record)

MAX_ITEMS = 100
LONGEST_POSITION = 200
"""Bytes of a position that fit into a marker (320 characters); a longer one is told by its digest."""

_DIGESTED = "\0"


def marker_of(position: str) -> str:
    """The opaque text for a position."""
    raw = (_digested(position) if len(position.encode()) > LONGEST_POSITION else position).encode()
    return base64.urlsafe_b64encode(zlib.crc32(raw).to_bytes(4) + raw).decode()


def position_of(marker: str | None) -> str | None:
    """The position that a marker stands for; ValidationError for one that we did not make."""
    if marker is None:
        return None
    try:
        raw = base64.b64decode(marker, altchars=b"-_", validate=True)
        position = raw[4:].decode()
    except (binascii.Error, ValueError):
        raise ValidationError("Invalid Marker.") from None
    if zlib.crc32(raw[4:]).to_bytes(4) != raw[:4]:
        raise ValidationError("Invalid Marker.")
    return position


def page(
    items: Iterable[T], position: Callable[[T], str], max_items: int | None
) -> tuple[tuple[T, ...], dict[str, Any]]:
    """The first `max_items` of what follows the marker, with IsTruncated and the next Marker."""
    limit = max_items or MAX_ITEMS
    taken = tuple(islice(items, limit + 1))
    if len(taken) <= limit:
        return taken, {"is_truncated": False}
    shown = taken[:limit]
    return shown, {"is_truncated": True, "marker": marker_of(position(shown[-1]))}


def sorted_page(
    items: Iterable[T], position: Callable[[T], str], marker: str | None, max_items: int | None
) -> tuple[tuple[T, ...], dict[str, Any]]:
    """A page of a small collection, sorted by its positions."""
    after = position_of(marker)
    ordered = sorted(items, key=position)
    if after is not None and after.startswith(_DIGESTED):
        after = next((position(item) for item in ordered if _digested(position(item)) == after), None)
        if after is None:
            raise ValidationError("Invalid Marker.")
    return page((item for item in ordered if after is None or position(item) > after), position, max_items)


def _digested(position: str) -> str:
    return _DIGESTED + sha256(position.encode()).hexdigest()


def names_page(
    call: Call, kind: type[R], path_prefix: str | None, marker: str | None, max_items: int | None
) -> tuple[tuple[R, ...], dict[str, Any]]:
    """A page over all of the account's entities of a kind, in the order of their names."""
    following: Iterator[R] = call.tx.page(kind, call.account_id, "name", position_of(marker))
    if path_prefix not in {None, "/"}:
        following = (record for record in following if record.path.startswith(path_prefix))  # type: ignore[attr-defined]
    return page(following, _name, max_items)


def _name(record: Record) -> str:
    """The value of the record's unique index of names."""
    index = next(index for index in type(record).INDEXES if index.name == "name")
    return index.of(record) or ""
