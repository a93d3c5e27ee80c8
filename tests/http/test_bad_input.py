"""Bad input on a raw socket: a clean 4xx with a RequestId or a closed connection, never a hang, never the service."""

import random
import socket
import ssl
import struct
import time

import pytest

from keyreeve.wire.exchange import Answer

HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    "noise": b"\x00\x01\x02\x03\r\n\r\n",
    "tls on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http 0.9": b"GET /\r\n\r\n",
    "unknown method": b"STEAL / HTTP/1.1\r\nHost: h\r\n\r\n",
    "unknown version": b"GET / HTTP/3.7\r\nHost: h\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: h\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
    "bytes beyond ascii in the target": b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "authority": b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "another scheme": b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
    "header without a name": b"GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
    "nul in a header": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n",
    "line feed alone": b"GET / HTTP/1.1\nHost: h\n\n",
    "length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length that is no number": HEAD + b"Content-Length: x\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "endless length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunk size that is no number": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "negative chunk size": CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n",
    "endless chunk size": CHUNKED + b"fffffffffffffffff\r\n",
    "chunk longer than its size": CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_get_a_clean_answer(data, serving, door, wire):
    running = serving()
    with wire.within(4), running.connect() as connection:
        connection.sendall(data)
        status, headers, body = wire.one_answer(connection)
        rest = wire.everything(connection)
    assert status == 400
    assert headers["connection"] == "close"
    assert b"<RequestId>" + headers["x-amzn-requestid"].encode() + b"</RequestId>" in body
    assert rest == b""
    assert door.requests == []


