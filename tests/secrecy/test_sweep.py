"""The sweep finds a secret however it is encoded, and nothing where there is nothing."""

import random
import sqlite3
import zlib
from base64 import b64encode, encodebytes, urlsafe_b64encode
from contextlib import closing
from urllib.parse import quote

import pytest

from sweep import PACKERS, found, heaps

SECRET = b"Canary+of/42 = \xc3\xa9\xff~"
LONG = bytes(random.Random(7).randbytes(300))  # noqa: S311  only a pattern
NOISE = random.Random(8).randbytes(500)  # noqa: S311


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


ENCODINGS = {
    "raw": bytes,
    "base64": b64encode,
    "base64, wrapped": encodebytes,
    "base64, for URLs": urlsafe_b64encode,
    "base64, one byte on": lambda data: b64encode(b"x" + data),
    "base64, two bytes on": lambda data: b64encode(b"xy" + data),
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "hex with colons": lambda data: data.hex(":").encode(),
    "percent": lambda data: quote(data, safe="").encode(),
    "percent, twice": lambda data: quote(quote(data, safe=""), safe="").encode(),
    "escapes": lambda data: b"".join(b"\\u00%02x" % byte for byte in data),
    "entities": lambda data: b"".join(b"&#x%x;" % byte for byte in data),
    **PACKERS,
    "base64 of deflated": lambda data: b64encode(zlib.compress(data)),
    "deflated base64 in percent": lambda data: zlib.compress(quote(b64encode(data), safe="").encode()),
    "hex of base64": lambda data: b64encode(data).hex().encode(),
}


@pytest.mark.parametrize("secret", [SECRET, LONG], ids=["short", "long"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_is_found_in_every_encoding(encoding, secret):
    heap = NOISE + b'{"a": "' + ENCODINGS[encoding](secret) + b'"}' + NOISE
    assert found(heap, {"it": secret, "another": b"what is not there"}) == {"it"}


@pytest.mark.parametrize("secret", [SECRET, LONG], ids=["short", "long"])
def test_a_bare_deflate_is_opened_where_it_is_the_whole(secret):
    assert found(raw_deflate(b"before" + secret), {"it": secret}) == {"it"}
    assert found(b'"' + b64encode(raw_deflate(secret)) + b'"', {"it": secret}) == {"it"}


def test_a_part_of_a_long_secret_is_a_leak():
    assert found(NOISE + LONG[:80] + NOISE, {"it": LONG}) == {"it"}
    assert found(NOISE + b64encode(LONG[200:]), {"it": LONG}) == {"it"}


def test_noise_holds_nothing():
    assert found(NOISE * 20 + b64encode(NOISE), {"it": SECRET, "long": LONG}) == set()


def test_the_values_of_a_database_are_heaps_of_their_own(tmp_path):
    with closing(sqlite3.connect(tmp_path / "some.db")) as database:
        database.execute("CREATE TABLE t (a, b)")
        database.execute("INSERT INTO t VALUES (?, ?)", (1, NOISE * 40 + zlib.compress(LONG + NOISE * 40)))
        database.commit()
    (tmp_path / "left.out").write_bytes(SECRET)
    named = dict(heaps(tmp_path, without=("left.out",)))
    assert set(named) == {"some.db", "some.db t 0"}
    assert found(named["some.db t 0"], {"it": LONG, "other": SECRET}) == {"it"}
