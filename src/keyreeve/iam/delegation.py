"""Delegation requests: made by partners whom the operator has registered, read by those whom they ask.

Source: IAM User Guide, "IAM temporary delegation" and "IAM temporary delegation for AWS Partners".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from keyreeve.access.credentials import unique_id
from keyreeve.entities import Account, DelegationRequest, PolicyParameter
from keyreeve.faults import AccessDenied, EntityAlreadyExists, InvalidInput, LimitExceeded
from keyreeve.iam.delegation_access import id_in_arn, on_request, the_request
from keyreeve.iam.delegation_policy import check, restrictions, summary
from keyreeve.iam.pages import sorted_page
from keyreeve.operations import Ask, Call, Context, operation
from keyreeve.policy import Kind, PolicyError, parse
from keyreeve.templates import Partner, UnfilledBlank, filled

MOST_REQUESTS = 1000
"""Of one partner at a time; those that expired a month ago make room."""

FORGOTTEN_AFTER = timedelta(days=30)
LONGEST_POLICY = 2048
"""Characters of a filled policy, as of a session policy, which it becomes."""

ENGLISH = re.compile(r"en([-_][A-Za-z]{2,8})?").fullmatch

_is_topic = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+", re.ASCII).fullmatch


def _new(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    context: Context = {
        "iam:delegationduration": str(values.get("session_duration", "")),
        "iam:notificationchannel": str(values.get("notification_channel", "")),
    }
    template = (values.get("permissions") or {}).get("policy_template_arn")
    if template is not None:
        context["iam:templatearn"] = template
    yield Ask(action, f"arn:aws:iam::{call.account_id}:delegation-request/*", context)


def _policy(partner: Partner, arn: str | None, parameters: tuple[PolicyParameter, ...]) -> str:
    """The permissions that are asked for, as a text; InvalidInput where template and parameters do not make one."""
    template = partner.template(arn)
    if template is None:
        raise InvalidInput(f"The policy template {arn} is not registered for {partner.name}.")
    values = {each.name: each.values for each in parameters}
    if len(values) < len(parameters) or not all(
        each.values and (each.type == "stringList" or len(each.values) == 1) for each in parameters
    ):
        raise InvalidInput("Each parameter has one name of its own, and values of its type.")
    try:
        text = json.dumps(filled(template.policy_document, values), separators=(",", ":"))
        parse(text, Kind.SESSION)
    except UnfilledBlank as blank:
        raise InvalidInput(f"The parameter {blank} of the policy template needs one value.") from None
    except PolicyError as error:
        raise InvalidInput(f"The policy template and its parameters make no policy: {error.sentence}") from None
    if len(text) > LONGEST_POLICY:
        raise InvalidInput(f"The permissions are longer than {LONGEST_POLICY} characters.")
    return text


def _make_room(call: Call) -> None:
    held = call.tx.all(DelegationRequest, call.account_id)
    old = [each for each in held if each.expiration_time + FORGOTTEN_AFTER < call.now]
    for each in old:
        call.tx.delete(each)
    if len(held) - len(old) >= MOST_REQUESTS:
        raise LimitExceeded(f"Cannot exceed quota for DelegationRequestsPerAccount: {MOST_REQUESTS}")


def _partner(call: Call) -> Partner:
    partner = call.site.templates.partner(call.account_id)
    if partner is None:
        raise AccessDenied(f"The account {call.account_id} is not registered as a delegation partner.")
    return partner


def _reachable(call: Call, channel: str, owner_account_id: str | None) -> None:
    if not _is_topic(channel):
        raise InvalidInput("The notification channel must be the ARN of an SNS topic.")
    if owner_account_id is not None and call.tx.get(Account, owner_account_id, owner_account_id) is None:
        raise InvalidInput(f"There is no account {owner_account_id}.")


def _parameters(permissions: Mapping[str, Any]) -> tuple[PolicyParameter, ...]:
    return tuple(
        PolicyParameter(each.get("name", ""), tuple(each.get("values", ())), each.get("type", "string"))
        for each in permissions.get("parameters", ())
    )


@operation("CreateDelegationRequest", on=_new, without=("CreateDelegationRequestResponse.ConsoleDeepLink",))
def create_delegation_request(
    call: Call,
    description: str,
    permissions: dict[str, Any],
    requestor_workflow_id: str,
    notification_channel: str,
    session_duration: int,
    owner_account_id: str | None = None,
    request_message: str | None = None,
    redirect_url: str | None = None,
    only_send_by_owner: bool = False,
) -> dict[str, Any]:
    """Ask for temporary access, for a partner. Anybody may take the request on, or one account if it is named."""
    partner = _partner(call)
    _reachable(call, notification_channel, owner_account_id)
    template_arn, parameters = permissions.get("policy_template_arn", ""), _parameters(permissions)
    text = _policy(partner, template_arn, parameters)
    if call.tx.find(DelegationRequest, call.account_id, "workflow", requestor_workflow_id) is not None:
        raise EntityAlreadyExists(f"A request with the workflow id {requestor_workflow_id} already exists.")
    _make_room(call)
    request = DelegationRequest(
        account_id=call.account_id,
        delegation_request_id=call.new_id(DelegationRequest, unique_id, "DELR"),
        create_date=call.moment(),
        updated_time=call.moment(),
        description=description,
        policy_template_arn=template_arn,
        parameters=parameters,
        permission_policy=text,
        requestor_name=partner.name,
        requestor_workflow_id=requestor_workflow_id,
        notification_channel=notification_channel,
        session_duration=session_duration,
        request_message=request_message,
        redirect_url=redirect_url,
        only_send_by_owner=only_send_by_owner,
        owner_account_id=owner_account_id,
    )
    call.tx.put(request)
    return {"delegation_request_id": request.delegation_request_id}


def _shown(call: Call, request: DelegationRequest) -> dict[str, Any]:
    same = ("description", "request_message", "create_date", "session_duration", "redirect_url", "notes")
    return {
        **{name: getattr(request, name) for name in (*same, "rejection_reason", "only_send_by_owner", "updated_time")},
        "delegation_request_id": request.delegation_request_id,
        "owner_account_id": request.owner_account_id,
        "permissions": {"policy_template_arn": request.policy_template_arn, "parameters": request.parameters},
        "permission_policy": request.permission_policy,
        "role_permission_restriction_arns": restrictions(request.permission_policy),
        "owner_id": None if request.owner is None else request.owner.arn,
        "approver_id": None if request.approver is None else request.approver.arn,
        "state": request.state(call.now),
        "expiration_time": request.expiration_time,
        "requestor_id": request.account_id,
        "requestor_name": request.requestor_name,
    }


@operation("GetDelegationRequest", on=on_request(by_default=True))
def get_delegation_request(
    call: Call, delegation_request_id: str, delegation_permission_check: bool = False
) -> dict[str, Any]:
    """A request and, if asked, whether the caller itself has the permissions that it asks for."""
    request = the_request(call, delegation_request_id)
    shown: dict[str, Any] = {"delegation_request": _shown(call, request)}
    if delegation_permission_check:
        shown["permission_check_status"] = "COMPLETE"
        shown["permission_check_result"] = check(call, request.permission_policy)
    return shown


def _listed(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    owner = values.get("owner_id")
    yield Ask(action, context={} if owner is None else {"iam:delegationrequestowner": owner})


@operation("ListDelegationRequests", on=_listed)
def list_delegation_requests(
    call: Call, owner_id: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The requests that somebody of the account has taken on, or this owner."""
    found = [
        request
        for partner in call.site.templates.delegation_partners
        for request in call.tx.where(DelegationRequest, partner.account_id, "owner_account", call.account_id)
        if request.owner is not None and owner_id in {None, request.owner.arn}
    ]
    requests, rest = sorted_page(found, lambda request: request.key, marker, max_items)
    return {"delegation_requests": [_shown(call, request) for request in requests], **rest}


@operation("GetHumanReadableSummary", on=on_request(id_in_arn, by_default=True))
def get_human_readable_summary(call: Call, entity_arn: str, locale: str = "en") -> dict[str, Any]:
    """What a request asks for in plain words, made from the statements of its policy; in English alone."""
    if not id_in_arn({"entity_arn": entity_arn}):
        raise InvalidInput(f"{entity_arn} is not the ARN of a delegation request.")
    request = the_request(call, id_in_arn({"entity_arn": entity_arn}))
    if not ENGLISH(locale):
        return {"locale": locale, "summary_state": "NOT_SUPPORTED", "summary_content": ""}
    return {"locale": locale, "summary_state": "AVAILABLE", "summary_content": summary(request)}
