"""A request in the making: everything that goes into it stands open, so that any of it can be broken."""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import quote

from keyreeve.wire.exchange import Request

FORM = "application/x-www-form-urlencoded; charset=utf-8"
SAFE = "-_.~"


@dataclass(frozen=True)
class Credentials:
    """What a caller signs with."""

    access_key_id: str
    secret: str
    token: str | None = None


@dataclass
class Draft:
    """`pairs` are the form's. `body` replaces the form when it is set; what is in `late` is changed after signing."""

    service: str
    credentials: Credentials
    stamp: str
    pairs: list[tuple[str, str]]
    method: str = "POST"
    path: str = "/"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": FORM, "host": "127.0.0.1:4566"})
    region: str = "us-east-1"
    scope_service: str = ""
    scope_date: str = ""
    terminator: str = "aws4_request"
    late: list = field(default_factory=list)
    hopeless: bool = False  # no such request may ever succeed
    broken: list = field(default_factory=list)  # what was done to it, for the report

    def form(self):
        return "&".join(f"{quote(name, safe=SAFE)}={quote(text, safe=SAFE)}" for name, text in self.pairs)

    def request(self):
        """The request, signed, and then changed by what came late."""
        by_query = self.method == "GET"
        body = self.body if self.body is not None else b"" if by_query else self.form().encode()
        query = "&".join(sorted(self.form().split("&"))) if by_query else ""
        headers = {**self.headers, "x-amz-date": self.stamp}
        if self.credentials.token is not None:
            headers["x-amz-security-token"] = self.credentials.token
        headers["authorization"] = self._authorization(headers, query, body)
        parts = {
            "method": self.method,
            "path": self.path,
            "query": query,
            "headers": list(headers.items()),
            "body": body,
        }
        for change in self.late:
            change(parts)
        return Request(
            parts["method"], parts["path"], parts["query"], tuple(parts["headers"]), parts["body"], "127.0.0.1"
        )

    def _authorization(self, headers, query, body):
        scope = [self.scope_date or self.stamp[:8], self.region, self.scope_service or self.service, self.terminator]
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
        names = ";".join(sorted(headers))
        payload = hashlib.sha256(body).hexdigest()
        canonical = f"{self.method}\n{quote(self.path, safe='/~')}\n{query}\n{lines}\n{names}\n{payload}"
        digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
        key = b"AWS4" + self.credentials.secret.encode()
        for part in (*scope, f"AWS4-HMAC-SHA256\n{self.stamp}\n{'/'.join(scope)}\n{digest}"):
            key = hmac.digest(key, part.encode(), "sha256")
        credential = "/".join((self.credentials.access_key_id, *scope))
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
