"""Certificate chains: the certificate that a thumbprint names, as the one that a connection trusts."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from typing import Any

Opened = Callable[[ssl.SSLContext], ssl.SSLSocket]
"""Connects to the host with a context and gives the connection after its handshake."""


def pinned(opened: Opened, thumbprints: tuple[str, ...]) -> ssl.SSLContext | None:
    """A context that trusts the certificate at the top of the host's chain alone, if a thumbprint names that one.

    The chain is looked at in a connection that is closed again: nothing is asked in it. What counts is decided by a
    second one, in which OpenSSL verifies the host's certificate, its name and its dates against that one anchor.
    """
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.minimum_version = ssl.TLSVersion.TLSv1_2
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE
    with opened(looking) as connection:
        presented = _presented(connection)
    if not presented or hashlib.sha1(presented[-1], usedforsecurity=False).hexdigest() not in thumbprints:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the anchor may be an intermediate authority
    context.load_verify_locations(cadata=presented[-1])
    return context


def _presented(connection: ssl.SSLSocket) -> list[bytes]:
    """The chain as the host sent it, in DER, its own certificate first.

    Python has this as a method since 3.13, before that one layer below only; where it has neither, no thumbprint fits.
    """
    given: Any = getattr(connection, "get_unverified_chain", None)
    if given is not None:
        return list(given())
    below = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    return [] if below is None else [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in below() or ()]
