"""Roles of services: how a service of this server itself acts with a role that trusts it.

No request reaches this: a request's caller is whoever signed it, and nobody signs as a service. What keeps a service
from being used as somebody's deputy are the keys that a trust policy can ask for: `aws:SourceArn`, `aws:SourceAccount`.
Source: IAM User Guide, "The confused deputy problem"; CloudTrail User Guide, "AssumeRole by an AWS service".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from keyreeve import policy
from keyreeve.access import control_policies, tokens
from keyreeve.access.context import instant
from keyreeve.access.credentials import Chance, access_key_id, secret_access_key
from keyreeve.access.documents import parsed
from keyreeve.access.tokens import Session
from keyreeve.entities import Role
from keyreeve.events import Event, EventLog, Resource, UserIdentity
from keyreeve.events.parameters import java_date
from keyreeve.faults import AccessDenied
from keyreeve.operations import Context
from keyreeve.seal import KeyRing
from keyreeve.store import Transaction
from keyreeve.wire import identifiers

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=12)
"""Of a session. The role's MaxSessionDuration does not hold for services that deliver credentials."""

_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Desk:
    """What issuing takes besides a transaction: the key ring, the event log, the time and chance."""

    ring: KeyRing
    log: EventLog
    now: datetime
    chance: Chance


@dataclass(frozen=True, slots=True)
class Assumed:
    """A session of a role for a service, its token, and the revision with its event that must be durable first."""

    session: Session
    token: str
    revision: int


def assume_as_service(
    desk: Desk,
    tx: Transaction,
    service: str,
    role: Role,
    *,
    session_name: str,
    source_arn: str | None = None,
    source_account: str | None = None,
    lasting: timedelta = timedelta(hours=1),
) -> Assumed:
    """A session of the role for a service (`ec2.amazonaws.com`); AccessDenied unless the role's trust policy allows it.

    `source_arn` is the resource that the service acts for, `source_account` the account on whose behalf, by default the
    role's own. The transaction is committed with the event, and with whatever else it changes.
    """
    if _SERVICE(service) is None or _SESSION_NAME(session_name) is None or not SHORTEST <= lasting <= LONGEST:
        raise ValueError(f"not a service, a session's name and a time: {service}, {session_name}, {lasting}")
    context = _context(desk, service, session_name, source_arn, source_account or role.account_id)
    _trusted(tx, service, role, context)
    issued = desk.now.replace(microsecond=0)
    session = Session(
        kind="role_session",
        account_id=role.account_id,
        access_key_id=access_key_id("ASIA", role.account_id, desk.chance),
        secret_access_key=secret_access_key(desk.chance),
        principal_id=role.role_id,
        issued=issued,
        expires=issued + lasting,
        session_name=session_name,
    )
    token = tokens.issue(desk.ring, session)
    return Assumed(session, token, desk.log.commit(tx, _event(desk, service, role, session)))


def _context(desk: Desk, service: str, session_name: str, source_arn: str | None, source_account: str) -> Context:
    """The keys of a request by a service principal (IAM User Guide, "AWS global condition context keys")."""
    context: Context = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:principalservicenameslist": (service,),
        "aws:sourceaccount": source_account,
        "aws:viaawsservice": "false",
        "aws:securetransport": "true",
        "aws:currenttime": instant(desk.now),
        "aws:epochtime": str(int(desk.now.timestamp())),
        "sts:rolesessionname": session_name,
    }
    if source_arn is not None:
        context["aws:sourcearn"] = source_arn
    return context


def _trusted(tx: Transaction, service: str, role: Role, context: Context) -> None:
    principal = policy.Principal("service", None, service)
    keys = {**context, "aws:resourceaccount": role.account_id}
    asked = policy.Request(principal, "sts:AssumeRole", role.arn, keys, resource_account=role.account_id)
    trust = policy.Policy(parsed(role.trust_policy, policy.Kind.TRUST), "trust", role.arn, role.arn)
    levels = control_policies.levels(tx, role.account_id, control_policies.RCP)
    if policy.decide(asked, policy.Policies(resource=trust, resource_control=levels)).verdict != "allowed":
        raise AccessDenied(f"{service} is not authorized to perform: sts:AssumeRole on resource: {role.arn}")


def _event(desk: Desk, service: str, role: Role, session: Session) -> Event:
    """The record of AssumeRole by a service, as the role's account sees it."""
    return Event(
        user_identity=UserIdentity(type="AWSService", invoked_by=service),
        event_time=desk.now,
        event_source="sts.amazonaws.com",
        event_name="AssumeRole",
        aws_region="us-east-1",
        source_ip_address=service,
        user_agent=service,
        request_parameters={"roleArn": role.arn, "roleSessionName": session.session_name},
        response_elements={
            "credentials": {"accessKeyId": session.access_key_id, "expiration": java_date(session.expires)},
            "assumedRoleUser": {
                "assumedRoleId": f"{role.role_id}:{session.session_name}",
                "arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.role_name}/{session.session_name}",
            },
        },
        event_id=identifiers.uuid(desk.chance(identifiers.RANDOM_BYTES)),
        read_only=True,
        resources=(Resource(account_id=role.account_id, resource_type="AWS::IAM::Role", resource_arn=role.arn),),
        event_type="AwsApiCall",
        management_event=True,
        recipient_account_id=role.account_id,
        event_category="Management",
    )
