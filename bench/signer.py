"""Requests as an SDK sends them, signed (Signature Version 4) ahead of the load, so that the load costs little.

Source: "Create a signed AWS API request". Held to the server's own verification by the first request that is sent.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.1"
USER_AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.2 md/pyimpl#CPython "
    "m/b,D,Z cfg/retry-mode#legacy Botocore/1.44.5"
)
SIGNED = "content-type;host;x-amz-date"


@dataclass(frozen=True)
class Signer:
    """Signs for one key. `host` is the Host header, port included."""

    access_key_id: str
    secret_access_key: str
    host: str
    session_token: str | None = None
    region: str = "us-east-1"

    def headers(self, service: str, body: bytes, target: str | None = None) -> list[tuple[str, str]]:
        """The headers of a POST to `/` with this body, names in lower case, the signature among them.

        With a `target`, the body is JSON for that operation.
        """
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        signed = {"content-type": FORM, "host": self.host, "x-amz-date": stamp}
        if target is not None:
            signed |= {"content-type": JSON, "x-amz-target": target}
        if self.session_token is not None:
            signed["x-amz-security-token"] = self.session_token
        scope = f"{stamp[:8]}/{self.region}/{service}/aws4_request"
        signature = self._signature(service, signed, body, stamp, scope)
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key_id}/{scope}, "
            f"SignedHeaders={';'.join(signed)}, Signature={signature}"
        )
        return [*signed.items(), ("user-agent", USER_AGENT), ("authorization", authorization)]

    def _signature(self, service: str, signed: dict[str, str], body: bytes, stamp: str, scope: str) -> str:
        lines = "".join(f"{name}:{text}\n" for name, text in signed.items())
        canonical = f"POST\n/\n\n{lines}\n{';'.join(signed)}\n{hashlib.sha256(body).hexdigest()}"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self.secret_access_key.encode()
        for part in (stamp[:8], self.region, service, "aws4_request", text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()

    def raw(self, service: str, action: str, parameters: dict[str, str]) -> bytes:
        """The request's bytes, for a socket."""
        body = form(service, action, parameters)
        lines = "".join(f"{name}: {text}\r\n" for name, text in self.headers(service, body))
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


def form(service: str, action: str, parameters: dict[str, str]) -> bytes:
    """The body: the operation, its version and its parameters."""
    return urlencode({"Action": action, "Version": VERSIONS[service], **parameters}).encode()
