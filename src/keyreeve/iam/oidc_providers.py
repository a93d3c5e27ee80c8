"""OpenID Connect providers: issuers whose tokens a role may trust.

Sources: IAM API reference, CreateOpenIDConnectProvider; IAM User Guide, "Create an OpenID Connect (OIDC) identity
provider in IAM".
We differ: AWS fetches a thumbprint where none is given. Nothing is fetched here; the list is kept empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from keyreeve.entities import OpenIDConnectProvider
from keyreeve.faults import EntityAlreadyExists, InvalidInput, NoSuchEntity, ValidationError
from keyreeve.iam.providers import every_provider, existing_provider, new_provider, the_provider
from keyreeve.iam.quotas import CLIENT_IDS, THUMBPRINTS, hold, hold_account
from keyreeve.iam.tag_rules import accepted
from keyreeve.operations import Call, operation

_SCHEME = "https://"
_URL = re.compile(r"https://([A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\w.~!$&'()+,;=:@%/-]*)?)", re.ASCII)
"""A host and a path, no query: what may stand in an ARN, and in a policy's principal, as it is."""

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}", re.ASCII)


def _bare(values: Mapping[str, Any]) -> str:
    """The URL without its scheme, as it stands in the ARN that is asked about."""
    return str(values.get("url", "")).removeprefix(_SCHEME)


def _client_ids(given: Iterable[str]) -> tuple[str, ...]:
    """Each client id once, in the order given."""
    found = tuple(dict.fromkeys(given))
    hold("ClientIdsPerOpenIdConnectProvider", len(found) - 1, CLIENT_IDS)
    return found


def _thumbprints(given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(given)
    if len(found) > THUMBPRINTS:
        raise InvalidInput("Thumbprint list must contain fewer than 5 entries.")  # AWS's sentence; five are allowed
    if not all(map(_THUMBPRINT.fullmatch, found)):
        raise InvalidInput("Thumbprints must be SHA-1 digests in hexadecimal.")  # the sentence is ours
    return found


@operation(
    "CreateOpenIDConnectProvider",
    on=new_provider(OpenIDConnectProvider, _bare, "TagOpenIDConnectProvider"),
)
def create_open_id_connect_provider(
    call: Call,
    url: str,
    client_id_list: list[str] | None = None,
    thumbprint_list: list[str] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a provider of an issuer's URL. One URL is one provider."""
    given = accepted(OpenIDConnectProvider, tags)
    found = _URL.fullmatch(url)
    if found is None:
        raise ValidationError("Invalid Open ID Connect Provider URL")
    provider = OpenIDConnectProvider(
        account_id=call.account_id,
        url=found[1],
        create_date=call.moment(),
        client_id_list=_client_ids(client_id_list or ()),
        thumbprint_list=_thumbprints(thumbprint_list or ()),
        tags=given,
    )
    if call.tx.get(OpenIDConnectProvider, call.account_id, provider.arn) is not None:
        raise EntityAlreadyExists(f"Provider with url {url} already exists.")
    hold_account(call, OpenIDConnectProvider)
    call.tx.put(provider)
    return {"open_id_connect_provider_arn": provider.arn, "tags": given or None}


@operation("GetOpenIDConnectProvider", on=existing_provider(OpenIDConnectProvider))
def get_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str) -> OpenIDConnectProvider:
    """A provider, its URL without the scheme."""
    return the_provider(call, OpenIDConnectProvider, open_id_connect_provider_arn)


@operation("ListOpenIDConnectProviders", on=every_provider(OpenIDConnectProvider))
def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    """The ARNs of the account's providers, all of them."""
    return {"open_id_connect_provider_list": list(call.tx.page(OpenIDConnectProvider, call.account_id, "arn"))}


@operation("AddClientIDToOpenIDConnectProvider", on=existing_provider(OpenIDConnectProvider))
def add_client_id_to_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str, client_id: str) -> None:
    """Add a client id. One that is there already stays."""
    provider = the_provider(call, OpenIDConnectProvider, open_id_connect_provider_arn)
    clients = _client_ids((*provider.client_id_list, client_id))
    call.tx.put(msgspec.structs.replace(provider, client_id_list=clients))


@operation("RemoveClientIDFromOpenIDConnectProvider", on=existing_provider(OpenIDConnectProvider))
def remove_client_id_from_open_id_connect_provider(
    call: Call, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """Take a client id away. One that is not there is no fault."""
    provider = the_provider(call, OpenIDConnectProvider, open_id_connect_provider_arn)
    clients = tuple(each for each in provider.client_id_list if each != client_id)
    call.tx.put(msgspec.structs.replace(provider, client_id_list=clients))


@operation("UpdateOpenIDConnectProviderThumbprint", on=existing_provider(OpenIDConnectProvider))
def update_open_id_connect_provider_thumbprint(
    call: Call, open_id_connect_provider_arn: str, thumbprint_list: list[str]
) -> None:
    """Replace all thumbprints."""
    provider = the_provider(call, OpenIDConnectProvider, open_id_connect_provider_arn)
    call.tx.put(msgspec.structs.replace(provider, thumbprint_list=_thumbprints(thumbprint_list)))


@operation("DeleteOpenIDConnectProvider", on=existing_provider(OpenIDConnectProvider))
def delete_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str) -> None:
    """Delete a provider. Trust policies that name it stay as they are, and trust nobody by it."""
    arn = open_id_connect_provider_arn
    provider = call.tx.find(OpenIDConnectProvider, call.account_id, "arn", arn)
    if provider is None:
        raise NoSuchEntity(f"OpenId connect Provider {arn} cannot be found.")
    call.tx.delete(provider)
