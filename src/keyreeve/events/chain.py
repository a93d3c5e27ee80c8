"""The chain: every row of the log is linked to the one before, and the ends are authenticated under the key ring.

A row is a digest and a record; the digest is SHA-256 over the previous row's digest and the record. So an edit, a gap,
a swap or an insertion breaks a link, and rewriting all later links needs the key of the head's seal. The head is sealed
with each batch, the floor (where retention cut off the oldest blocks) with each cut. One who can write to the
database can still put back an older copy of the whole log with its head; against that, keep a head outside
(`EventLog.head`) and give it to `verify`.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import Protocol

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DIGEST_BYTES = 32
PACKING = 1
"""How hard zstd tries: with 3 it takes a fifth longer, and blocks are no smaller."""

LARGEST_BLOCK = 256 << 20
"""Bytes that a block may come to when it is opened; a thousand records of the largest kind have some 220 MB. Damaged
ones could come to more than there is memory: 32 KB say a gigabyte."""

GENESIS = bytes(DIGEST_BYTES)
"""The digest before the first row."""

HEAD = "event log head"
FLOOR = "event log floor"
"""The purposes of the seals: one cannot stand in for the other."""


class Ring(Protocol):
    """What the log asks of the key ring."""

    def mac(self, data: bytes, purpose: str) -> bytes:
        """A code that authenticates `data` for one purpose."""

    def authentic(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether a code is one of ours for this."""

    def exposed(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether a code is one for this under a key that is compromised."""


class End(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One end of the log: the number of a row and its digest. The floor is the row before the first one kept."""

    sequence: int = 0
    digest: bytes = GENESIS


class Broken(Exception):
    """Bytes of the log that are not what was written."""


class Exposed(Broken):
    """An end that is sealed under a compromised key: whoever knows the key could have sealed it."""

    def __init__(self, purpose: str, end: End) -> None:
        super().__init__(f"the {purpose} is sealed under a key that is compromised: others could have written it")
        self.end = end


def link(previous: bytes, record: bytes) -> bytes:
    """The digest of a record that follows the row with the digest `previous`."""
    return sha256(previous + record).digest()


def split(row: bytes) -> tuple[bytes, bytes]:
    """A row's digest and record."""
    return row[:DIGEST_BYTES], row[DIGEST_BYTES:]


def seal(end: End, ring: Ring, purpose: str) -> bytes:
    """An end as it is kept: with its authentication code."""
    plain = msgspec.msgpack.encode(end)
    return msgspec.msgpack.encode((plain, ring.mac(plain, purpose)))


def unseal(sealed: bytes | None, ring: Ring, purpose: str) -> End:
    """The end in a seal (None: the end of an empty log); Broken, or Exposed, when it cannot be believed."""
    if sealed is None:
        return End()
    try:
        plain, code = msgspec.msgpack.decode(sealed, type=tuple[bytes, bytes])
        if ring.authentic(plain, code, purpose):
            return msgspec.msgpack.decode(plain, type=End)
        if ring.exposed(plain, code, purpose):
            raise Exposed(purpose, msgspec.msgpack.decode(plain, type=End))
    except msgspec.MsgspecError:
        pass
    raise Broken(f"the {purpose} is not sealed under this key ring")


class Block(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Older rows packed together: `first` to `last`, `previous` and `digest` being the digests before and at the end.

    `oldest` and `newest` are the times of events in it (seconds since 1970), `hints` and `ids` tell which values may
    occur (see `hints.py`), `packed` the records, one per line, compressed.
    """

    first: int
    last: int
    previous: bytes
    digest: bytes
    oldest: int
    newest: int
    hints: bytes
    ids: bytes
    packed: bytes

    def text(self) -> bytes:
        """The records in order, one per line; Broken when they are damaged."""
        opener = zstd.ZstdDecompressor()
        try:
            text = opener.decompress(self.packed, LARGEST_BLOCK)
        except zstd.ZstdError as error:
            raise Broken(f"block {self.first}-{self.last}: {error}") from None
        if not opener.eof or opener.unused_data:
            raise Broken(f"block {self.first}-{self.last} ends too early or too late")
        return text

    def records(self) -> list[bytes]:
        """The records in order; Broken when they are damaged."""
        records = self.text().split(b"\n")
        if len(records) != self.last - self.first + 1:
            raise Broken(f"block {self.first}-{self.last} holds {len(records)} records")
        return records

    def encode(self) -> bytes:
        """The block as the store keeps it."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Block:
        """The block in what the store kept; Broken when it is none."""
        try:
            return _decode(data)
        except msgspec.MsgspecError as error:
            raise Broken(f"a block cannot be read: {error}") from None


_decode = msgspec.msgpack.Decoder(Block).decode


def pack(records: list[bytes]) -> bytes:
    """Records compressed for a block: JSON has no raw line feeds, so a line is a record."""
    return zstd.compress(b"\n".join(records), PACKING)
