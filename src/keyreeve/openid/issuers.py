"""Issuers: the keys of each, as its discovery document leads to them, kept for a while.

Sources: OpenID Connect Discovery 1.0 §4, RFC 7517 §5.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from keyreeve.logs import logger
from keyreeve.openid import web_keys
from keyreeve.openid.https import Client, FetchError
from keyreeve.openid.strict_json import NotStrict
from keyreeve.openid.web_keys import WebKey

LOG = logger("openid")
DISCOVERY = "/.well-known/openid-configuration"
KEPT = 256
"""Issuers whose keys are kept; the one asked for longest ago makes room."""

SHORTEST, USUAL, LONGEST = 60.0, 300.0, 900.0
"""Seconds that keys are kept, at least, where nothing is said, and at most: a key that is withdrawn is gone by then."""

AGAIN = 10.0
"""Seconds after which a key that is unknown has them fetched again: tokens can name what they like."""

AFTER_FAILURE = 15.0
"""Seconds for which an issuer that could not be asked is not asked again."""

Place = tuple[str, tuple[str, ...]]
"""An issuer and its thumbprints: who trusts other certificates does not share what they vouched for."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of an issuer: keys or the failure to get them, when they came, and until when they count."""

    keys: tuple[WebKey, ...]
    failure: FetchError | None
    at: float
    until: float


class Issuers:
    """The keys of issuers. `held` never waits; `fetch` is slow and may run in any thread."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[Place, _Held] = OrderedDict()

    def held(self, issuer: str, thumbprints: tuple[str, ...], kid: str | None) -> tuple[WebKey, ...] | None:
        """The issuer's keys; None if they have to be fetched. Raises FetchError if that failed just now."""
        with self._lock:
            known = self._known.get((issuer, thumbprints))
            if known is None or self._is_due(known, kid):
                return None
            self._known.move_to_end((issuer, thumbprints))
            if known.failure is not None:
                raise type(known.failure)(str(known.failure))
            return known.keys

    def fetch(self, issuer: str, thumbprints: tuple[str, ...]) -> None:
        """Fetch the issuer's keys, or note that they could not be had. Whoever has it run has it run once at a time."""
        keys, failure, seconds = self._asked(issuer, thumbprints)
        at = self._clock()
        with self._lock:
            self._known[issuer, thumbprints] = _Held(keys, failure, at, at + seconds)
            self._known.move_to_end((issuer, thumbprints))
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    def _is_due(self, known: _Held, kid: str | None) -> bool:
        now = self._clock()
        if now >= known.until:
            return True
        named = known.failure is not None or kid is None or any(key.kid == kid for key in known.keys)
        return not named and now >= known.at + AGAIN

    def _asked(self, issuer: str, thumbprints: tuple[str, ...]) -> tuple[tuple[WebKey, ...], FetchError | None, float]:
        try:
            keys, max_age = self._fetched(issuer, thumbprints)
        except FetchError as failure:
            LOG.warning("an issuer's keys could not be had", reason=str(failure))
            return (), failure, AFTER_FAILURE
        return keys, None, min(max(USUAL if max_age is None else max_age, SHORTEST), LONGEST)

    def _fetched(self, issuer: str, thumbprints: tuple[str, ...]) -> tuple[tuple[WebKey, ...], int | None]:
        try:
            discovery = issuer.removesuffix("/") + DISCOVERY
            found = self._client.get(discovery, thumbprints).json()
            location = found.get("jwks_uri")
            if found.get("issuer") != issuer or not isinstance(location, str):
                raise FetchError("a discovery document of another issuer, or without keys")
            reply = self._client.get(location, thumbprints, named_by=discovery)
            keys = web_keys.read(reply.json().get("keys"))
        except NotStrict:
            raise FetchError("a document that is not JSON") from None
        except ValueError as error:
            raise FetchError(str(error)) from None
        return keys, reply.max_age
