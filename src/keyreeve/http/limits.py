"""Limits: what a peer that has proven nothing may make us hold, hear and try."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from keyreeve.http.proxies import address

LOOPBACK = "loopback"
"""The name of this machine's own addresses."""

LOOPBACK_FACTOR = 100
"""This machine's own programs may fail so many times more often: tests and tools run here.

Not behind a proxy, which may run here as well and tell of nobody else.
"""

FAILED_AUTHENTICATION = frozenset(
    {"InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken", "IncompleteSignature"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one connection and one request. The first two are AWS's for IAM and STS."""

    body_bytes: int = 10_000_000
    uncounted_bytes: int = 65_536
    target_bytes: int = 16_179
    head_bytes: int = 65_536
    headers: int = 100
    chunks: int = 10_000
    pipelined: int = 16
    request_seconds: float = 20.0
    keep_alive_seconds: float = 75.0
    linger_seconds: float = 2.0
    durable_seconds: float = 30.0


class Connections:
    """Counts open connections, over all and for each address."""

    def __init__(self, total: int, per_address: int, exempt: Callable[[str], bool] = lambda _: False) -> None:
        self.total = total
        self.per_address = per_address
        self.exempt = exempt
        self.count = 0
        self.open: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        """Count a new connection and say whether it is within the budget; `leave` must follow either way."""
        name = neighbourhood(peer)
        self.count += 1
        self.open[name] += 1
        if self.count > self.total:
            return False
        return self.open[name] <= self.per_address or self.exempt(peer)

    def leave(self, peer: str) -> None:
        """A connection has ended."""
        name = neighbourhood(peer)
        self.count -= 1
        self.open[name] -= 1
        if self.open[name] <= 0:
            del self.open[name]


class Bodies:
    """Counts what is held of bodies, over all connections, so that many large ones cannot take the memory.

    The first `Limits.uncounted_bytes` of a connection do not count: who sends small requests is never refused for
    what others send.
    """

    def __init__(self, most: int = 256 << 20) -> None:
        self.most = most
        self.held = 0

    def room(self) -> bool:
        """Whether what is held is within the budget."""
        return self.held <= self.most


class FailureGate:
    """A bucket of tokens for each address: a failed authentication takes one, `per_second` come back.

    An address whose bucket is empty is refused before anything is computed for it. This machine's own share one, which
    is `loopback` times as large and fast. At most `remembered` addresses are kept; the one that failed longest ago is
    forgotten first.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float],
        remembered: int = 10_000,
        loopback: int = LOOPBACK_FACTOR,
    ) -> None:
        self.per_second = per_second
        self.burst = burst
        self.clock = clock
        self.remembered = remembered
        self.loopback = loopback
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def closed(self, peer: str) -> bool:
        """Whether this address has failed too often of late."""
        if not self.buckets:
            return False
        name = neighbourhood(peer)
        return name in self.buckets and self._tokens(name) < 1

    def failed(self, peer: str) -> None:
        """Note that a request from this address did not prove who sent it."""
        name = neighbourhood(peer)
        self.buckets[name] = (self._tokens(name) - 1, self.clock())
        self.buckets.move_to_end(name)
        if len(self.buckets) > self.remembered:
            self.buckets.popitem(last=False)

    def _tokens(self, name: str) -> float:
        factor = self.loopback if name == LOOPBACK else 1
        full = float(self.burst * factor)
        tokens, at = self.buckets.get(name, (full, 0.0))
        return min(full, tokens + (self.clock() - at) * self.per_second * factor)


@lru_cache(maxsize=4096)
def neighbourhood(peer: str) -> str:
    """The name under which an address is counted: an IPv6 client owns its whole /64."""
    found = address(peer)
    if found is None:
        return peer
    if found.is_loopback:
        return LOOPBACK
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
