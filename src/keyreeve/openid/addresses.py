"""Addresses: where a name may lead. Whoever registers an issuer must not reach our network through us.

Sources: the IANA special-purpose address registries (RFC 6890), and what clouds answer metadata on.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

Resolve = Callable[[str, int], list[str]]
"""From a host and port to the addresses in text, best first. Raises OSError."""

_REFUSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network, unspecified
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' own; metadata of some clouds
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's own service on an address that looks public
            "169.254.0.0/16",  # link-local, and the usual metadata address
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6. Mapped IPv4, loopback, link-local, unique local and multicast lie outside."""

_REFUSED_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocols; Teredo, which holds an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4 holds an IPv4 address
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)


def is_public(text: str) -> bool:
    """Whether an address is one that anybody on the internet could ask for; not, for a text that is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    return not any(address in network for network in _REFUSED_V6)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, each once, as the system's resolver gives them. Raises OSError.

    The resolver has a time limit of its own (resolv.conf, `timeout` and `attempts`); the standard library gives none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
