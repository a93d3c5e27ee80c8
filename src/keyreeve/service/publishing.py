"""Publishing: what this server shows to everybody, for others to verify its tokens with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from keyreeve.access import outbound
from keyreeve.logs import Seldom, logger
from keyreeve.store import StoreFailure, View
from keyreeve.wire.exchange import Answer, Request

SECONDS = 300
"""How long others may keep what they read: a key that was compromised is believed no longer than that."""


_seldom = Seldom(logger("publishing"))
_TYPE = ("content-type", "application/json")


def answer(view: View, public_url: str, request: Request, now: Callable[[], datetime]) -> Answer | None:
    """The answer to a request for a document of an issuer; None if it is for something else.

    What it costs is two look-ups and a few keys as text, whatever is asked for.
    """
    if not request.path.startswith(outbound.PATH) or request.method not in {"GET", "HEAD"}:
        return None
    try:
        found = outbound.document(view.begin(), public_url, request.path, now())
    except StoreFailure as failure:
        if failure is not view.writer.failure:  # that one is logged
            _seldom.error("the store failed", reason=str(failure))
        return Answer(503, b'{"error": "unavailable"}\n', (_TYPE,), error_code="ServiceUnavailable")
    if found is None:
        return Answer(404, b'{"error": "not found"}\n', (_TYPE,), error_code="NotFound")
    headers = (_TYPE, ("cache-control", f"public, max-age={SECONDS}"))
    return Answer(200, json.dumps(found).encode() + b"\n", headers, view.revision)
