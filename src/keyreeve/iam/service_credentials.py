"""Service-specific credentials: a name with a password, or an API key, that one service takes from a user.

Sources: IAM API reference, CreateServiceSpecificCredential; IAM User Guide, "Service-specific credentials for IAM
users" and "API keys for Amazon Bedrock".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from keyreeve.access.credentials import secret_access_key, unique_id
from keyreeve.entities import ServiceSpecificCredential, User
from keyreeve.faults import NoSuchEntity, ValidationError
from keyreeve.iam.nouns import existing, the, user_or_own
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import SERVICE_SPECIFIC_CREDENTIALS, hold
from keyreeve.iam.status import switched
from keyreeve.operations import Ask, Call, Context, operation


@dataclass(frozen=True, slots=True)
class Service:
    """A service that takes such credentials. With a prefix they are API keys: its letters, and name and secret."""

    prefix: str | None = None


SERVICES: dict[str, Service] = {
    "bedrock.amazonaws.com": Service("ABSK"),
    "cassandra.amazonaws.com": Service(),
    "codecommit.amazonaws.com": Service(),
    "logs.amazonaws.com": Service("ACWL"),
}


def _service(name: str) -> Service:
    service = SERVICES.get(name)
    if service is None:
        raise NoSuchEntity(f"No such service {name} is supported for Service Specific Credentials")
    return service


def _the_credential(call: Call, user: User, wanted: str) -> ServiceSpecificCredential:
    found = call.tx.get(ServiceSpecificCredential, call.account_id, wanted)
    if found is None or found.user_id != user.user_id:
        raise NoSuchEntity(f"No such credential {wanted} exists")
    return found


def _keys(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the user, with the service and, of a new API key, its days."""
    for ask in existing(User)(action, call, values):
        context: Context = {}
        held = call.tx.get(ServiceSpecificCredential, call.account_id, values.get("service_specific_credential_id", ""))
        if held is not None and isinstance(ask.target, User) and held.user_id == ask.target.user_id:
            context["iam:servicespecificcredentialservicename"] = held.service_name
        if "service_name" in values:
            context["iam:servicespecificcredentialservicename"] = values["service_name"]
        if "credential_age_days" in values:
            context["iam:servicespecificcredentialagedays"] = str(values["credential_age_days"])
        yield msgspec.structs.replace(ask, context={**ask.context, **context})


