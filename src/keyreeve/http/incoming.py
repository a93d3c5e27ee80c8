"""What comes in on a connection: bytes to whole requests, with bounds on everything a peer can send.

httptools (llhttp) parses and refuses what is not HTTP/1.1, Content-Length beside Transfer-Encoding for one. An
exception in a callback makes its `feed_data` raise `HttpParserError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httptools

from keyreeve import faults
from keyreeve.http import refusals
from keyreeve.wire.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyreeve.http.limits import Bodies, Limits
    from keyreeve.wire.exchange import Answer


class Incoming:
    """The parser of one connection and the request that it is reading.

    `begun` is called with a request's first byte, `whole` with the request and whether the connection may go on after
    it. `refusal` is what to answer when `feed` has raised. What bodies take is counted in `bodies` until `let_go`.
    """

    def __init__(
        self,
        limits: Limits,
        bodies: Bodies,
        peer: str,
        secure: bool,
        begun: Callable[[], None],
        whole: Callable[[Request, bool], None],
    ) -> None:
        self.limits = limits
        self.bodies = bodies
        self.held = 0
        self.peer = peer
        self.secure = secure
        self.begun = begun
        self.whole = whole
        self.parser = httptools.HttpRequestParser(self)
        self.refusal: Answer | None = None
        self.reading = False
        self.progress = False
        self.expects = False
        self.idle_bytes = 0
        self.body: list[bytes] = []
        self._clear()

    def feed(self, data: bytes) -> None:
        """Parse bytes, and bound what comes to nothing: a header, chunk extension or trailer without end.

        Raises HttpParserError for what is refused, HttpParserUpgrade after a request that asks for another protocol.
        """
        self.progress = False
        self.parser.feed_data(data)
        self.idle_bytes = 0 if self.progress else self.idle_bytes + len(data)
        if self.idle_bytes > self.limits.head_bytes:
            self.stop(refusals.answer(refusals.HeadTooLarge("The request's head is too large.")))

    def awaits_continue(self) -> bool:
        """Whether the peer waits, once, for `100 Continue` before it sends the body."""
        expects = self.expects and self.head_complete and self.reading
        self.expects = self.expects and not expects
        return expects

    def on_message_begin(self) -> None:
        """Start the bounds of a request."""
        self._clear()
        self.reading = True
        self.begun()

    def on_url(self, url: bytes) -> None:
        """Bound the request target; AWS answers long ones without a body."""
        self.url += url
        if len(self.url) > self.limits.target_bytes:
            self.stop(refusals.empty(400, "BadRequest"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Bound the header section; note the headers that the connection itself obeys."""
        if self.head_complete:
            return  # a trailer: nothing signed it, nobody asked for it
        self.head_bytes += len(name) + len(value)
        if self.head_bytes > self.limits.head_bytes or len(self.headers) >= self.limits.headers:
            self.stop(refusals.answer(refusals.HeadTooLarge("The request's head is too large.")))
        key = name.lower().decode("latin-1")
        if key == "content-length":
            if int(value) > self.limits.body_bytes:
                self.stop(refusals.empty(413, "RequestEntityTooLarge"))
        elif key == "host":
            self.hosts += 1
        elif key == "expect":
            self.expects = value.lower() == b"100-continue"
        self.headers.append((key, value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """A request needs exactly one Host (RFC 9112, section 3.2), HTTP/1.0 at most one."""
        self.head_complete = self.progress = True
        version = self.parser.get_http_version()
        if self.hosts != 1 and (self.hosts or version != "1.0"):
            self.stop(refusals.answer(refusals.BadRequest("A request has exactly one Host header.")))
        self.persists = version == "1.1" and self.parser.should_keep_alive()

    def on_chunk_header(self) -> None:
        """Bound the number of chunks: a body in crumbs costs us more than its sender."""
        self.chunks += 1
        if self.chunks > self.limits.chunks:
            self.stop(refusals.empty(413, "RequestEntityTooLarge"))

    def on_body(self, body: bytes) -> None:
        """Bound a body that came in chunks, whose length no header told, and all bodies together."""
        self.progress = True
        self.body.append(body)
        self.body_bytes += len(body)
        self._hold(len(body))
        if self.body_bytes > self.limits.body_bytes:
            self.stop(refusals.empty(413, "RequestEntityTooLarge"))
        if self.held > self.limits.uncounted_bytes and not self.bodies.room():
            self.stop(refusals.answer(faults.ServiceUnavailable("Too much is being received; try again.")))

    def on_message_complete(self) -> None:
        """The request is whole; from here on the time is ours."""
        self.progress = True
        self.reading = False
        path, query = target(self.url)
        method = self.parser.get_method().decode("ascii")
        request = Request(method, path, query, tuple(self.headers), b"".join(self.body), self.peer, self.secure)
        self.body, self.body_bytes = [], 0  # the request has it, and this connection may be idle for long
        self.whole(request, self.persists)

    def drop(self) -> None:
        """Forget the body that is arriving."""
        self.let_go(self.body_bytes)
        self.body, self.body_bytes = [], 0

    def let_go(self, size: int) -> None:
        """So many bytes of bodies are held no longer."""
        self._hold(-size)

    def _hold(self, change: int) -> None:
        counted = max(0, self.held - self.limits.uncounted_bytes)
        self.held += change
        self.bodies.held += max(0, self.held - self.limits.uncounted_bytes) - counted

    def _clear(self) -> None:
        """Forget the last request."""
        self.url = b""
        self.headers: list[tuple[str, str]] = []
        self.body = []
        self.head_bytes = self.body_bytes = self.hosts = self.chunks = 0
        self.head_complete = self.expects = self.persists = False

    def stop(self, refusal: Answer) -> None:
        """Refuse the request; for callbacks of the parser."""
        self.refusal = refusal
        raise httptools.HttpParserCallbackError  # llhttp goes no further


def target(url: bytes) -> tuple[str, str]:
    """Path and query of a request target in origin or absolute form (RFC 9112, section 3.2); ValueError for others."""
    text = url.decode("ascii")
    if not text.startswith("/"):
        parsed = httptools.parse_url(url)
        if parsed.schema not in {b"http", b"https"}:
            raise ValueError("a target of another form")
        text = (parsed.path or b"/").decode("ascii") + "?" + (parsed.query or b"").decode("ascii")
    path, _, query = text.partition("#")[0].partition("?")
    return path, query
