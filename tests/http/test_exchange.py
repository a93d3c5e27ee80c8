"""What a request becomes and what its answer becomes."""

import http.client
import json
import threading

from keyreeve.wire.exchange import Answer, Request


def test_a_request_arrives_as_it_was_sent(serving, door, wire):
    running = serving()
    head = b"POST /a%2Fb/../c?x=%20&y HTTP/1.1\r\nHost: h\r\nX-Two: \xe9\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nabc"
    running.talk(head)
    headers = (("host", "h"), ("x-two", "é"), ("x-two", "2"), ("content-length", "3"))
    assert door.requests == [Request("POST", "/a%2Fb/../c", "x=%20&y", headers, b"abc", "127.0.0.1", secure=False)]


def test_the_answer_is_sent_with_date_and_length_and_without_a_server_name(serving, wire):
    with serving().connect() as connection:
        connection.sendall(wire.post())
        status, headers, body = wire.one_answer(connection)
    assert (status, body) == (200, b"<Ok/>\n")
    assert headers["content-length"] == "6"
    assert headers["content-type"] == "text/xml"
    assert headers["date"].endswith(" GMT")
    assert "server" not in headers
    assert "connection" not in headers


def test_a_connection_carries_many_requests(serving, door):
    connection = http.client.HTTPConnection("127.0.0.1", serving().port, timeout=5)
    for _ in range(5):
        connection.request("POST", "/", b"x" * 100_000)
        assert connection.getresponse().read() == b"<Ok/>\n"
    connection.close()
    assert [len(request.body) for request in door.requests] == [100_000] * 5


def test_head_has_the_length_and_no_body(serving, wire):
    answer = serving().talk(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: 6" in head
    assert body == b""


def test_a_body_in_chunks_is_put_together_and_its_trailers_are_not_heard(serving, door):
    serving().talk(
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\nHost: other\r\n\r\n"
    )
    assert door.requests[0].body == b"abcde"
    assert door.requests[0].headers == (("host", "h"), ("transfer-encoding", "chunked"))


def test_an_absolute_target_is_served(serving, door):
    answer = serving().talk(b"GET http://h:80/p%20?a=1 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert (door.requests[0].path, door.requests[0].query) == ("/p%20", "a=1")


def test_continue_is_said_before_the_body_and_once(serving, door, wire):
    with serving().connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"o")
        connection.sendall(b"k")
        assert wire.one_answer(connection)[0] == 200
    assert door.requests[0].body == b"ok"


def test_close_is_obeyed(serving, wire):
    answer = serving().talk(wire.post(extra=b"Connection: close\r\n"))
    assert b"connection: close\r\n" in answer


def test_an_old_client_gets_its_answer_and_the_end_of_the_connection(serving):
    with serving().connect() as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        received = b""
        while part := connection.recv(1000):
            received += part
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in received


def test_an_upgrade_is_answered_in_http(serving, door):
    answer = serving().talk(
        b"GET / HTTP/1.1\r\nHost: h\r\n"
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


def test_pipelined_requests_are_answered_in_their_order(serving, door):
    door.answer = lambda request: Answer(200, request.body)
    requests = b"".join(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n%d" % n for n in range(5))
    answer = serving().talk(requests)
    assert [part[-1:] for part in answer.split(b"HTTP/1.1 200 OK")[1:]] == [b"0", b"1", b"2", b"3", b"4"]


def test_an_answer_waits_until_what_it_saw_is_durable(serving, door, wire):
    door.answer = Answer(200, b"done", revision=7)
    with serving().connect() as connection:
        connection.sendall(wire.post())
        door.awaited()
        connection.settimeout(0.1)
        try:
            early = connection.recv(1)
        except TimeoutError:
            early = None
        assert early is None
        connection.settimeout(5)
        revision, done = door.awaited()
        assert revision == 7
        threading.Thread(target=done, args=(None,)).start()
        assert wire.one_answer(connection)[2] == b"done"


def test_what_is_durable_already_is_answered_at_once(serving, door, wire):
    door.answer, door.durable = Answer(200, b"done", revision=7), 7
    with serving().connect() as connection:
        connection.sendall(wire.post())
        assert wire.one_answer(connection)[0] == 200
    assert door.waits == []


def test_a_revision_that_failed_is_503_and_nothing_of_the_answer(serving, door, wire, caplog):
    door.answer = Answer(200, b"done", revision=7)
    door.wait = lambda _revision, done, _oldest: done(OSError("disk full"))
    with serving().connect() as connection:
        connection.sendall(wire.post())
        status, headers, body = wire.one_answer(connection)
    assert status == 503
    assert b"<Code>ServiceUnavailable</Code>" in body
    assert headers["x-amzn-requestid"].encode() in body
    assert b"done" not in body
    assert "revision is not durable" in caplog.text


def test_a_revision_of_which_nothing_is_heard_is_503(serving, door, wire):
    door.answer = Answer(200, b"done", revision=7)
    with serving(limits={"durable_seconds": 0.2}).connect() as connection:
        connection.sendall(wire.post())
        assert wire.one_answer(connection)[0] == 503
        connection.sendall(wire.post())  # late news must not answer the next request
        door.waits[0][1](None)
        assert wire.one_answer(connection)[0] == 503


def test_pipelined_requests_wait_for_the_one_before(serving, door, wire):
    door.answer = lambda request: Answer(200, request.body, revision=int(request.body))
    with serving().connect() as connection:
        connection.sendall(wire.post(b"1") + wire.post(b"0"))
        door.awaited()
        assert len(door.requests) == 1
        door.waits[0][1](None)
        assert wire.one_answer(connection)[2][:1] == b"1"
    assert len(door.requests) == 2


def test_a_bug_is_a_500_with_its_request_id_in_the_log(serving, door, wire, caplog):
    def bug(_request):
        raise KeyError("planted")

    door.answer = bug
    with serving().connect() as connection:
        connection.sendall(wire.post())
        status, headers, body = wire.one_answer(connection)
    assert status == 500
    assert b"<Code>ServiceFailure</Code>" in body
    assert b"<Type>Receiver</Type>" in body
    assert b"planted" not in body
    fields = caplog.records[-1].fields
    assert fields["request_id"] == headers["x-amzn-requestid"]
    assert caplog.records[-1].exc_info


def test_an_answer_that_would_forge_headers_is_a_500(serving, door, wire, caplog):
    door.answer = Answer(200, b"", (("location", "x\r\nset-cookie: y"),))
    with serving().connect() as connection:
        connection.sendall(wire.post())
        status, headers, _ = wire.one_answer(connection)
    assert status == 500
    assert "set-cookie" not in headers


def test_probes_are_answered_by_the_door(serving, door):
    running = serving()

    def get(path):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    assert get("/healthz") == get("/_keyreeve/healthz") == (200, {"status": "ok", "revision": 0})
    assert get("/readyz") == (200, {"ready": True})
    door.is_ready = False
    assert get("/_keyreeve/readyz") == (503, {"ready": False})
    assert door.requests == []
