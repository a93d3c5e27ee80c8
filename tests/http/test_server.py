"""Start and stop: addresses, TLS, signals."""

import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from keyreeve.config import Config
from keyreeve.http.server import CannotServe, Server, allow_files
from keyreeve.wire.exchange import Answer

SERVE = """
import signal
import sys
import time
from pathlib import Path
from keyreeve.config import Config
from keyreeve.http.server import run
from keyreeve.wire.exchange import Answer

class Door:
    durable = 0
    def handle(self, request):
        if request.body == b"12345":
            print("begun", flush=True)
            time.sleep(0.5)
            print("done", flush=True)
        return Answer(200, b"ok", revision=1 if request.body else 0)
    def wait(self, revision, done, oldest=None):
        import threading
        threading.Timer(0.5, done, (None,)).start()
    def ready(self): return True
    def health(self): return {}

run(Config(data=Path(sys.argv[1]), port=0, stop_seconds=3), Door(), lambda bound: print(bound.url, flush=True))
print("stopped", signal.getsignal(signal.SIGINT) is signal.default_int_handler, flush=True)
"""


@pytest.fixture
def process(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as running:
        yield running
        running.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_request_in_flight_is_answered(number, process, wire):
    port = int(process.stdout.readline().rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), 5) as busy,
        socket.create_connection(("127.0.0.1", port)) as idle,
    ):
        idle.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert wire.one_answer(idle)[0] == 200
        busy.sendall(wire.post())
        time.sleep(0.2)
        process.send_signal(number)
        status, headers, body = wire.one_answer(busy)
        assert (status, headers["connection"], body) == (200, "close", b"ok")
        assert idle.recv(1) == b""
    assert process.stdout.readline() == "stopped True\n"
    assert process.wait(5) == 0


def test_a_second_signal_stops_it_at_once(process, wire):
    port = int(process.stdout.readline().rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
        time.sleep(0.2)
        process.terminate()
        time.sleep(0.2)
        with wire.within(2):
            process.terminate()
            assert process.wait(5) == -signal.SIGTERM


def test_a_second_interrupt_stops_it_at_once_but_no_request_halfway(process, wire):
    """What was about to be recorded would be recorded by halves."""
    port = int(process.stdout.readline().rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), 5) as late,
        socket.create_connection(("127.0.0.1", port)) as slow,
    ):
        for connection in (late, slow):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        late.sendall(b"12345")
        assert process.stdout.readline() == "begun\n"
        with wire.within(2):
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "done\n"
            assert process.wait(5) == -signal.SIGINT


def test_stopping_takes_only_so_long(serving, wire):
    running = serving(stop_seconds=1)
    with running.connect() as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
        time.sleep(0.1)
        with wire.within(3):
            running.stop()
        with pytest.raises(ConnectionRefusedError):
            running.connect()


def test_a_request_that_is_arriving_is_finished(serving, wire):
    running = serving()
    with running.connect() as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
        time.sleep(0.1)
        running.tell_to_stop()
        time.sleep(0.1)
        slow.sendall(b"12345")
        status, headers, _ = wire.one_answer(slow)
    assert (status, headers["connection"]) == (200, "close")


def test_an_address_in_use_is_told_in_a_sentence(serving, door):
    config = Config(port=serving().port)
    with pytest.raises(CannotServe, match=r"Cannot listen on 127\.0\.0\.1:.* port 0 picks a free one"):
        Server(config, door).bind()


def test_clients_that_come_before_the_start_wait(door):
    server = Server(Config(port=0), door)
    bound = server.bind()
    port = int(bound.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 1):
        server.listeners[0].listener.close()


def test_tls_is_served_and_seen(serving, door, certificate):
    running = serving(tls_cert=certificate, tls_key=certificate)
    assert running.bound.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    with running.connect() as plain, context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        received = b""
        while part := connection.recv(1000):
            received += part
    assert received.startswith(b"HTTP/1.1 200 ")
    assert door.requests[0].secure


def nobody_is_left(running):
    until = time.monotonic() + 4
    while running.server.connections.count and time.monotonic() < until:
        time.sleep(0.01)
    assert not running.server.connections.count


def test_peers_that_never_finish_a_handshake_count_as_connections(serving, certificate, wire):
    running = serving(tls_cert=certificate, tls_key=certificate, max_connections_per_address=2)
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False

    def asked(connection):
        with context.wrap_socket(connection, server_hostname="localhost") as secure:
            secure.sendall(wire.post())
            return secure.recv(15)

    with running.connect(), running.connect(), wire.within(4), running.connect() as third:
        assert wire.everything(third) == b""
    nobody_is_left(running)
    with running.connect():
        assert asked(running.connect()) == b"HTTP/1.1 200 OK"  # the last one that may be open
    nobody_is_left(running)


