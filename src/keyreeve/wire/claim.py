"""Claims: what a request says of its signer, in the Authorization header or in the query, before anything is proven.

Sources: "Create a signed AWS API request", "Troubleshoot signed requests for AWS APIs".
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote

from keyreeve.faults import IncompleteSignature, MissingAuthenticationToken
from keyreeve.wire import canonical
from keyreeve.wire.exchange import Request

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_EXPIRES_SECONDS = 604_800
LONGEST_REMEMBERED = 1024
"""Characters of a header that is kept for the client's next request: a stranger fills what is kept with its own."""

_BASIC_FORMAT = re.compile(r"[0-9]{8}T[0-9]{6}Z").fullmatch
_SECONDS = re.compile(r"[0-9]{1,9}").fullmatch
_SCOPE_PARTS = 5
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
_QUERY_MARKS = frozenset(_QUERY_PARTS[:3])
_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be "
    "specified"
)


class Claim(NamedTuple):
    """What a request says of its signer, beside the head that was signed.

    `terminator` is the last part of the scope; `signed_headers` are sorted; `signature` is the hex text as sent;
    `stamp` is the signing time in basic format and `timestamp` the same in UTC. `expires` holds the seconds of
    X-Amz-Expires, checked for range only. `path` and `query` are canonical (`query` without the signature); `headers`
    has lower-case names and canonical values, repeated ones joined by commas.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    timestamp: datetime
    session_token: str | None
    presigned: bool
    expires: int | None
    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Without signature, token and headers: a claim may be logged, what signs may not."""
        return f"Claim({self.access_key_id}/{self.date}/{self.region}/{self.service})"


def read(request: Request) -> Claim:
    """The claim of a request, from its head alone.

    Raises MissingAuthenticationToken where nothing is claimed, IncompleteSignature where the claim is malformed or made
    twice. SigV4A (AWS4-ECDSA-P256-SHA256) is refused as an algorithm that is not supported.
    """
    headers = _headers(request)
    parameters = canonical.parameters(request.query)
    presigned = any(name in _QUERY_MARKS for name, _ in parameters)
    authorization = headers.get("authorization")
    if authorization is None:
        if presigned:
            return _from_query(request, headers, parameters)
        raise MissingAuthenticationToken("Request is missing Authentication Token")
    if presigned:
        raise IncompleteSignature(_ONE_MECHANISM)
    return _from_header(request, headers, parameters, authorization)


def _headers(request: Request) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, raw in request.headers:
        text = canonical.value(raw) if "  " in raw or "\t" in raw else raw.strip(" ")
        if name not in joined:
            joined[name] = text
        elif name == "authorization":
            raise IncompleteSignature("Only one Authorization header allowed.")
        else:
            joined[name] += f",{text}"
    return joined


def _from_header(
    request: Request, headers: dict[str, str], parameters: list[tuple[str, str]], authorization: str
) -> Claim:
    stamp = headers.get("x-amz-date", headers.get("date"))
    start, mark, signature = authorization.rpartition("Signature=")
    usual = mark and stamp is not None and "," not in signature and len(start) <= LONGEST_REMEMBERED
    told = _told(start) if usual else None
    if told is None or stamp is None:
        told, signature, stamp = _told_in_full(authorization, stamp)
    return Claim(
        *told,
        signature,
        *_time(stamp),
        session_token=headers.get("x-amz-security-token"),
        presigned=False,
        expires=None,
        method=request.method,
        path=canonical.path(request.path),
        query=canonical.joined(parameters),
        headers=headers,
    )


Told = tuple[str, str, str, str, str, tuple[str, ...]]
"""What the header says before the signature: the credential's five parts, and the signed headers."""


@lru_cache(maxsize=4096)
def _told(start: str) -> Told | None:
    """The same for a client's requests of one day; None for what has to be looked at in full."""
    start = start.rstrip(" ")
    if not start.endswith(","):
        return None
    algorithm, _, rest = start[:-1].partition(" ")
    try:
        parts = _parts(rest, start)
        if algorithm != ALGORITHM or parts.keys() != {"Credential", "SignedHeaders"} or not all(parts.values()):
            return None
        return *_scope(parts["Credential"]), _names(parts["SignedHeaders"])
    except IncompleteSignature:
        return None


