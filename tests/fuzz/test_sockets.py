"""Bad input as bytes: a real server is sent requests that are torn, twisted and drawn out. It stays polite, and up."""

import os
import secrets
import socket
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from tests.fuzz.drafts import Draft
from tests.fuzz.properties import document, require
from tests.proofs.server import Client, Process, administrator

PROOFS = bool(os.environ.get("KEYREEVE_PROOFS"))
SEED = os.environ.get("KEYREEVE_SEED") or (secrets.token_hex(4) if PROOFS else "keyreeve")
CONNECTIONS = 10_000 if PROOFS else 500
SECONDS = 10
HOST = b" HTTP/1.1\r\nHost: h\r\n"
JUNK = (
    b"", b"\r\n", b"\n\n\n", b"\0", b"\xff" * 40, b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"POST / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"CONNECT h:1" + HOST + b"\r\n", b"GET *" + HOST + b"\r\n", b"OPTIONS *" + HOST + b"\r\n",
    b"GET " + b"/a" * 20_000 + HOST + b"\r\n", b"GET /" + HOST + b"a: b\r\n" * 500 + b"\r\n",
    b"GET /" + HOST + b"x: " + b"a" * 100_000 + b"\r\n\r\n", b"GET http://[::1/" + HOST + b"\r\n",
    b"GET /" + HOST + b"Host: i\r\n\r\n",
)  # fmt: skip
LINES = (
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 20000000",
    b"Content-Length: 0x10", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b": empty",
    b"Expect: 100-continue", b"Connection: upgrade\r\nUpgrade: h2c", b"Connection: close", b" folded", b"no colon",
    b"bad name : x", b"Host: i", b"Authorization: x", b"Content-Type: \xff\xfe", b"X: \0", b"X-Amz-Date: ",
)  # fmt: skip
CHUNKS = (
    b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-5\r\nhello\r\n", b"5;a=b\r\nhell", b"FFFFFFFFFFFFFFFFF\r\nx",
    b"0\r\nTrailer: x\r\n\r\n",
)  # fmt: skip


def sent(draft, rng):
    """A signed request as bytes, torn or twisted."""
    request = draft.request()
    head = [f"{request.method} {request.path or '/'} HTTP/1.1".encode()]
    head += [f"{name}: {text}".encode("latin-1", "replace") for name, text in request.headers]
    body = request.body[:20_000]
    length = b"content-length: %d" % len(body)
    twist = rng.randrange(8)
    if twist == 0:
        return rng.choice(JUNK)
    if twist in {1, 2}:
        head.insert(rng.randrange(1, len(head) + 1), rng.choice(LINES))
    if twist == 3:
        length, body = b"transfer-encoding: chunked", rng.choice(CHUNKS)
    whole = b"\r\n".join([*head, length, b"", body])
    if twist == 4:
        return whole[: rng.randrange(len(whole))]
    if twist == 5:
        torn = bytearray(whole)
        for _ in range(rng.choice((1, 2, 10))):
            torn[rng.randrange(len(torn))] = rng.randrange(256)
        return bytes(torn)
    if twist == 6:
        return whole.replace(b"\r\n", rng.choice((b"\n", b"\r", b"\r\n\r\n")), rng.choice((1, 2, 100)))
    return whole + rng.choice((b"", whole, whole * 40, rng.choice(JUNK)))


def talk(port, data):
    """Everything that the server says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        received = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except ConnectionError:
            pass  # it had heard enough
        return received


def answers(received, *, hopeless):
    """Hold each answer in what was received to the properties; their statuses."""
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        if status == 100:
            continue
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        body, received = received[:length], received[length:]
        require(status == 200 or 400 <= status < 500, f"status {status}: {body[:500]}")
        require(not (hopeless and status == 200), "a request that proves nothing was answered")
        if body:
            document(status, headers, body)
        else:  # AWS itself answers so to what is far too large, and nothing has a body that answers HEAD
            require(status in {200, 400, 413} and headers["x-amzn-requestid"], f"nothing is said about {status}")
        yield status


@pytest.fixture
def serving(tmp_path):
    """A server process, and its administrator's credentials."""
    credentials = administrator(tmp_path / "data")
    process = Process(tmp_path / "data")
    yield process, credentials
    process.kill()


def everything(process, credentials):
    """All that the account holds."""
    with Client(process.port, credentials) as client:
        return [element.text for element in client.call("GetAccountAuthorizationDetails", {}).iter()][:-1]


@pytest.mark.slow
def test_bytes_are_answered_politely(serving):
    process, credentials = serving
    before = everything(process, credentials)
    statuses = Counter()
    for number in range(CONNECTIONS):
        rng = Random(f"{SEED}/{number}")  # noqa: S311  a seed gives the same bytes again
        # Reads may succeed; changes are signed for another terminator, so that none of them ever may.
        reads = rng.random() < 0.5
        action, name = ("GetUser", "admin") if reads else ("CreateUser", "mallory")
        pairs = [("Action", action), ("Version", "2010-05-08"), ("UserName", name)]
        draft = Draft("iam", credentials, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", pairs)
        draft.terminator = "aws4_request" if reads else "aws5_request"
        data = sent(draft, rng)
        try:
            statuses.update(answers(talk(process.port, data), hopeless=not reads))
        except Exception as error:
            raise AssertionError(f"KEYREEVE_SEED={SEED}, connection {number}: {error!r} for {data[:3000]!r}") from error
    print(statuses)  # noqa: T201  what came of it
    assert {200, 400, 403, 413} <= statuses.keys()
    assert process.process.poll() is None
    assert everything(process, credentials) == before
    assert "Traceback" not in process.output.read_text()
