"""A sweep for secrets: finds one in a heap of bytes also where it is encoded, compressed, or both, three times over.

    found(heap, secrets) -> the names of the secrets that the heap holds

A heap is peeled: what looks like base64, hexadecimal, percent-encoding, escapes of JSON or XML, or something that was
compressed is decoded, and searched as well. A long secret is looked for by pieces, so that a part of it is a leak too.
"""

import gzip
import re
import sqlite3
import zlib
from base64 import urlsafe_b64decode
from contextlib import closing
from urllib.parse import unquote_to_bytes

from keyreeve.events.chain import zstd

DEPTH = 3
PIECE = 24
SHORTEST = 8
LARGEST = 1 << 24

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{4,}\s{0,2}|[A-Za-z0-9+/_-]{1,3}(?![A-Za-z0-9+/_-])){3,}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[: ]?){8,}")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ESCAPE = re.compile(rb"\\(?:u00([0-9A-Fa-f]{2})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_ENTITY = re.compile(rb"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_XML = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_TO_STANDARD = bytes.maketrans(b"+/", b"-_")


def pieces(secret):
    """What a secret is recognised by: the whole of a short one, three pieces of a long one."""
    if len(secret) <= 2 * PIECE:
        return (secret,)
    middle = (len(secret) - PIECE) // 2
    return (secret[PIECE : 2 * PIECE], secret[middle : middle + PIECE], secret[-2 * PIECE : -PIECE])


def found(heap, secrets, depth=DEPTH):
    """The names of the secrets in a heap; `secrets` has the bytes of each by its name."""
    wanted = {piece: name for name, secret in secrets.items() for piece in pieces(secret)}
    search = re.compile(b"|".join(re.escape(piece) for piece in sorted(wanted, key=len, reverse=True)))
    return {wanted[hit[0]] for view in views(heap, depth) for hit in search.finditer(view)}


def views(heap, depth=DEPTH):
    """The heap, and everything that it may be read as."""
    yield heap
    if depth:
        for peel in (_percent, _entities, _escapes, _base64, _hex, _inflated):
            read = peel(heap)
            if len(read) >= SHORTEST and read != heap:
                yield from views(read, depth - 1)


def _percent(heap):
    return unquote_to_bytes(heap.replace(b"+", b" ")) if b"%" in heap else b""


def _entities(heap):
    def plain(hit):
        number = int(hit[1], 16) if hit[1] else int(hit[2]) if hit[2] else ord(_XML[hit[3]])
        return bytes([number]) if number < 256 else hit[0]

    return _ENTITY.sub(plain, heap) if b"&" in heap else b""


def _escapes(heap):
    def plain(hit):
        return bytes.fromhex((hit[1] or hit[2]).decode()) if hit[1] or hit[2] else _NAMED.get(hit[3], hit[3])

    return _ESCAPE.sub(plain, heap) if b"\\" in heap else b""


def _base64(heap):
    """Every run of base64, at each of the four places where it may begin."""
    runs = (re.sub(rb"\s", b"", run[0]).translate(_TO_STANDARD) for run in _BASE64.finditer(heap))
    return b"\0".join(_decoded(run[start:]) for run in runs for start in range(4))


def _decoded(run):
    whole = run[: len(run) - len(run) % 4]
    return urlsafe_b64decode(whole) + (urlsafe_b64decode(run[len(whole) :] + b"==") if len(run) % 4 > 1 else b"")


def _hex(heap):
    runs = (re.sub(rb"[: ]", b"", run[0]) for run in _HEX.finditer(heap))
    return b"\0".join(
        bytes.fromhex(run[start : len(run) - (len(run) - start) % 2].decode()) for run in runs for start in (0, 1)
    )


def _inflated(heap):
    """Everything in the heap that zlib, gzip or zstd can open, and the heap itself as a bare deflate."""
    opened = [_opened(heap[hit.start() :], zlib.MAX_WBITS) for hit in _ZLIB.finditer(heap)]
    opened += [_opened(heap[hit.start() :], 16 + zlib.MAX_WBITS) for hit in re.finditer(rb"\x1f\x8b\x08", heap)]
    opened += [_unpacked(heap[hit.start() :]) for hit in re.finditer(rb"\x28\xb5\x2f\xfd", heap)]
    return b"\0".join([*opened, _opened(heap, -zlib.MAX_WBITS)])


def _opened(packed, form):
    try:
        return zlib.decompressobj(form).decompress(packed, LARGEST)
    except zlib.error:
        return b""


def _unpacked(packed):
    try:
        return zstd.ZstdDecompressor().decompress(packed, LARGEST)
    except zstd.ZstdError:
        return b""


def heaps(folder, without=()):
    """The heaps of a data folder, by name: each file as it lies there, and each value of each table of a database."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in without:
            data = path.read_bytes()
            yield path.name, data
            if data.startswith(b"SQLite format 3\0"):
                yield from _values(path)


def _values(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for number, row in enumerate(database.execute(f'SELECT * FROM "{table}"')):  # noqa: S608  our own tables
                for value in row:
                    if isinstance(value, str | bytes):
                        yield f"{path.name} {table} {number}", value if isinstance(value, bytes) else value.encode()


PACKERS = {"deflated": zlib.compress, "gzip": gzip.compress, "zstd": zstd.compress}
"""What opens again, for what tests plant."""
