"""The relying party: what this server is to a browser that asks a security key on its behalf (W3C Web Authentication).

A key answers one party, by the name in the browser's address. So the server needs a name, and the browser TLS, except
on the machine itself.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

NAME = "Keyreeve"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The party's id, which is a domain, and the one origin from which answers are taken."""

    id: str
    origin: str


@lru_cache(maxsize=8)
def relying_party(public_url: str) -> RelyingParty | None:
    """The party behind a public URL; None where no browser would ask a key: an address for a name, or no TLS."""
    url = urlsplit(public_url)
    host = url.hostname or ""
    local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or not (url.scheme == "https" or local):
        return None
    port = "" if url.port in {None, _PORTS[url.scheme]} else f":{url.port}"
    return RelyingParty(host, f"{url.scheme}://{host}{port}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