OVERSIZE = {
    "long target": (b"GET /?" + b"a" * 16_200 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "long target without an end": (b"GET /" + b"a" * 300_000, 400),
    "long header": (HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "header without an end": (HEAD + b"X: " + b"a" * 1_000_000, 431),
    "header name without an end": (HEAD + b"a" * 1_000_000, 431),
    "many headers": (HEAD + b"X: y\r\n" * 101 + b"\r\n", 431),
    "empty lines without an end": (b"\r\n" * 500_000, 431),
    "announced body": (HEAD + b"Content-Length: 10000001\r\n\r\n", 413),
    "body in chunks": (CHUNKED + (b"100000\r\n" + b"a" * 0x100000 + b"\r\n") * 10, 413),
    "body in crumbs": (CHUNKED + b"1\r\na\r\n" * 10_001, 413),
    "chunk extension without an end": (CHUNKED + b"1;" + b"a" * 1_000_000, 431),
    "trailer without an end": (CHUNKED + b"0\r\nX: " + b"a" * 1_000_000, 431),
}


@pytest.mark.parametrize(("data", "expected"), OVERSIZE.values(), ids=OVERSIZE)
def test_oversize_requests_get_a_clean_answer(data, expected, serving, door, wire):
    running = serving()
    with wire.within(4), running.connect() as connection:
        connection.sendall(data)
        status, headers, body = wire.one_answer(connection)
        rest = wire.everything(connection)
    assert status == expected
    assert headers["x-amzn-requestid"]
    assert (body == b"") == (expected in {400, 413})  # AWS answers these two without a body
    assert rest == b""
    assert door.requests == []


def test_the_largest_requests_are_served(serving, door, wire):
    with serving().connect() as connection:
        connection.sendall(b"GET /?" + b"a" * 16_170 + b" HTTP/1.1\r\nHost: h\r\n\r\n")
        assert wire.one_answer(connection)[0] == 200
        connection.sendall(wire.post(b"a" * 10_000_000))
        assert wire.one_answer(connection)[0] == 200
    assert len(door.requests[1].body) == 10_000_000


def test_a_slow_head_is_408(serving, wire):
    with wire.within(4), serving(limits={"request_seconds": 0.3}).connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHo")
        status, _, body = wire.one_answer(connection)
        assert status == 408
        assert b"<Code>RequestTimeout</Code>" in body
        assert wire.everything(connection) == b""


def test_a_dripping_body_is_408(serving, door, wire):
    with wire.within(4), serving(limits={"request_seconds": 0.5}).connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
        for _ in range(4):
            connection.sendall(b"x")
            time.sleep(0.1)
        assert wire.one_answer(connection)[0] == 408
    assert door.requests == []


def test_a_dripping_second_request_is_408_too(serving, door, wire):
    door.answer = Answer(200, b"", revision=1)
    with wire.within(5), serving(limits={"request_seconds": 0.5}).connect() as connection:
        connection.sendall(wire.post() + b"POST / HT")
        door.awaited()[1](None)
        assert wire.one_answer(connection)[0] == 200
        assert wire.one_answer(connection)[0] == 408


def test_silence_ends_the_connection(serving, wire):
    running = serving(limits={"request_seconds": 0.2, "keep_alive_seconds": 0.2})
    with wire.within(4), running.connect() as silent, running.connect() as idle, running.connect() as babbling:
        idle.sendall(wire.post())
        assert wire.one_answer(idle)[0] == 200
        babbling.sendall(b"\r\n")
        assert [wire.everything(connection) for connection in (silent, idle, babbling)] == [b"", b"", b""]


def test_who_does_not_read_is_cut_off(serving, door, wire):
    door.answer = Answer(200, b"x" * 5_000_000)
    running = serving(limits={"request_seconds": 0.5})
    with running.connect(20) as connection:
        connection.sendall(wire.post() * 10)
        time.sleep(2)
        assert len(door.requests) < 10
        assert running.server.connections.count == 0


def test_too_many_pipelined_requests_are_refused_after_the_first_are_answered(serving, wire):
    answer = serving().talk(wire.post() * 30)
    assert answer.count(b"HTTP/1.1 200 OK") == 16
    assert b"<Code>Throttling</Code>" in answer


def test_garbage_does_not_overtake_the_answer_before_it(serving, door, wire):
    door.answer = Answer(200, b"done", revision=1)
    with serving().connect() as connection:
        connection.sendall(wire.post() + b"\x00garbage\r\n\r\n")
        door.awaited()[1](None)
        assert wire.one_answer(connection)[0] == 200
        assert wire.one_answer(connection)[0] == 400


@pytest.mark.parametrize("abruptly", [False, True])
def test_who_hangs_up_leaves_nothing_behind(abruptly, serving, door, wire, caplog):
    door.answer = Answer(200, b"done", revision=1)
    running = serving()
    with running.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", abruptly, 0))
        connection.sendall(wire.post() + HEAD)
        door.awaited()
    time.sleep(0.1)
    door.waits[0][1](None)
    time.sleep(0.1)
    running.stop()
    assert running.server.connections.count == 0
    assert not running.server.durability.waiting
    assert caplog.records == []


def test_too_many_connections_are_refused(serving, wire):
    running = serving(max_connections_per_address=2)
    with running.connect() as one, running.connect() as two:
        for connection in (one, two):
            connection.sendall(wire.post())
            assert wire.one_answer(connection)[0] == 200
        with running.connect() as three:
            assert wire.one_answer(three)[0] == 503
    time.sleep(0.1)
    with running.connect() as four:
        four.sendall(wire.post())
        assert wire.one_answer(four)[0] == 200


def test_large_bodies_have_a_budget_together_and_small_ones_need_none(serving, door, wire):
    running = serving()
    bodies = running.server.listeners[0].shared.bodies
    bodies.most = 250_000
    unfinished = wire.post(b"a" * 200_000)[:-1]
    with running.connect() as one, running.connect() as two, running.connect() as small:
        one.sendall(unfinished)
        until = time.monotonic() + 5
        while bodies.held < 134_463 and time.monotonic() < until:
            time.sleep(0.01)
        assert bodies.held == 200_000 - 1 - 65_536
        two.sendall(unfinished)
        assert wire.one_answer(two)[0] == 503
        small.sendall(wire.post(b"a" * 65_536))
        assert wire.one_answer(small)[0] == 200
        one.sendall(b"a")
        assert wire.one_answer(one)[0] == 200
        one.sendall(wire.post(b"a" * 200_000))
        assert wire.one_answer(one)[0] == 200
        assert [len(request.body) for request in door.requests] == [65_536, 200_000, 200_000]
    until = time.monotonic() + 5
    while bodies.held and time.monotonic() < until:
        time.sleep(0.01)
    assert bodies.held == 0


def test_damaged_requests_never_hang_or_break_the_server(serving, door, wire):
    running = serving(limits={"request_seconds": 1.0, "linger_seconds": 0.2})
    chance = random.Random(20260101)  # noqa: S311  tests repeat
    whole = wire.post(b"abc", b"X-A: b\r\n") + CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    with wire.within(30):
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            answer = running.talk(bytes(damaged[: chance.randint(1, len(damaged))]))
            assert not answer or answer[:10] in {b"HTTP/1.1 2", b"HTTP/1.1 4"}
    assert running.talk(wire.post()).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("size", [1, 7, 20, 45])
def test_a_request_may_come_in_pieces(size, serving, door, wire):
    whole = wire.post(b"abcdef")
    with serving().connect() as connection:
        for start in range(0, len(whole), size):
            connection.sendall(whole[start : start + size])
            time.sleep(0.001)
        assert wire.one_answer(connection)[0] == 200
    assert door.requests[0].body == b"abcdef"


def test_plain_http_on_a_tls_port_is_closed(serving, certificate, wire):
    running = serving(tls_cert=certificate, tls_key=certificate)
    with wire.within(4), running.connect() as connection:
        connection.sendall(wire.post())
        assert not wire.everything(connection).startswith(b"HTTP")


def test_old_tls_is_refused(serving, certificate):
    running = serving(tls_cert=certificate, tls_key=certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running.connect() as connection, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(connection, server_hostname="h")
