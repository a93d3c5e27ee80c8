"""SAML providers: identity providers whose assertions a role may trust.

Sources: IAM API reference, CreateSAMLProvider and UpdateSAMLProvider; IAM User Guide, "Create a SAML identity provider
in IAM".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from keyreeve.access.credentials import opaque_id
from keyreeve.entities import SAMLPrivateKey, SAMLProvider
from keyreeve.faults import EntityAlreadyExists, InvalidInput, NoSuchEntity
from keyreeve.iam import pem, saml_metadata
from keyreeve.iam.providers import every_provider, existing_provider, new_provider, the_provider
from keyreeve.iam.quotas import SAML_PRIVATE_KEYS, SAML_SIGNING_KEYS, hold, hold_account
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation

_WITHOUT_END = timedelta(days=36525)
"""A hundred years: what AWS shows where the metadata has no end."""

_SLOW = (saml_metadata.read, pem.private_key)


def _read(call: Call, document: str) -> dict[str, Any]:
    """The members of a provider that its metadata document decides."""
    found = call.slow(saml_metadata.read, document)
    if found is None or len(found.signing_certificates) > SAML_SIGNING_KEYS:
        raise InvalidInput("Could not parse metadata")
    return {
        "saml_metadata_document": document,
        "entity_id": found.entity_id,
        "signing_certificates": found.signing_certificates,
        "valid_until": found.valid_until or call.moment() + _WITHOUT_END,
    }


def _with_key(call: Call, held: tuple[SAMLPrivateKey, ...], text: str) -> tuple[SAMLPrivateKey, ...]:
    """The private keys with one more. The sentence for what is none is ours."""
    if not isinstance(call.slow(pem.private_key, text), RSAPrivateKey):
        raise InvalidInput("The private key must be an unencrypted RSA key in PEM format.")
    hold("PrivateKeysPerSAMLProvider", len(held), SAML_PRIVATE_KEYS)
    identifier = opaque_id(call.chance)
    sealed = call.ring.seal(text.encode(), identifier)
    return (*held, SAMLPrivateKey(key_id=identifier, timestamp=call.moment(), sealed_key=sealed))


def _without_key(held: tuple[SAMLPrivateKey, ...], gone: str) -> tuple[SAMLPrivateKey, ...]:
    kept = tuple(key for key in held if key.key_id != gone)
    if len(kept) == len(held):
        raise NoSuchEntity(f"The private key with id {gone} cannot be found.")
    return kept


@operation(
    "CreateSAMLProvider",
    on=new_provider(SAMLProvider, lambda values: str(values.get("name", "")), "TagSAMLProvider"),
    slow=_SLOW,
)
def create_saml_provider(
    call: Call,
    saml_metadata_document: str,
    name: str,
    tags: list[dict[str, str]] | None = None,
    assertion_encryption_mode: str = "Allowed",
    add_private_key: str | None = None,
) -> dict[str, Any]:
    """Make a provider of a metadata document that holds an identity provider with its signing certificates."""
    given = accepted(SAMLProvider, tags)
    if call.tx.find(SAMLProvider, call.account_id, "arn", f"arn:aws:iam::{call.account_id}:saml-provider/{name}"):
        raise EntityAlreadyExists(f"Provider with name {name} already exists.")
    described = _read(call, saml_metadata_document)
    keys = () if add_private_key is None else _with_key(call, (), add_private_key)
    hold_account(call, SAMLProvider)
    provider = SAMLProvider(
        account_id=call.account_id,
        saml_provider_uuid=opaque_id(call.chance),
        name=name,
        create_date=call.moment(),
        assertion_encryption_mode=assertion_encryption_mode,
        private_keys=keys,
        tags=given,
        **described,
    )
    call.tx.put(provider)
    return {"saml_provider_arn": provider.arn, "tags": given or None}


@operation("GetSAMLProvider", on=existing_provider(SAMLProvider))
def get_saml_provider(call: Call, saml_provider_arn: str) -> dict[str, Any]:
    """A provider with its metadata; of its private keys only the ids."""
    provider = the_provider(call, SAMLProvider, saml_provider_arn)
    return {
        "saml_provider_uuid": provider.saml_provider_uuid,
        "saml_metadata_document": provider.saml_metadata_document,
        "create_date": provider.create_date,
        "valid_until": provider.valid_until,
        "tags": provider.tags,
        "assertion_encryption_mode": provider.assertion_encryption_mode,
        "private_key_list": [{"key_id": key.key_id, "timestamp": key.timestamp} for key in provider.private_keys],
    }


@operation("ListSAMLProviders", on=every_provider(SAMLProvider))
def list_saml_providers(call: Call) -> dict[str, Any]:
    """The account's providers, all of them."""
    return {"saml_provider_list": list(call.tx.page(SAMLProvider, call.account_id, "arn"))}


@operation("UpdateSAMLProvider", on=existing_provider(SAMLProvider), slow=_SLOW)
def update_saml_provider(
    call: Call,
    saml_provider_arn: str,
    saml_metadata_document: str | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    remove_private_key: str | None = None,
) -> dict[str, Any]:
    """Replace the metadata or the mode; take a private key away, add one, or both in this order."""
    provider = the_provider(call, SAMLProvider, saml_provider_arn)
    described = {} if saml_metadata_document is None else _read(call, saml_metadata_document)
    keys = provider.private_keys
    if remove_private_key is not None:
        keys = _without_key(keys, remove_private_key)
    if add_private_key is not None:
        keys = _with_key(call, keys, add_private_key)
    mode = assertion_encryption_mode or provider.assertion_encryption_mode
    changes = {**described, "private_keys": keys, "assertion_encryption_mode": mode}
    call.tx.put(msgspec.structs.replace(provider, **changes))
    return {"saml_provider_arn": provider.arn}


@operation("DeleteSAMLProvider", on=existing_provider(SAMLProvider))
def delete_saml_provider(call: Call, saml_provider_arn: str) -> None:
    """Delete a provider. Trust policies that name it stay as they are, and trust nobody by it."""
    call.tx.delete(the_provider(call, SAMLProvider, saml_provider_arn))
