"""Signature Version 4 from the verifying side: header form and presigned form.

`read` takes a request's head apart into a Claim, `check_scope` holds the claim to service, region and clock, and
`verify` (or `prove`, which takes the payload's hash instead of the body) holds it to the secret. They are apart because
AWS looks the key up in between: a request with an unknown key is told so, whatever its signature.

Sources: "Create a signed AWS API request", "Troubleshoot signed requests for AWS APIs".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from hmac import HMAC, compare_digest, digest

from keyreeve.faults import SignatureDoesNotMatch
from keyreeve.wire.claim import ALGORITHM, Claim, read
from keyreeve.wire.exchange import Request

__all__ = ["ALGORITHM", "TERMINATOR", "WINDOW", "Claim", "check_scope", "prove", "read", "verify"]

TERMINATOR = "aws4_request"
WINDOW = timedelta(minutes=15)

_REGION = re.compile(r"(?=.{2,32}\Z)[a-z0-9]+(-[a-z0-9]+)*").fullmatch
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def check_scope(claim: Claim, service: str, now: datetime) -> None:
    """Hold a claim to what must be signed, to its scope and to the clock, in AWS's order.

    Any well-formed region is accepted; it is the request's aws:RequestedRegion. A presigned request lives 15 minutes
    whatever its X-Amz-Expires says: IAM and STS do so, and Kubernetes' authenticators rely on it. `now` is aware.
    Raises SignatureDoesNotMatch.
    """
    _check_signed_headers(claim)
    faults = ""
    if not _REGION(claim.region):
        faults += "Credential should be scoped to a valid region. "
    if claim.service != service:
        faults += f"Credential should be scoped to correct service: '{service}'. "
    if claim.terminator != TERMINATOR:
        faults += f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{claim.terminator}'. "
    if faults:
        raise SignatureDoesNotMatch(faults)
    _check_time(claim, now)


def _check_signed_headers(claim: Claim) -> None:
    """Host and every x-amz-* header must be signed.

    But the session token, which proves itself: some clients add it after they have signed.
    """
    signed = claim.signed_headers
    if "host" not in signed:
        raise SignatureDoesNotMatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for name in claim.headers:
        if name.startswith("x-amz-") and name not in signed and name != "x-amz-security-token":
            raise SignatureDoesNotMatch(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time(claim: Claim, now: datetime) -> None:
    day = claim.stamp[:8]
    if claim.date != day:
        raise SignatureDoesNotMatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.date}' != '{day}', from '{claim.stamp}'."
        )
    if claim.timestamp < now - WINDOW:
        raise SignatureDoesNotMatch(
            f"Signature expired: {claim.stamp} is now earlier than {_basic(now - WINDOW)} ({_basic(now)} - 15 min.)"
        )
    if claim.timestamp > now + WINDOW:
        raise SignatureDoesNotMatch(
            f"Signature not yet current: {claim.stamp} is still later than {_basic(now + WINDOW)} "
            f"({_basic(now)} + 15 min.)"
        )


def _basic(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%SZ}"


def verify(claim: Claim, request: Request, secret: str) -> None:
    """Hold a claim to the secret of its key. Raises SignatureDoesNotMatch. `check_scope` comes first."""
    prove(claim, sha256(request.body).hexdigest(), secret)


def prove(claim: Claim, payload: str, secret: str) -> None:
    """`verify`, given the hex SHA-256 of the body instead of the body.

    x-amz-content-sha256 must be that hash where it is sent: IAM and STS take no UNSIGNED-PAYLOAD and no chunks.
    """
    headers = claim.headers
    if headers.get("x-amz-content-sha256", payload) != payload:
        raise SignatureDoesNotMatch(_MISMATCH)
    try:
        lines = "".join([f"{name}:{headers[name]}\n" for name in claim.signed_headers])
    except KeyError:  # a signed header did not arrive
        raise SignatureDoesNotMatch(_MISMATCH) from None
    names = ";".join(claim.signed_headers)
    request = f"{claim.method}\n{claim.path}\n{claim.query}\n{lines}\n{names}\n{payload}".encode("latin-1")
    scope = f"{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
    text = f"{ALGORITHM}\n{claim.stamp}\n{scope}\n{sha256(request).hexdigest()}"
    code = _signing_code(secret, claim.date, claim.region, claim.service).copy()
    code.update(text.encode("latin-1"))
    if not compare_digest(code.hexdigest().encode(), claim.signature.encode("latin-1")):
        raise SignatureDoesNotMatch(_MISMATCH)


@lru_cache(maxsize=4096)
def _signing_code(secret: str, date: str, region: str, service: str) -> HMAC:
    """The HMAC under the key for one secret, day, region and service, which a chain of four gives; to be copied.

    A key stays the same all day, and a copy is half the work of beginning with it anew.
    """
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = digest(key, part.encode("latin-1"), "sha256")
    return HMAC(key, digestmod="sha256")