def _told_in_full(authorization: str, stamp: str | None) -> tuple[Told, str, str]:
    """What an unusual header says, its signature and its time. Raises IncompleteSignature for what is wrong with it."""
    algorithm, _, rest = authorization.partition(" ")
    parts = _parts(rest, authorization)
    missing = [f"Authorization header requires '{name}' parameter." for name in _HEADER_PARTS if not parts.get(name)]
    if stamp is None:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or stamp is None:
        hashed = f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hash(authorization)}"
        raise IncompleteSignature(f"{' '.join(missing)} {hashed}")
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    return (*_scope(parts["Credential"]), _names(parts["SignedHeaders"])), parts["Signature"], stamp


def _parts(rest: str, authorization: str) -> dict[str, str]:
    """`Credential=…, SignedHeaders=…, Signature=…`, in any order, the blank after a comma optional."""
    parts: dict[str, str] = {}
    for part in rest.split(",") if rest else ():
        name, equals, text = part.strip(" ").partition("=")
        if not equals:
            raise IncompleteSignature(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded "
                f"with Base64): '{_hash(authorization)}'."
            )
        if name in parts:
            raise IncompleteSignature(f"Authorization header requires one '{name}' parameter.")
        parts[name] = text
    return parts


def _hash(authorization: str) -> str:
    """What AWS prints in place of an Authorization header."""
    return b64encode(sha256(authorization.encode("latin-1")).digest()).decode()


def _from_query(request: Request, headers: dict[str, str], parameters: list[tuple[str, str]]) -> Claim:
    claimed = _query_parts(parameters)
    if claimed["X-Amz-Algorithm"] != ALGORITHM:
        raise MissingAuthenticationToken("Missing Authentication Token")
    return Claim(
        *_scope(claimed["X-Amz-Credential"]),
        _names(claimed["X-Amz-SignedHeaders"]),
        claimed["X-Amz-Signature"],
        *_time(claimed["X-Amz-Date"]),
        session_token=claimed.get("X-Amz-Security-Token", headers.get("x-amz-security-token")),
        presigned=True,
        expires=_expires(claimed.get("X-Amz-Expires")),
        method=request.method,
        path=canonical.path(request.path),
        query=canonical.joined([pair for pair in parameters if pair[0] != "X-Amz-Signature"]),
        headers=headers,
    )


def _query_parts(parameters: list[tuple[str, str]]) -> dict[str, str]:
    claimed = [(name, unquote(text, "latin-1")) for name, text in parameters if name.startswith("X-Amz-")]
    parts = dict(claimed)
    faults = [f"AWS query-string parameters must include '{name}'." for name in _QUERY_PARTS if not parts.get(name)]
    if len(parts) != len(claimed):
        faults.append("AWS query-string parameters must not be repeated.")
    if faults:
        raise IncompleteSignature(f"{' '.join(faults)} Re-examine the query-string parameters.")
    return parts


def _scope(credential: str) -> tuple[str, str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS:
        raise IncompleteSignature(
            f"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
    access_key_id, date, region, service, terminator = parts
    return access_key_id, date, region, service, terminator


def _names(signed_headers: str) -> tuple[str, ...]:
    """The signed headers, each once and sorted, as the signer must have had them; any other order fails to verify."""
    return tuple(sorted(set(signed_headers.split(";"))))


@lru_cache(maxsize=256)
def _time(stamp: str) -> tuple[str, datetime]:
    """The signing time as text and as a time; a `Date` header may have HTTP's format instead (RFC 9110 §5.6.7)."""
    try:
        if _BASIC_FORMAT(stamp):
            return stamp, datetime.fromisoformat(stamp)
        time = datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None
    return f"{time:%Y%m%dT%H%M%SZ}", time


def _expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not _SECONDS(text):
        raise IncompleteSignature("X-Amz-Expires should be a number")
    seconds = int(text)
    if not 1 <= seconds <= LONGEST_EXPIRES_SECONDS:
        raise IncompleteSignature(f"X-Amz-Expires must be between 1 and {LONGEST_EXPIRES_SECONDS} seconds")
    return seconds
