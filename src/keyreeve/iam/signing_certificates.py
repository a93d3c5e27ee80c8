"""Signing certificates: X.509 certificates of a user or of the root user, two at the most."""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256

from keyreeve.access.credentials import opaque_id
from keyreeve.entities import SigningCertificate, User
from keyreeve.faults import DuplicateCertificate, InvalidCertificate, MalformedCertificate, NoSuchEntity
from keyreeve.iam import pem
from keyreeve.iam.keys import holder
from keyreeve.iam.nouns import existing
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import SIGNING_CERTIFICATES, hold
from keyreeve.iam.status import switched
from keyreeve.operations import Call, operation


def _digest(call: Call, body: str) -> str:
    """The digest of the certificate that a text holds. What may be a private key is not repeated to anybody."""
    found = pem.certificate(body)
    if found is None:
        raise MalformedCertificate(f"Certificate {'' if 'PRIVATE' in body else body} is malformed.")
    if not pem.is_current(found, call.now):
        raise InvalidCertificate("The certificate is not valid at this time.")
    return found.fingerprint(SHA256()).hex()


def _the_certificate(call: Call, principal_id: str, wanted: str) -> SigningCertificate:
    found = call.tx.get(SigningCertificate, call.account_id, wanted)
    if found is None or found.principal_id != principal_id:
        raise NoSuchEntity(f"The Certificate with id {wanted} cannot be found.")
    return found


def _shown(certificate: SigningCertificate, name: str | None) -> dict[str, Any]:
    return {
        "user_name": name or "root",
        "certificate_id": certificate.certificate_id,
        "certificate_body": certificate.certificate_body,
        "status": certificate.status,
        "upload_date": certificate.upload_date,
    }


@operation("UploadSigningCertificate", on=existing(User))
def upload_signing_certificate(call: Call, certificate_body: str, user_name: str | None = None) -> dict[str, Any]:
    """Give a user a certificate that nobody in the account has yet."""
    principal_id, name = holder(call, user_name)
    digest = _digest(call, certificate_body)
    if call.tx.where(SigningCertificate, call.account_id, "digest", digest):
        raise DuplicateCertificate("The same certificate is associated with an IAM user in the account.")
    held = call.tx.where(SigningCertificate, call.account_id, "principal", principal_id)
    hold("CertificatesPerUser", len(held), SIGNING_CERTIFICATES)
    certificate = SigningCertificate(
        account_id=call.account_id,
        certificate_id=opaque_id(call.chance),
        principal_id=principal_id,
        certificate_body=certificate_body,
        digest=digest,
        upload_date=call.moment(),
    )
    call.tx.put(certificate)
    return {"certificate": _shown(certificate, name)}


@operation("ListSigningCertificates", on=existing(User))
def list_signing_certificates(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The certificates of a user, with their bodies."""
    principal_id, name = holder(call, user_name)
    found = call.tx.where(SigningCertificate, call.account_id, "principal", principal_id)
    certificates, rest = sorted_page(found, lambda certificate: certificate.certificate_id, marker, max_items)
    return {"certificates": [_shown(certificate, name) for certificate in certificates], **rest}


@operation("UpdateSigningCertificate", on=existing(User))
def update_signing_certificate(call: Call, certificate_id: str, status: str, user_name: str | None = None) -> None:
    """Switch a certificate on or off, at once."""
    principal_id, _ = holder(call, user_name)
    certificate = switched(_the_certificate(call, principal_id, certificate_id), status)
    call.tx.put(msgspec.structs.replace(certificate, status_date=call.moment()))


@operation("DeleteSigningCertificate", on=existing(User))
def delete_signing_certificate(call: Call, certificate_id: str, user_name: str | None = None) -> None:
    """Delete a certificate, at once."""
    principal_id, _ = holder(call, user_name)
    call.tx.delete(_the_certificate(call, principal_id, certificate_id))
