"""One GET over HTTPS, for documents of issuers. Everything about it is bounded, and nothing is followed.

The name is resolved once, every address it has is judged, and the connection goes to one that was judged, so that a
second answer of the name server cannot lead elsewhere. TLS is verified for the host's name.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import httptools

from keyreeve.openid import addresses, chain
from keyreeve.openid.reply import Reply

SECONDS = 5.0
"""For one document: from the name to the last byte."""

BYTES = 262_144
"""The largest answer, head and body."""

TRIES = 2
"""Addresses of a host that are tried."""

PORT = 443

_URL = re.compile(r"https://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?(/[!-~]*)?", re.ASCII)
"""A host by its name or IPv4 address, no user, no fragment."""


class FetchError(Exception):
    """A document that cannot be had. The sentence is for the log; it holds nothing that the peer sent."""


class Unreachable(FetchError):
    """The host gave no answer, or none in time, or said that it cannot now: another attempt may help."""


class Untrusted(FetchError):
    """The host's certificate is vouched for by nobody we trust."""


class Place(NamedTuple):
    """Where a URL leads."""

    host: str
    port: int
    target: str


class Client:
    """Fetches documents. `private_hosts` (`host:port`) may have any address, and `ca_file` vouches for them alone.

    Raises OSError for a `ca_file` that cannot be used.
    """

    def __init__(
        self,
        private_hosts: Iterable[str] = (),
        ca_file: Path | None = None,
        *,
        resolve: addresses.Resolve = addresses.resolve,
        seconds: float = SECONDS,
    ) -> None:
        self._private = frozenset(private_hosts)
        self._ca_file = ca_file
        if ca_file is not None:
            _context().load_verify_locations(str(ca_file))  # told now, not when somebody asks to be let in
        self._resolve = resolve
        self._seconds = seconds

    def get(self, url: str, thumbprints: tuple[str, ...] = (), *, named_by: str | None = None) -> Reply:
        """The document at a URL: an answer of status 200. Raises FetchError.

        `thumbprints` (SHA-1, lower-case hexadecimal) name the certificate at the top of the host's chain, which then
        vouches for the host where no authority does that we know. `named_by` is the URL of the document that said
        where this one is: a host on the allow-list is led to by others on it alone.
        """
        place = self._place(url)
        if named_by is not None and self._is_private(place) and not self._is_private(self._place(named_by)):
            raise FetchError(f"{place.host}: on the allow-list, but named by a host that is not")
        deadline = time.monotonic() + self._seconds
        try:
            with self._connected(place, thumbprints, deadline) as connection:
                return _exchange(connection, place, deadline)
        except FetchError:
            raise
        except (OSError, ValueError) as error:
            raise Unreachable(f"{place.host}: {type(error).__name__}") from None

    def _place(self, url: str) -> Place:
        found = _URL.fullmatch(url)
        if found is None or "#" in url:
            raise FetchError("not a plain https URL")
        place = Place(found[1].lower(), int(found[2] or PORT), found[3] or "/")
        if place.port != PORT and not self._is_private(place):
            raise FetchError(f"{place.host}: port {place.port} of a host that is not on the allow-list")
        return place

    def _is_private(self, place: Place) -> bool:
        return f"{place.host}:{place.port}" in self._private

    def _connected(self, place: Place, thumbprints: tuple[str, ...], deadline: float) -> ssl.SSLSocket:
        failure: Exception | None = None
        for address in self._judged(place)[:TRIES]:
            try:
                return self._secured(address, place, thumbprints, deadline)
            except OSError as error:  # Untrusted is none, and ends it: another address would be no better
                failure = error
        raise Unreachable(f"{place.host}: {type(failure).__name__}")

    def _judged(self, place: Place) -> list[str]:
        """The host's addresses. One that may not be connected to spoils them all."""
        found = self._resolve(place.host, place.port)
        if not self._is_private(place) and not all(map(addresses.is_public, found)):
            raise FetchError(f"{place.host}: an address that is not public, of a host that is not on the allow-list")
        return found

    def _secured(self, address: str, place: Place, thumbprints: tuple[str, ...], deadline: float) -> ssl.SSLSocket:
        def opened(context: ssl.SSLContext) -> ssl.SSLSocket:
            plain = socket.create_connection((address, place.port), timeout=left(deadline))
            try:
                plain.settimeout(left(deadline))
                return context.wrap_socket(plain, server_hostname=place.host)
            except BaseException:
                plain.close()
                raise

        try:
            return opened(self._with_private_ca if self._is_private(place) else self._public)
        except ssl.SSLCertVerificationError as error:
            if not thumbprints:
                raise Untrusted(f"{place.host}: {error.verify_message}") from None
        # AWS: where its library of authorities does not do, the thumbprints decide.
        pinned = chain.pinned(opened, thumbprints)
        if pinned is None:
            raise Untrusted(f"{place.host}: the top of its chain has none of the registered thumbprints")
        try:
            return opened(pinned)
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"{place.host}: {error.verify_message}") from None

    @cached_property
    def _public(self) -> ssl.SSLContext:
        return _context()

    @cached_property
    def _with_private_ca(self) -> ssl.SSLContext:
        context = _context()
        if self._ca_file is not None:
            context.load_verify_locations(str(self._ca_file))
        return context


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError after it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _exchange(connection: ssl.SSLSocket, place: Place, deadline: float) -> Reply:
    """Ask, and read until the answer is whole."""
    host = place.host if place.port == PORT else f"{place.host}:{place.port}"
    head = (
        f"GET {place.target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: keyreeve\r\nConnection: close\r\n\r\n"
    )
    connection.settimeout(left(deadline))
    connection.sendall(head.encode("ascii"))
    reply, read = Reply(), 0
    parser = httptools.HttpResponseParser(reply)
    while not reply.complete:
        connection.settimeout(left(deadline))
        data = connection.recv(65_536)
        read += len(data)
        if read > BYTES:
            raise FetchError(f"{place.host}: an answer of more than {BYTES} bytes")
        if not data:
            break
        try:
            parser.feed_data(data)
        except httptools.HttpParserError:
            raise FetchError(f"{place.host}: an answer that is not HTTP") from None
    return _checked(reply, parser.get_status_code() if reply.has_head else 0, place)


def _checked(reply: Reply, status: int, place: Place) -> Reply:
    if status == 0 or not reply.whole:
        raise Unreachable(f"{place.host}: the connection ended before the answer did")
    if status == 429 or status >= 500:  # noqa: PLR2004  too many requests, or the server's own trouble
        raise Unreachable(f"{place.host}: status {status}")
    if status != 200:  # noqa: PLR2004  redirects among them: to follow one is to be led
        raise FetchError(f"{place.host}: status {status}")
    if reply.header("content-encoding") not in {None, "identity"}:
        raise FetchError(f"{place.host}: a compressed answer, which was not asked for")
    return reply
