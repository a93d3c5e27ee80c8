"""Proxies: whose word is taken for a client's address and scheme."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from keyreeve.logs import logger

LOG = logger("http")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


MOST_HOPS = 32
"""Entries of X-Forwarded-For that are looked at, from the right: no request passes more proxies of ours, and anybody
may send thousands.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request came from: the client's address in text, and whether it used TLS up to us or our proxy."""

    address: str
    secure: bool


def address(text: str) -> Address | None:
    """The address in a text like those of X-Forwarded-For: bare, `1.2.3.4:5678` or `[::1]:5678`; None if it is none.

    IPv4 addresses mapped into IPv6 (as a dual-stack socket reports them) become plain; zone names fall away.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A peer's address in its plain form; unchanged when it is not an address."""
    return str(address(text) or text)


class Proxies:
    """The networks whose forwarding headers are believed. With none, every peer is the client itself."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self.networks = tuple(networks)
        self._told = False

    def __bool__(self) -> bool:
        return bool(self.networks)

    def trusts(self, found: Address | None) -> bool:
        """Whether this address is one of our proxies."""
        return found is not None and any(
            found.version == network.version and found in network for network in self.networks
        )

    def source(self, peer: str, secure: bool, headers: Iterable[tuple[str, str]]) -> Source | None:
        """Where a request really came from, or None when it must be refused.

        The client is the rightmost address in X-Forwarded-For that is not a proxy of ours; what stands left of it
        anybody could have written. An entry that is no address hides the client, so that the last proxy before it is
        taken. Plain HTTP that came round the proxy is refused: on such a server only the proxy has TLS.
        """
        here = address(peer)
        if not self.trusts(here):
            direct = secure or (here is not None and here.is_loopback)
            return Source(peer, secure) if direct else None
        headers = tuple(headers)
        client = here
        for entry in reversed(_entries(headers, "x-forwarded-for")[-MOST_HOPS:]):
            found = address(entry)
            if found is None:
                break
            client = found
            if not self.trusts(found):
                break
        if client is here:
            self._tell(peer)
        schemes = _entries(headers, "x-forwarded-proto")
        return Source(str(client), bool(schemes) and all(scheme.lower() == "https" for scheme in schemes))

    def _tell(self, peer: str) -> None:
        """Say once that a proxy hides its clients."""
        if not self._told:
            self._told = True
            LOG.warning(
                "the proxy does not say in X-Forwarded-For who its clients are: they count as one, and who fails to"
                " authenticate too often keeps all of them waiting",
                address=peer,
            )


def _entries(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    values = [value for key, value in headers if key == name]
    return [entry.strip() for value in values for entry in value.split(",") if entry.strip()]
