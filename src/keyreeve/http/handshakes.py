"""Handshakes: connections of a TLS port, from the moment they are accepted until TLS is spoken.

They count against the limits on connections as all others do. So whoever opens connections and never finishes a
handshake is bounded, and those past the limit cost no cryptography: they are closed without a word.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

from keyreeve import faults
from keyreeve.http import refusals
from keyreeve.http.connection import Connection
from keyreeve.http.proxies import plain
from keyreeve.logs import logger

if TYPE_CHECKING:
    from keyreeve.http.connection import Shared

LOG = logger("http")
HANDSHAKE_SECONDS = 5.0
PAUSE_SECONDS = 0.1
"""How long to wait when the system gives no connection, because of too many open files for one."""


class Handshakes:
    """Accepts on a listening socket while `run` runs, and hands each connection over once TLS is spoken on it."""

    def __init__(self, listener: socket.socket, shared: Shared, tls: ssl.SSLContext) -> None:
        self.listener = listener
        self.shared = shared
        self.tls = tls
        self.under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Accept until cancelled. What is under way then is cut off."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    accepted, address = await loop.sock_accept(self.listener)
                except OSError:
                    LOG.exception("no connection can be accepted")
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._accepted(loop, accepted, plain(str(address[0])))
        finally:
            for task in self.under_way:
                task.cancel()
            self.listener.close()

    def _accepted(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket, peer: str) -> None:
        """Count a connection in; one past the limits is closed before it costs anything."""
        if self.shared.budget.enter(peer):
            task = loop.create_task(self._greet(loop, accepted, peer))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            return
        self.shared.budget.leave(peer)
        accepted.close()
        self.shared.refused(refusals.answer(faults.ServiceUnavailable("Too many connections.")), peer)

    async def _greet(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket, peer: str) -> None:
        """Have the handshake done. From then on the connection counts itself out; before, nobody else would."""
        connection = Connection(self.shared, loop, counted=True)
        try:
            await loop.connect_accepted_socket(
                lambda: connection, accepted, ssl=self.tls, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:
            LOG.debug("no TLS handshake", source_ip=peer, reason=repr(error))
        finally:
            if not connection.made:
                accepted.close()
                self.shared.budget.leave(peer)
