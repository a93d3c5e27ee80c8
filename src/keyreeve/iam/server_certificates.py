"""Server certificates: a certificate, its chain and its private key, which nobody can read again.

Sources: IAM API reference, UploadServerCertificate; IAM User Guide, "Manage server certificates in IAM".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from keyreeve.access.credentials import unique_id
from keyreeve.entities import ServerCertificate
from keyreeve.faults import EntityAlreadyExists, KeyPairMismatch, MalformedCertificate
from keyreeve.iam import pem
from keyreeve.iam.nouns import existing, listed, moved, named, new, renamed, the
from keyreeve.iam.pages import names_page
from keyreeve.iam.quotas import hold_account
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation

if TYPE_CHECKING:
    from cryptography import x509


def _free(call: Call, name: str) -> None:
    if named(call, ServerCertificate, name) is not None:
        raise EntityAlreadyExists(f"The Server Certificate with name {name} already exists.")


def _parsed(body: str, now: datetime) -> x509.Certificate:
    """The certificate that a text holds, valid now. The sentence for one that is too young is ours."""
    found = pem.certificate(body)
    if found is None:
        raise MalformedCertificate("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    if found.not_valid_after_utc < now:
        raise MalformedCertificate(
            "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
        )
    if not pem.is_current(found, now):
        raise MalformedCertificate(
            "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed."
        )
    return found


def _hold_key(call: Call, found: x509.Certificate, private_key: str) -> None:
    """Refuse a private key that is none, or another certificate's. The sentences are ours."""
    key = call.slow(pem.private_key, private_key)
    if key is None:
        raise MalformedCertificate("Invalid Private Key.")
    if not pem.belong_together(found, key):
        raise KeyPairMismatch("The private key does not match the public key of the certificate.")


def _hold_chain(found: x509.Certificate, chain: str) -> None:
    """Refuse a chain that does not begin with the certificate's issuer, or in which another follows than the next's."""
    links = pem.certificates(chain)
    if links is None:
        raise MalformedCertificate("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    if not pem.is_chain([found, *links]):
        raise MalformedCertificate(
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
            "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
            "certificate is: -1"
        )


@operation("UploadServerCertificate", on=new(ServerCertificate, tag="TagServerCertificate"), slow=(pem.private_key,))
def upload_server_certificate(
    call: Call,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = "/",
    certificate_chain: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Keep a certificate that is valid now, with its key sealed and, where one is given, its chain proven.

    PEM is kept without white space around it: clients hold what they uploaded to what they read without it.
    """
    given = accepted(ServerCertificate, tags)
    _free(call, server_certificate_name)
    found = _parsed(certificate_body, call.now)
    _hold_key(call, found, private_key)
    if certificate_chain is not None:
        _hold_chain(found, certificate_chain)
    hold_account(call, ServerCertificate)
    identifier = call.new_id(ServerCertificate, unique_id, "ASCA")
    certificate = ServerCertificate(
        account_id=call.account_id,
        server_certificate_id=identifier,
        server_certificate_name=server_certificate_name,
        path=path,
        certificate_body=certificate_body.strip(),
        sealed_private_key=call.ring.seal(private_key.encode(), identifier),
        upload_date=call.moment(),
        expiration=found.not_valid_after_utc,
        certificate_chain=None if certificate_chain is None else certificate_chain.strip(),
        tags=given,
    )
    call.tx.put(certificate)
    return {"server_certificate_metadata": certificate, "tags": given or None}


@operation("GetServerCertificate", on=existing(ServerCertificate))
def get_server_certificate(call: Call, server_certificate_name: str) -> dict[str, Any]:
    """A certificate with its chain, without its private key."""
    certificate = the(call, ServerCertificate, server_certificate_name)
    return {
        "server_certificate": {
            "server_certificate_metadata": certificate,
            "certificate_body": certificate.certificate_body,
            "certificate_chain": certificate.certificate_chain,
            "tags": certificate.tags,
        }
    }


@operation("ListServerCertificates", on=listed("server-certificate"))
def list_server_certificates(
    call: Call, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """What is known of the account's certificates, in the order of their names."""
    certificates, rest = names_page(call, ServerCertificate, path_prefix, marker, max_items)
    return {"server_certificate_metadata_list": certificates, **rest}


@operation("UpdateServerCertificate", on=renamed(ServerCertificate, "new_server_certificate_name"))
def update_server_certificate(
    call: Call,
    server_certificate_name: str,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> None:
    """Rename or move a certificate. Its id and key stay."""
    certificate = the(call, ServerCertificate, server_certificate_name)
    new_name = new_server_certificate_name
    if new_name is not None and new_name.lower() != certificate.server_certificate_name.lower():
        _free(call, new_name)
    call.tx.put(moved(certificate, new_name, new_path))


@operation("DeleteServerCertificate", on=existing(ServerCertificate))
def delete_server_certificate(call: Call, server_certificate_name: str) -> None:
    """Delete a certificate with its key. Nothing of this server uses one, so nothing stands in the way."""
    call.tx.delete(the(call, ServerCertificate, server_certificate_name))
