"""A reply on its way in: what httptools tells of an HTTP response, kept within bounds."""

from __future__ import annotations

import re

from keyreeve.openid import strict_json

HEADERS = 100
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?([0-9]{1,10})', re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[,\s])no-(?:store|cache)(?:$|[,\s=])", re.IGNORECASE)


class Reply:
    """Headers and body of one response. httptools calls its `on_…` methods."""

    def __init__(self) -> None:
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self.has_head = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; the first of a name counts."""
        if len(self._headers) >= HEADERS:
            raise ValueError("too many headers")
        self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The response is whole."""
        self.complete = True

    @property
    def whole(self) -> bool:
        """Whether nothing is missing: a body that is neither counted nor chunked ends with the connection."""
        counted = "content-length" in self._headers or "transfer-encoding" in self._headers
        return self.complete or (self.has_head and not counted)

    def header(self, name: str) -> str | None:
        """The header with this lower-case name."""
        return self._headers.get(name)

    @property
    def max_age(self) -> int | None:
        """Seconds for which the answer says that it may be kept; None where it says nothing."""
        said = self._headers.get("cache-control", "")
        if _NO_CACHE.search(said):
            return 0
        found = _MAX_AGE.search(said)
        return None if found is None else int(found[1])

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises strict_json.NotStrict."""
        return strict_json.load(b"".join(self._body))