def test_answers_over_tls_are_not_held_back_to_fill_a_packet(serving, certificate):
    running = serving(tls_cert=certificate, tls_key=certificate)
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    with running.connect() as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        secure.recv(1)  # now the server is past the handshake too
        (connection,) = running.server.listeners[0].shared.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_large_answer_over_tls(serving, door, certificate):
    door.answer = Answer(200, b"x" * 3_000_000)
    running = serving(tls_cert=certificate, tls_key=certificate)
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    with urllib.request.urlopen(running.bound.url, b"y" * 3_000_000, 10, context=context) as answer:  # noqa: S310  ours
        assert len(answer.read()) == 3_000_000
    assert len(door.requests[0].body) == 3_000_000


def test_a_certificate_is_renewed(serving, certificate, tmp_path, caplog):
    running = serving(tls_cert=certificate, tls_key=certificate)
    running.server.renew_certificate()
    kept = certificate.read_bytes()
    certificate.write_text("broken")
    running.server.renew_certificate()
    certificate.write_bytes(kept)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "certificate not renewed"
    assert record.fields == {"reason": f"{certificate} (tls_cert) holds no certificate in PEM."}
    assert not record.exc_info


def test_a_certificate_without_its_key_leaves_the_old_one_in_use(serving, certificate, wire, tmp_path, caplog):
    key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    for copy in (key, file):
        copy.write_bytes(certificate.read_bytes())
        copy.chmod(0o600)
    running = serving(tls_cert=file, tls_key=key)
    file.write_bytes(wire.self_signed()[1])
    running.server.renew_certificate()
    assert "certificate not renewed" in caplog.text
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    with running.connect() as plain, context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(wire.post())
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_a_key_under_a_pass_phrase_is_refused_and_nobody_is_asked(door, certificate, tmp_path):
    key = load_pem_private_key(certificate.read_bytes(), None)
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"phrase")))
    with pytest.raises(CannotServe, match=r"key\.pem \(tls_key\) holds a private key under a pass phrase"):
        Server(Config(port=0, tls_cert=certificate, tls_key=file), door).bind()


def test_a_certificate_that_cannot_be_used_is_told(door, tmp_path):
    file = tmp_path / "cert.pem"
    file.write_text("noise")
    with pytest.raises(CannotServe, match=r"cert\.pem \(tls_cert\) holds no certificate in PEM"):
        Server(Config(port=0, tls_cert=file, tls_key=file), door).bind()


@pytest.mark.parametrize(
    ("limits", "set_to", "told"),
    [
        ((256, 4096), [(1000, 4096)], False),
        ((256, 512), [(512, 512)], True),
        ((256, resource.RLIM_INFINITY), [(1000, resource.RLIM_INFINITY)], False),
        ((2048, 4096), [], False),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), [], False),
    ],
)
def test_as_many_files_as_connections_may_be_open(limits, set_to, told, monkeypatch, caplog):
    made = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: made.append(pair))
    allow_files(1000)
    assert made == set_to
    fields = [(record.getMessage(), record.fields["reason"]) for record in caplog.records]
    sentence = "max_connections is more than may be open: raise LimitNOFILE= of the service, or ulimit -n"
    assert fields == [(sentence, "1000 open files are needed, 512 are allowed")] * told


def test_ipv6(serving, door, wire):
    try:
        running = serving(host="::1")
    except CannotServe:
        pytest.skip("no IPv6 here")
    assert running.bound.url.startswith("http://[::1]:")
    with socket.create_connection(("::1", running.port), 5) as connection:
        connection.sendall(wire.post())
        assert wire.one_answer(connection)[0] == 200
    assert door.requests[0].source_ip == "::1"


def test_many_connections_at_once(serving, door, wire):
    running = serving()
    statuses = []

    def client():
        with running.connect() as connection:
            for _ in range(20):
                connection.sendall(wire.post())
                statuses.append(wire.one_answer(connection)[0])

    threads = [threading.Thread(target=client) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 640
    running.stop()
    assert running.server.connections.count == 0


def test_the_access_log_is_opt_in_and_has_no_query(serving, wire, caplog):
    caplog.set_level("INFO")
    secret = b"GET /?X-Amz-Signature=abc&X-Amz-Security-Token=def HTTP/1.1\r\nHost: h\r\nAuthorization: ghi\r\n\r\n"
    serving().talk(secret)
    assert caplog.records == []
    serving(access_log=True).talk(secret)
    (record,) = [record for record in caplog.records if record.name == "keyreeve.access"]
    assert record.fields["status"] == 200
    assert record.fields["operation"] == "GetCallerIdentity"
    assert record.fields["source_ip"] == "127.0.0.1"
    assert not {"abc", "def", "ghi"} & set(json.dumps(record.fields).replace('"', " ").split())


def test_nothing_is_left_in_the_folder(serving, tmp_path):
    serving().stop()
    assert list(Path(tmp_path).iterdir()) == []
