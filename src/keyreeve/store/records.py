"""Records as bytes: JSON, by the name of their kind.

JSON because an operator can read it with any SQLite tool and PostgreSQL understands it; MessagePack would save a tenth
of the space and no time that shows.
"""

from __future__ import annotations

import sys

import msgspec

from keyreeve.entities import KINDS, Record
from keyreeve.store.engine import Change, NewerData

_encode = msgspec.json.Encoder().encode
_decoders = {name: msgspec.json.Decoder(kind).decode for name, kind in KINDS.items()}


def change(kind: type[Record], account_id: str, key: str, record: Record | None) -> Change:
    """A record put, or with None deleted, as the engine keeps it."""
    return Change(account_id, kind.__name__, key, None if record is None else _encode(record))


def kind_of(found: Change) -> type[Record]:
    """The class behind the name; NewerData when there is none."""
    try:
        return KINDS[found.kind]
    except KeyError:
        raise NewerData(
            f"The data has records of a kind {found.kind}, which this version does not know. Use the one that wrote it."
        ) from None


def decode(found: Change) -> Record | None:
    """The record in a change, None for a deleted one; NewerData when writing it again would lose something."""
    kind = kind_of(found)
    if found.data is None:
        return None
    try:
        record = _decoders[found.kind](found.data)
    except msgspec.MsgspecError as error:
        raise NewerData(f"{_place(found)} cannot be read by this version: {error}.") from None
    written = _encode(record)
    if written != found.data and msgspec.json.decode(written) != msgspec.json.decode(found.data):
        raise NewerData(f"{_place(found)} has members that this version does not know. Use the one that wrote it.")
    if (kind, record.account_id, record.key) != (type(record), found.account_id, found.key):
        raise NewerData(f"{_place(found)} holds another record, {record.account_id} {record.key}.")
    # All records of an account share one text of its id: a tenth of their memory.
    msgspec.structs.force_setattr(record, "account_id", sys.intern(found.account_id))
    return record


def _place(found: Change) -> str:
    return f"The record {found.kind} {found.key} of account {found.account_id}"
