"""The way of a delegation request: taken on, forwarded, accepted or rejected, and its token released.

    UNASSIGNED → ASSIGNED → (PENDING_APPROVAL →) ACCEPTED → FINALIZED; REJECTED before the token is out

The partner is told of each step by a message for its channel, which waits until it is fetched.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from keyreeve.access.context import instant
from keyreeve.access.credentials import opaque_id
from keyreeve.entities import DelegationNotification, DelegationRequest, Person
from keyreeve.faults import AccessDenied, ConcurrentModification, InvalidInput
from keyreeve.iam.delegation_access import is_owner, on_request, the_request
from keyreeve.operations import Call, operation

SECRET_BYTES = 32
WAITING = 1000
"""Messages that wait for one partner; past it the oldest are dropped."""

ROOT_SECONDS = 4 * 3600
"""The longest request that a root user can approve."""


def _person(call: Call) -> Person:
    """The caller as a request remembers it: a role session as its role, of which others may be sessions too."""
    caller, session = call.caller, call.caller.session
    person = Person(caller.identity.arn, caller.identity.key, caller.account_id)
    if session is None:
        return person
    kept = ("session_name", "tags", "source_identity", "provider_keys")
    return msgspec.structs.replace(person, **{name: getattr(session, name) for name in kept})


def _step(call: Call, request: DelegationRequest, **changes: Any) -> DelegationRequest:
    """The request after a step, and the message about another state: one that stays could be told without end."""
    changed = msgspec.structs.replace(request, updated_time=call.moment(), **changes)
    call.tx.put(changed)
    if changed.stored_state != request.stored_state:
        _tell(call, changed, "StateChange")
    return changed


def _tell(call: Call, request: DelegationRequest, kind: str, **more: str) -> None:
    message = {
        "Type": kind,
        "RequestId": request.delegation_request_id,
        "RequestorWorkflowId": request.requestor_workflow_id,
        "State": request.stored_state,
        "OwnerAccountId": request.owner_account_id,
        "UpdatedAt": instant(request.updated_time),
        **more,
    }
    waiting = sorted(call.tx.all(DelegationNotification, request.account_id), key=lambda each: each.create_date)
    for oldest in waiting[: len(waiting) - WAITING + 1] if len(waiting) >= WAITING else ():
        call.tx.delete(oldest)
    identifier = opaque_id(call.chance)
    call.tx.put(
        DelegationNotification(
            account_id=request.account_id,
            notification_id=identifier,
            channel=request.notification_channel,
            sealed_message=call.ring.seal(json.dumps(message).encode(), identifier),
            create_date=call.moment(),
        )
    )


def _in_state(call: Call, request_id: str, *states: str) -> DelegationRequest:
    """The request, in one of these states."""
    request = the_request(call, request_id)
    state = request.state(call.now)
    if state not in states:
        raise InvalidInput(f"The delegation request is in state {state}; this takes {' or '.join(states)}.")
    return request


@operation("AssociateDelegationRequest", on=on_request())
def associate_delegation_request(call: Call, delegation_request_id: str) -> None:
    """Take a request on: the caller becomes its owner, in the caller's account."""
    request = _in_state(call, delegation_request_id, "UNASSIGNED")
    owner = _person(call)
    _step(call, request, owner=owner, owner_account_id=owner.account_id, stored_state="ASSIGNED")


@operation("UpdateDelegationRequest", on=on_request(by_default=True))
def update_delegation_request(call: Call, delegation_request_id: str, notes: str | None = None) -> None:
    """Forward a request to somebody who can approve it, with notes."""
    request = _in_state(call, delegation_request_id, "ASSIGNED", "PENDING_APPROVAL")
    _step(call, request, notes=request.notes if notes is None else notes, stored_state="PENDING_APPROVAL")


@operation("AcceptDelegationRequest", on=on_request())
def accept_delegation_request(call: Call, delegation_request_id: str) -> None:
    """Approve a request: what the partner gets are the caller's permissions, no more of them than it asks for."""
    request = the_request(call, delegation_request_id)
    state = request.state(call.now)
    if state not in {"ASSIGNED", "PENDING_APPROVAL"}:
        raise ConcurrentModification(f"The delegation request is in state {state}; it cannot be accepted.")
    session = call.caller.session
    if session is not None and (session.policies or session.policy_arns):
        # Two session policies would add up where they should cut down.
        raise AccessDenied("A session that session policies limit cannot accept a delegation request.")
    if call.caller.kind == "root" and request.session_duration > ROOT_SECONDS:
        raise AccessDenied("A root user can accept delegation requests for 4 hours or less.")
    _step(call, request, approver=_person(call), stored_state="ACCEPTED")


@operation("RejectDelegationRequest", on=on_request())
def reject_delegation_request(call: Call, delegation_request_id: str, notes: str | None = None) -> None:
    """Say no, as long as no token is out."""
    request = _in_state(call, delegation_request_id, "ASSIGNED", "PENDING_APPROVAL", "ACCEPTED")
    _step(call, request, rejection_reason=notes, stored_state="REJECTED")


@operation("SendDelegationToken", on=on_request())
def send_delegation_token(call: Call, delegation_request_id: str) -> None:
    """Release the exchange token to the partner. From now on its time runs, and nothing takes it back but a policy."""
    request = _in_state(call, delegation_request_id, "ACCEPTED")
    if request.only_send_by_owner and not is_owner(call, request):
        raise AccessDenied("Only the owner of the delegation request can send its token.")
    secret = urlsafe_b64encode(call.chance(SECRET_BYTES)).rstrip(b"=").decode()
    changed = _step(
        call,
        request,
        stored_state="FINALIZED",
        sent=call.moment(),
        token_digest=sha256(secret.encode()).digest(),
    )
    ends = call.moment() + timedelta(seconds=request.session_duration)
    token = f"{request.delegation_request_id}.{secret}"
    _tell(call, changed, "ExchangeToken", ExchangeToken=token, ExpiresAt=instant(ends))