def _listed(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the user or, for the credentials of all users, about every user's ARN at once."""
    if values.get("all_users") and "user_name" not in values:
        yield Ask(action, f"arn:aws:iam::{call.account_id}:user/*")
    else:
        yield from existing(User)(action, call, values)


def _free_name(call: Call, service_name: str, user: User) -> str:
    """`NAME-at-ACCOUNT`, or `NAME+1-at-ACCOUNT` and so on where a credential of the service has that."""
    number = 0
    while True:
        name = f"{user.user_name}{f'+{number}' if number else ''}-at-{call.account_id}"
        held = call.tx.where(ServiceSpecificCredential, call.account_id, "service_user_name", name)
        if all(credential.service_name != service_name for credential in held):
            return name
        number += 1


def _secret(call: Call, service_name: str, service_user_name: str) -> str:
    secret = secret_access_key(call.chance)
    prefix = _service(service_name).prefix
    return secret if prefix is None else prefix + b64encode(f"{service_user_name}:{secret}".encode()).decode()


def _shown(call: Call, credential: ServiceSpecificCredential, user_name: str) -> dict[str, Any]:
    """A credential without its secret."""
    ended = credential.expiration_date is not None and credential.expiration_date <= call.now
    api_key = _service(credential.service_name).prefix is not None
    return {
        "create_date": credential.create_date,
        "expiration_date": credential.expiration_date,
        "service_name": credential.service_name,
        "service_credential_alias" if api_key else "service_user_name": credential.service_user_name,
        "service_specific_credential_id": credential.service_specific_credential_id,
        "user_name": user_name,
        "status": "Expired" if ended else credential.status,
    }


def _revealed(call: Call, credential: ServiceSpecificCredential, user: User, secret: str) -> dict[str, Any]:
    """A credential with its secret: the only time it is seen."""
    member = "service_password" if _service(credential.service_name).prefix is None else "service_credential_secret"
    return {"service_specific_credential": {**_shown(call, credential, user.user_name), member: secret}}


@operation("CreateServiceSpecificCredential", on=_keys)
def create_service_specific_credential(
    call: Call, user_name: str, service_name: str, credential_age_days: int | None = None
) -> dict[str, Any]:
    """Make a credential for a service; this answer alone holds its secret. Only API keys end after days."""
    user = the(call, User, user_name)
    if credential_age_days is not None and _service(service_name).prefix is None:
        raise ValidationError(f"Credentials for {service_name} do not expire.")  # the sentence is ours
    _service(service_name)
    held = call.tx.where(ServiceSpecificCredential, call.account_id, "user", user.user_id)
    count = sum(credential.service_name == service_name for credential in held)
    hold("ServiceSpecificCredentialsPerUser", count, SERVICE_SPECIFIC_CREDENTIALS)
    name = _free_name(call, service_name, user)
    secret = _secret(call, service_name, name)
    credential = ServiceSpecificCredential(
        account_id=call.account_id,
        service_specific_credential_id=call.new_id(ServiceSpecificCredential, unique_id, "ACCA"),
        user_id=user.user_id,
        service_name=service_name,
        service_user_name=name,
        secret_digest=sha256(secret.encode()).digest(),
        create_date=call.moment(),
        expiration_date=None if credential_age_days is None else call.moment() + timedelta(days=credential_age_days),
    )
    call.tx.put(credential)
    return _revealed(call, credential, user, secret)


@operation("ListServiceSpecificCredentials", on=_listed)
def list_service_specific_credentials(
    call: Call,
    user_name: str | None = None,
    service_name: str | None = None,
    all_users: bool | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """The credentials of a user, perhaps of one service; or of all users, and then in pages."""
    if service_name is not None:
        _service(service_name)
    if all_users:
        if user_name is not None:
            raise ValidationError("UserName cannot be specified together with AllUsers.")  # the sentence is ours
        found = call.tx.all(ServiceSpecificCredential, call.account_id)
    else:
        user = user_or_own(call, user_name)
        found = call.tx.where(ServiceSpecificCredential, call.account_id, "user", user.user_id)
    wanted = [credential for credential in found if service_name in {None, credential.service_name}]
    limit = max_items if all_users else len(wanted)
    credentials, rest = sorted_page(wanted, lambda credential: credential.key, marker if all_users else None, limit)
    shown = [_shown(call, credential, _owner(call, credential)) for credential in credentials]
    return {"service_specific_credentials": shown, **(rest if all_users else {})}


def _owner(call: Call, credential: ServiceSpecificCredential) -> str:
    """The name of the user who holds a credential."""
    user = call.tx.get(User, call.account_id, credential.user_id)
    return "" if user is None else user.user_name


@operation("UpdateServiceSpecificCredential", on=_keys)
def update_service_specific_credential(
    call: Call, service_specific_credential_id: str, status: str, user_name: str | None = None
) -> None:
    """Switch a credential on or off, at once."""
    credential = _the_credential(call, user_or_own(call, user_name), service_specific_credential_id)
    call.tx.put(switched(credential, status))


@operation("ResetServiceSpecificCredential", on=_keys)
def reset_service_specific_credential(
    call: Call, service_specific_credential_id: str, user_name: str | None = None
) -> dict[str, Any]:
    """Make a new secret in the place of the old one, which ends at once; this answer alone holds it."""
    user = user_or_own(call, user_name)
    credential = _the_credential(call, user, service_specific_credential_id)
    secret = _secret(call, credential.service_name, credential.service_user_name)
    call.tx.put(msgspec.structs.replace(credential, secret_digest=sha256(secret.encode()).digest()))
    return _revealed(call, credential, user, secret)


@operation("DeleteServiceSpecificCredential", on=_keys)
def delete_service_specific_credential(
    call: Call, service_specific_credential_id: str, user_name: str | None = None
) -> None:
    """Delete a credential, at once."""
    call.tx.delete(_the_credential(call, user_or_own(call, user_name), service_specific_credential_id))
