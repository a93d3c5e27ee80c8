"""The FIDO Alliance's metadata: which makes of security keys there are, and what they are certified for.

Operators download the file (FIDO Metadata Service, version 3: a JSON Web Token with some hundred makes). It is signed
in the name of the service's host, by a certificate that public authorities vouch for.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import certifi
import jwt
import msgspec
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

SIGNER = "mds.fidoalliance.org"
ALGORITHMS = ["RS256", "ES256"]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_FIDO = re.compile(r"FIDO_CERTIFIED(?:_(L[123](?:plus)?))?").fullmatch
_FIPS = re.compile(r"FIPS140_CERTIFIED_(L[1-4])").fullmatch
_REVISIONS = frozenset({2, 3})
"""Of FIPS 140, as far as there are condition keys for them."""

_BROKEN = frozenset(
    {
        "ATTESTATION_KEY_COMPROMISE",
        "NOT_FIDO_CERTIFIED",
        "REVOKED",
        "USER_KEY_PHYSICAL_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_VERIFICATION_BYPASS",
    }
)
"""What takes a make's certifications away, where nothing newer is reported."""


class _Read(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something in the file; what else is there is not looked at."""


class _Report(_Read, frozen=True, kw_only=True):
    status: str
    effective_date: str = ""
    fips_revision: int | None = None


class _Statement(_Read, frozen=True, kw_only=True):
    attestation_root_certificates: tuple[str, ...] = ()


class _Entry(_Read, frozen=True, kw_only=True):
    aaguid: str | None = None
    status_reports: tuple[_Report, ...] = ()
    metadata_statement: _Statement | None = None


class _Payload(_Read, frozen=True, kw_only=True):
    entries: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Make:
    """A make of keys: what it is certified for ("FIDO": "L1"), and the roots of its attestations, in PEM."""

    certifications: Mapping[str, str]
    roots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The makes that are known, by their AAGUID."""

    makes: Mapping[str, Make] = field(default_factory=dict)


def read(path: Path, now: datetime, roots: Iterable[x509.Certificate] | None = None) -> Metadata:
    """What a downloaded file knows. ValueError says what is wrong with it. `roots` are the public authorities."""
    try:
        token = path.read_bytes().strip()
        chain = [x509.load_der_x509_certificate(b64decode(each)) for each in jwt.get_unverified_header(token)["x5c"]]
        _vouched(chain, list(public() if roots is None else roots), now)
        signed = jwt.api_jws.decode(token, chain[0].public_key(), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        payload = msgspec.json.decode(signed, type=_Payload)
    except (OSError, ValueError, LookupError, TypeError, VerificationError, jwt.InvalidTokenError) as error:
        raise ValueError(f"the FIDO Alliance's metadata, as it was downloaded ({error})") from None
    return Metadata({each.aaguid: _make(each) for each in payload.entries if each.aaguid is not None})


def _vouched(chain: Sequence[x509.Certificate], roots: list[x509.Certificate], now: datetime) -> None:
    """Refuse a signer that no authority vouches for. A file does not spoil when its signer's certificate ends."""
    at = min(now.astimezone(UTC), chain[0].not_valid_after_utc).replace(tzinfo=None)
    verifier = PolicyBuilder().store(Store(roots)).time(at).build_server_verifier(x509.DNSName(SIGNER))
    verifier.verify(chain[0], list(chain[1:]))


def public() -> list[x509.Certificate]:
    """The public authorities, as Mozilla has them."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots bend the rules, and are as good as they were
        for block in _PEM.findall(Path(certifi.where()).read_bytes()):
            try:
                found.append(x509.load_pem_x509_certificate(block))
            except ValueError:
                continue
    return found


def _make(entry: _Entry) -> Make:
    statement = entry.metadata_statement
    roots = () if statement is None else statement.attestation_root_certificates
    pem = (b"-----BEGIN CERTIFICATE-----\n" + each.encode() + b"\n-----END CERTIFICATE-----\n" for each in roots)
    return Make(_certifications(entry.status_reports), tuple(pem))


def _certifications(reports: Iterable[_Report]) -> dict[str, str]:
    """What stands of all that was ever reported of a make, oldest first."""
    found: dict[str, str] = {}
    for each in sorted(reports, key=lambda report: report.effective_date):
        if each.status in _BROKEN:
            found.clear()
        elif (fido := _FIDO(each.status)) is not None:
            found["FIDO"] = fido[1] or "L1"
        elif (fips := _FIPS(each.status)) is not None and each.fips_revision in _REVISIONS:
            found[f"FIPS-140-{each.fips_revision}"] = fips[1]
    return found
