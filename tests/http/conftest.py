"""A fake service behind a real server on loopback, on a thread with an event loop of its own."""

import asyncio
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from keyreeve.config import Config
from keyreeve.http.limits import Limits
from keyreeve.http.server import Server
from keyreeve.wire.exchange import Answer

XML = (("content-type", "text/xml"), ("x-amzn-requestid", "00000000-0000-4000-8000-000000000000"))


class FakeDoor:
    """Remembers requests; answers with `answer`, or with what it returns when it is callable."""

    def __init__(self):
        self.requests = []
        self.kicks = 0
        self.answer = Answer(200, b"<Ok/>\n", XML, 0, "sts", "GetCallerIdentity")
        self.durable = 0
        self.waits = []
        self.oldest = []
        self.is_ready = True

    def handle(self, request):
        self.requests.append(request)
        return self.answer(request) if callable(self.answer) else self.answer

    def wait(self, revision, done, oldest=None):
        self.waits.append((revision, done))
        self.oldest.append(oldest)

    def kick(self):
        self.kicks += 1

    def awaited(self):
        """The revision of the first wait, which must come soon, and what ends it."""
        until = time.monotonic() + 5
        while not self.waits and time.monotonic() < until:
            time.sleep(0.001)
        return self.waits[0]

    def ready(self):
        return self.is_ready

    def health(self):
        return {"revision": self.durable}


class Running:
    """A server that serves on a thread until `stop`."""

    def __init__(self, config, door, dispatch=None, limits=None):
        self.server = Server(config, door, dispatch, limits)
        self.bound = self.server.bind()
        self.loop = uvloop.new_event_loop()
        self.thread = threading.Thread(target=self._run)
        self.started = threading.Event()
        self.stopping = None
        self.thread.start()
        assert self.started.wait(5)

    def _run(self):
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self):
        self.stopping = asyncio.Event()
        await self.server.start()
        self.started.set()
        await self.stopping.wait()
        await self.server.stop()

    @property
    def port(self):
        return int(self.bound.url.rpartition(":")[2])

    def tell_to_stop(self):
        self.loop.call_soon_threadsafe(self.stopping.set)

    def stop(self):
        if self.thread.is_alive():
            self.tell_to_stop()
        self.thread.join(15)
        assert not self.thread.is_alive()

    def connect(self, seconds=5):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        connection.settimeout(seconds)
        return connection

    def talk(self, data, seconds=5):
        """Everything the server says to these bytes until it closes; the peer half-closes after them."""
        with self.connect(seconds) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return everything(connection)


def everything(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def one_answer(connection):
    """One answer from the connection and not a byte more: status, headers, body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        assert part, head
        head += part
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    body = b""
    while missing := int(headers["content-length"]) - len(body):
        part = connection.recv(missing)
        assert part, body
        body += part
    return int(lines[0].split()[1]), headers, body


def post(body=b"Action=GetCallerIdentity&Version=2011-06-15", extra=b""):
    return b"POST / HTTP/1.1\r\nHost: h\r\n%bContent-Length: %d\r\n\r\n%b" % (extra, len(body), body)


@pytest.fixture
def door():
    return FakeDoor()


@pytest.fixture
def serving(door, tmp_path):
    """Starts servers over the door; settings of Config by name, `limits` by name of Limits."""
    with ExitStack() as stack:

        def start(*, dispatch=None, limits=None, **settings):
            config = replace(Config(data=tmp_path, port=0, stop_seconds=5), **settings)
            running = Running(config, door, dispatch, Limits(**limits) if limits else None)
            stack.callback(running.stop)
            return running

        yield start


@contextmanager
def within(seconds):
    """Fail when the block takes longer than this."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.fixture
def wire():
    """The functions above, for tests."""
    return SimpleNamespace(
        post=post, one_answer=one_answer, everything=everything, within=within, self_signed=self_signed
    )


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A file with a private key and a self-signed certificate for localhost."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(b"".join(self_signed()))
    file.chmod(0o600)
    return file


def self_signed():
    """A private key and its certificate for localhost, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, built.public_bytes(Encoding.PEM)
