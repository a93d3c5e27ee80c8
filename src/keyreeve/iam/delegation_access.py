"""Who may do what with a delegation request: its account's people by their policies, its owner by default."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keyreeve.access.credentials import KEY_ID_LENGTH, account_of
from keyreeve.entities import DelegationRequest
from keyreeve.faults import NoSuchEntity
from keyreeve.operations import Ask, Asks, Call, Context

_request_arn = re.compile(r"arn:aws[\w-]*:iam::\d{12}:delegation-request/([\w-]{16,128})", re.ASCII).fullmatch


def find(call: Call, request_id: str) -> DelegationRequest | None:
    """The request with this id, whoever made it."""
    account = account_of(request_id[:KEY_ID_LENGTH])
    return None if account is None else call.tx.get(DelegationRequest, account, request_id)


def the_request(call: Call, request_id: str) -> DelegationRequest:
    """The same; NoSuchEntity if there is none."""
    found = find(call, request_id)
    if found is None:
        raise NoSuchEntity(f"Delegation request {request_id} cannot be found.")
    return found


def _id_of(values: Mapping[str, Any]) -> str:
    named: str = values.get("delegation_request_id", "")
    return named


def id_in_arn(values: Mapping[str, Any]) -> str:
    """The id of the request whose ARN is in `entity_arn`; empty if it is none."""
    parts = _request_arn(values.get("entity_arn", ""))
    return "" if parts is None else parts[1]


def on_request(identify: Callable[[Mapping[str, Any]], str] = _id_of, *, by_default: bool = False) -> Asks:
    """Ask about a request as a resource of the account that it is meant for; as long as that is open, of the caller's.

    `by_default`: its owner may, without a policy that says so; a policy may still deny it.
    """

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        request_id = identify(values)
        request = find(call, request_id)
        account = call.account_id if request is None else request.owner_account_id or call.account_id
        arn = f"arn:aws:iam::{account}:delegation-request/{request_id or '*'}"
        owner = None if request is None else request.owner
        context: Context = {} if owner is None else {"iam:delegationrequestowner": owner.arn}
        granted = by_default and request is not None and is_owner(call, request)
        yield Ask(action, arn, context, grant=_default(call, action, arn) if granted else None)

    return asks


def is_owner(call: Call, request: DelegationRequest) -> bool:
    """Whether the caller, acting for itself, is the one who took the request on."""
    session = call.caller.session
    acts_for_itself = session is None or session.delegate is None
    return request.owner is not None and call.caller.identity.key == request.owner.key and acts_for_itself


def _default(call: Call, action: str, arn: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": call.caller.arn}, "Action": action, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
