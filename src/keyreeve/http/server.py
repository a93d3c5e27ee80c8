"""The server: binds, serves, and stops when told to, with the requests in flight answered."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import ssl
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from keyreeve.http import certificate, tls_files
from keyreeve.http.app import App
from keyreeve.http.connection import Connection, Shared
from keyreeve.http.control import Control
from keyreeve.http.durability import Durability
from keyreeve.http.handshakes import Handshakes
from keyreeve.http.limits import LOOPBACK_FACTOR, Connections, FailureGate, Limits
from keyreeve.http.metrics import Metrics, MetricsApp
from keyreeve.http.pool import Pool
from keyreeve.http.proxies import Proxies, address
from keyreeve.logs import logger
from keyreeve.store.folder import SOCKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keyreeve.config import Config
    from keyreeve.http.door import Dispatch, Door
    from keyreeve.wire.exchange import Answer

LOG = logger("http")
TICK_SECONDS = 0.5
BACKLOG = 2048
FILES_BESIDE_CONNECTIONS = 256
"""For the database, the logs and the metrics."""


class CannotServe(Exception):
    """The server cannot start; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a server listens: its URL, and the metrics' URL or None."""

    url: str
    metrics_url: str | None = None


class Listener:
    """One address with its application: a listening socket, its connections, and their clock."""

    def __init__(self, listener: socket.socket, shared: Shared, tls: ssl.SSLContext | None = None) -> None:
        self.listener = listener
        self.shared = shared
        self.tls = tls
        self.server: asyncio.Server | None = None
        self.handshakes: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on."""
        loop = asyncio.get_running_loop()
        self.tick(loop.time())
        if self.tls is not None:
            self.handshakes = loop.create_task(Handshakes(self.listener, self.shared, self.tls).run())
            return
        self.server = await loop.create_server(
            lambda: Connection(self.shared, loop), sock=self.listener, backlog=BACKLOG
        )

    def tick(self, now: float) -> None:
        """What is due twice a second: the Date header, and connections whose peer is too slow."""
        self.shared.date = f"date: {formatdate(time.time(), usegmt=True)}\r\n"
        for connection in tuple(self.shared.connections):
            connection.expire(now)

    async def stop(self, seconds: float) -> None:
        """Accept no more, finish what was asked within this time, and cut the rest."""
        if self.server is not None:
            self.server.close()
        if self.handshakes is not None:
            self.handshakes.cancel()
        for connection in tuple(self.shared.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.shared.connections:  # noqa: ASYNC110  a rare wait, not worth an event per connection
                    await asyncio.sleep(0.01)
        for connection in tuple(self.shared.connections):
            connection.transport.abort()


class Server:
    """All that is served: the AWS wire, the metrics, the control socket. Starts and stops on a running loop."""

    def __init__(
        self,
        config: Config,
        door: Door,
        dispatch: Dispatch | None = None,
        limits: Limits | None = None,
        tick: Callable[[], None] | None = None,
    ) -> None:
        self.config = config
        self.door = door
        self.dispatch = dispatch
        self.tick = tick
        self.limits = limits or Limits(
            request_seconds=config.request_seconds, keep_alive_seconds=config.keep_alive_seconds
        )
        self.proxies = Proxies(config.behind_proxy)
        self.connections = Connections(
            config.max_connections, config.max_connections_per_address, lambda peer: self.proxies.trusts(address(peer))
        )
        loopback = 1 if self.proxies else LOOPBACK_FACTOR
        self.gate = FailureGate(
            config.failed_auth_per_second, config.failed_auth_burst, time.monotonic, loopback=loopback
        )
        self.durability = Durability(door, self.limits.durable_seconds)
        self.pool = Pool()
        self.strangers = defaultdict[str, Pool](partial(Pool.of_strangers, loopback))
        self.metrics = Metrics(self._gauges) if config.metrics else None
        self.listeners: list[Listener] = []
        self.control: Control | None = None
        self.clock: asyncio.Task[None] | None = None

    def bind(self) -> Bound:
        """Take the addresses; clients that connect from now on wait until the server starts. Raises CannotServe."""
        config = self.config
        tls = tls_context(config)
        self._doubt_certificate()
        wire = _listen(config.host, config.port)
        scheme = "https" if tls else "http"
        app = App(
            self.door,
            self.durability,
            self.gate,
            self.pool,
            self.strangers,
            proxies=self.proxies or None,
            metrics=self.metrics,
            access_log=config.access_log,
        )
        self.listeners = [Listener(wire, Shared(app, self.limits, self.connections, self._refused), tls)]
        if self.metrics is None or config.metrics is None:
            return Bound(_url(scheme, wire))
        scrape = _listen(*config.metrics)
        self.listeners.append(Listener(scrape, Shared(MetricsApp(self.metrics), self.limits, Connections(64, 64))))
        return Bound(_url(scheme, wire), _url("http", scrape) + "/metrics")

    async def start(self) -> None:
        """Serve on the addresses taken by `bind`."""
        for listener in self.listeners:
            await listener.start()
        if self.dispatch is not None:
            self.control = Control(self.config.data / SOCKET, self.dispatch, self.durability)
            await self.control.start()
        self.clock = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Stop gracefully, within `stop_seconds`."""
        seconds = self.config.stop_seconds
        await asyncio.gather(*(listener.stop(seconds) for listener in self.listeners))
        if self.control is not None:
            await self.control.stop()
        if self.clock is not None:
            self.clock.cancel()
        self.pool.stop()
        for pool in self.strangers.values():
            pool.stop()

    def renew_certificate(self) -> None:
        """Read the certificate's files again; connections that exist keep the old one.

        They are tried apart first: a failure in use would leave the new certificate without a key.
        """
        tls, config = self.listeners[0].tls, self.config
        if tls is None or config.tls_cert is None or config.tls_key is None:
            return
        try:
            tls_context(config)
            _certify(tls, config.tls_cert, config.tls_key)
        except CannotServe as error:
            LOG.error("certificate not renewed", reason=str(error))
        else:
            LOG.info("certificate renewed")
            self._doubt_certificate()

    def _doubt_certificate(self) -> None:
        doubt = certificate.doubt(self.config.tls_cert) if self.config.tls_cert else None
        if doubt is not None:
            LOG.warning("look at the certificate", reason=doubt)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._tick_door()
            self.durability.tick(loop.time())
            for listener in self.listeners:
                listener.tick(loop.time())

    def _tick_door(self) -> None:
        """Tell the door that half a second has gone; a bug in it must not stop the clock."""
        try:
            if self.tick is not None:
                self.tick()
        except Exception:
            LOG.exception("the door's tick failed")

    def _refused(self, refusal: Answer, peer: str) -> None:
        LOG.debug("connection refused", status=refusal.status, error_code=refusal.error_code, source_ip=peer)
        if self.metrics is not None:
            self.metrics.refused(refusal)

    def _gauges(self) -> dict[str, tuple[str, float]]:
        durability = self.durability
        durable = self.door.durable
        proofs = sum(pool.jobs for pool in self.strangers.values())
        return {
            "keyreeve_store_durable_revision": ("The newest durable revision.", durable),
            "keyreeve_store_revisions_behind": (
                "Revisions that answers wait for and that are not durable yet.",
                max(0, durability.newest - durable) if durability.waiting else 0,
            ),
            "keyreeve_answers_waiting": ("Answers that wait for a durable revision.", durability.answers),
            "keyreeve_slow_jobs": ("Slow jobs (password hashes, keys) that run or wait.", self.pool.jobs),
            "keyreeve_proofs": ("Tokens (SAML, web identity) that are or wait to be verified.", proofs),
            "keyreeve_connections": ("Open connections.", self.connections.count),
        }


