"""Events of signing in, as CloudTrail has them (CloudTrail User Guide, "AWS Management Console sign-in events")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from keyreeve.access.sign_in import NOBODY, ChangeWanted, FactorWanted, SignedIn, SignInRefused
from keyreeve.access.who import Who
from keyreeve.entities import FIDODevice, RootUser
from keyreeve.events import Event, UserIdentity
from keyreeve.events.event import LONGEST_TEXT
from keyreeve.service import trail
from keyreeve.wire.exchange import Request

REGION = "us-east-1"
"""Where CloudTrail files what is global."""

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""Stands for what somebody typed that is nobody's name: it may be a password."""


def of(
    found: SignedIn | FactorWanted | ChangeWanted, request: Request, now: datetime, new_id: Callable[[], str]
) -> tuple[Event, ...]:
    """What is recorded of somebody who gave what is right: a sign-in, or that a device is wanted. Else nothing yet."""
    if isinstance(found, FactorWanted):
        more = {"MfaType": _kind(found)}
        return (_event("CheckMfa", "Success", _named(found.who), request, now, new_id(), more),)
    if isinstance(found, ChangeWanted):
        return ()
    identity = msgspec.structs.replace(trail.identity_of(found.caller), access_key_id=None, session_context=None)
    more = _more(_page(request), found.serial_number is not None)
    if found.serial_number is not None:
        more["MFAIdentifier"] = found.serial_number
    return (_event("ConsoleLogin", "Success", identity, request, now, new_id(), more),)


def failure(refusal: SignInRefused, request: Request, now: datetime, new_id: Callable[[], str]) -> Event:
    """What is recorded of somebody who is not let in. The name of a user that does not exist is not told."""
    if refusal.who is not None:
        identity = _named(refusal.who)
    else:
        identity = UserIdentity(type="IAMUser", account_id=refusal.account_id, access_key_id="", user_name=HIDDEN)
    page = HIDDEN if refusal.reason == NOBODY else _page(request)
    made = _event("ConsoleLogin", "Failure", identity, request, now, new_id(), _more(page, refusal.factor))
    return msgspec.structs.replace(made, error_message=refusal.reason)


def _kind(wanted: FactorWanted) -> str:
    """What kind of device is asked for, in CloudTrail's words."""
    if len(wanted.devices) > 1:
        return "Multiple MFA Devices"
    return "U2F MFA" if isinstance(wanted.devices[0], FIDODevice) else "Virtual MFA"


def _named(who: Who) -> UserIdentity:
    """Somebody who is known, but not proven yet."""
    identity = who.identity
    if isinstance(identity, RootUser):
        account_id = identity.account_id
        return UserIdentity(
            type="Root", principal_id=account_id, arn=identity.arn, account_id=account_id, access_key_id=""
        )
    return UserIdentity(
        type="IAMUser",
        principal_id=identity.user_id,
        account_id=identity.account_id,
        access_key_id="",
        user_name=identity.user_name,
    )


def _more(page: str, factor: bool) -> dict[str, Any]:
    return {"LoginTo": page, "MobileVersion": "No", "MFAUsed": "Yes" if factor else "No"}


def _page(request: Request) -> str:
    scheme = "https" if request.secure else "http"
    return f"{scheme}://{request.header('host') or ''}{request.path}"[:LONGEST_TEXT]


def _event(
    name: str,
    outcome: str,
    identity: UserIdentity,
    request: Request,
    now: datetime,
    event_id: str,
    more: dict[str, Any],
) -> Event:
    return Event(
        user_identity=identity,
        event_time=now,
        event_source="signin.amazonaws.com",
        event_name=name,
        aws_region=REGION,
        source_ip_address=request.source_ip,
        user_agent=request.header("user-agent") or "",
        request_parameters=None,
        response_elements={name: outcome},
        additional_event_data=more,
        event_id=event_id,
        read_only=False,
        event_type="AwsConsoleSignIn",
        management_event=True,
        recipient_account_id=identity.account_id or "",
        event_category="Management",
    )
