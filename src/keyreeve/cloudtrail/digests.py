"""Digests: what a digest file says of log files, and its signature.

Source: CloudTrail User Guide, "CloudTrail digest file structure", "Custom implementations of CloudTrail log file
integrity validation". The signature is RSA (PKCS #1 v1.5) with SHA-256 over the end time, the object, the digest's hash
and the signature before; so each digest vouches for the one before it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from keyreeve.cloudtrail.deliveries import Digest, LogFile
from keyreeve.entities import DigestKey, Trail
from keyreeve.seal import KeyRing

ALGORITHM = "SHA256withRSA"
HASH = "SHA-256"


def document(
    trail: Trail,
    key: str,
    fingerprint: str,
    span: tuple[datetime, datetime],
    files: Sequence[LogFile],
    before: Digest | None,
) -> bytes:
    """A digest's content, before compression."""
    start, end = span
    shown: dict[str, Any] = {
        "awsAccountId": trail.account_id,
        "digestStartTime": instant(start),
        "digestEndTime": instant(end),
        "digestS3Bucket": trail.s3_bucket_name,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": fingerprint,
        "digestSignatureAlgorithm": ALGORITHM,
        "newestEventTime": instant(max(file.newest for file in files)) if files else None,
        "oldestEventTime": instant(min(file.oldest for file in files)) if files else None,
        "previousDigestS3Bucket": None if before is None else before.bucket,
        "previousDigestS3Object": None if before is None else before.key,
        "previousDigestHashValue": None if before is None else before.hash_value,
        "previousDigestHashAlgorithm": None if before is None else HASH,
        "previousDigestSignature": None if before is None else before.signature,
        "logFiles": [_listed(file) for file in files],
    }
    return json.dumps(shown).encode()


def _listed(file: LogFile) -> dict[str, str]:
    return {
        "s3Bucket": file.bucket,
        "s3Object": file.key,
        "hashValue": file.hash_value,
        "hashAlgorithm": HASH,
        "newestEventTime": instant(file.newest),
        "oldestEventTime": instant(file.oldest),
    }


def signed(trail: Trail, key: str, end: datetime, content: bytes, before: Digest | None, private: bytes) -> Digest:
    """What is kept of a digest: its hash, and its signature by a private key (PKCS #8, DER)."""
    hash_value = sha256(content).hexdigest()
    previous = "null" if before is None else before.signature
    text = f"{instant(end)}\n{trail.s3_bucket_name}/{key}\n{hash_value}\n{previous}"
    loaded = serialization.load_der_private_key(private, None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError("digests are signed with RSA")
    signature = loaded.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return Digest(trail.s3_bucket_name, key, hash_value, signature.hex(), end)


def private_key(ring: KeyRing, key: DigestKey) -> bytes:
    """The private key of a pair. Raises SealBroken."""
    return ring.unseal(key.sealed_key, key.fingerprint)


def metadata(digest: Digest) -> bytes:
    """What S3 keeps beside a digest file as its metadata, and a folder in a file of its own."""
    return json.dumps({"signature": digest.signature, "signature-algorithm": ALGORITHM}).encode()


def instant(moment: datetime) -> str:
    """A time as digests show it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