def run(
    config: Config,
    door: Door,
    announce: Callable[[Bound], None],
    dispatch: Dispatch | None = None,
    tick: Callable[[], None] | None = None,
    started: Callable[[Bound], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; a second one stops at once. `announce` is called when the addresses are taken.

    `started` is called when they and the control socket are served and signals are heeded, `tick` twice a second
    between two requests. SIGHUP reads the certificate again. Raises CannotServe.
    """
    allow_files(config.max_connections + FILES_BESIDE_CONNECTIONS)
    server = Server(config, door, dispatch, tick=tick)
    bound = server.bind()
    announce(bound)
    # What exists now lives as long as the process: the collector need not walk the whole view again and again.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(server, partial(started, bound) if started else None))


async def _until_stopped(server: Server, started: Callable[[], None] | None) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, server.renew_certificate)
    await server.start()
    if started is not None:
        started()
    await stop.wait()
    LOG.info("stopping")
    loop.remove_signal_handler(signal.SIGTERM)  # a second one ends the process
    stopping = asyncio.ensure_future(server.stop())
    # Ctrl-C would be raised anywhere, also in a request that is about to record what it did; this is between two.
    loop.add_signal_handler(signal.SIGINT, stopping.cancel)
    try:
        await stopping
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        loop.remove_signal_handler(signal.SIGINT)  # from here on it may be raised anywhere again


def allow_files(wanted: int) -> None:
    """Raise the limit on open files, which sockets are too, as far as this user may; say so where it stays short."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    if possible < wanted:
        LOG.warning(
            "max_connections is more than may be open: raise LimitNOFILE= of the service, or ulimit -n",
            reason=f"{wanted} open files are needed, {possible} are allowed",
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        both = host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(target[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise CannotServe(
            f"Cannot listen on {host}:{port}: {error.strerror or error}."
            " Choose another host or port; port 0 picks a free one."
        ) from error
    listener.setblocking(False)
    return listener


def tls_context(config: Config) -> ssl.SSLContext | None:
    """What TLS is spoken with; None without a certificate. Raises CannotServe, also for a key that others may use."""
    if config.tls_cert is None or config.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _certify(context, config.tls_cert, config.tls_key)
    exposed = certificate.exposed(config.tls_key)
    if exposed is not None:
        raise CannotServe(exposed)
    return context


def _certify(context: ssl.SSLContext, file: Path, key: Path) -> None:
    """Have a context use the certificate's files. A key under a pass phrase is refused: nobody is asked for it."""
    try:
        context.load_cert_chain(str(file), str(key), password="")
    except OSError as error:
        raise CannotServe(tls_files.why(file, key, error)) from error


def _url(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
