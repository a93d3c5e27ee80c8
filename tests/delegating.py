"""A partner who asks for delegation, and the way of a request, for the tests of delegation."""

import json
from datetime import timedelta

import msgspec

from harness import OTHER, allow
from keyreeve.entities import DelegationNotification, DelegationRequest
from keyreeve.operations import Site
from keyreeve.templates import Partner, PolicyTemplate, Templates

TEMPLATE = f"arn:aws:iam::{OTHER}:delegation-template/backup"
ROLES = f"arn:aws:iam::{OTHER}:delegation-template/roles"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
PARTNER = Partner(
    account_id=OTHER,
    name="Example",
    policy_templates=(
        PolicyTemplate(
            policy_template_arn=TEMPLATE, policy_document=allow(["iam:ListUsers", "iam:GetUser"], "@{resources}")
        ),
        PolicyTemplate(
            policy_template_arn=ROLES,
            policy_document=allow("iam:CreateRole", Condition={"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}),
        ),
    ),
)
TOPIC = f"arn:aws:sns:us-east-1:{OTHER}:delegations"
ALL = [{"Name": "resources", "Values": ["*"], "Type": "string"}]
ASK = {
    "Description": "to make backups",
    "RequestMessage": "please",
    "Permissions": {"PolicyTemplateArn": TEMPLATE, "Parameters": ALL},
    "RequestorWorkflowId": "workflow-1",
    "NotificationChannel": TOPIC,
    "SessionDuration": 3600,
}

SITE = Site(templates=Templates(delegation_partners=(PARTNER,)))


def asked(partner, **more):
    return partner.iam.create_delegation_request(**{**ASK, **more})["DelegationRequestId"]


def messages(server):
    """What the partner was told, oldest first."""
    waiting = server.view.begin().all(DelegationNotification, OTHER)
    return [json.loads(server.ring.unseal(each.sealed_message, each.notification_id)) for each in waiting]


def told(server):
    """The exchange token that the partner was told."""
    (message,) = [each for each in messages(server) if each["Type"] == "ExchangeToken"]
    return message["ExchangeToken"]


def released(server, person, request_id):
    """The request accepted by somebody, and its token sent."""
    person.iam.associate_delegation_request(DelegationRequestId=request_id)
    person.iam.accept_delegation_request(DelegationRequestId=request_id)
    person.iam.send_delegation_token(DelegationRequestId=request_id)
    return told(server)


def traded(server, partner, token):
    return server.person(partner.sts.get_delegated_access_token(TradeInToken=token)["Credentials"])


def state(person, request_id):
    return person.iam.get_delegation_request(DelegationRequestId=request_id)["DelegationRequest"]["State"]


def aged(server, request_id, **by):
    """Let the request's last step be so long ago."""
    tx = server.view.begin()
    request = tx.get(DelegationRequest, OTHER, request_id)
    tx.put(msgspec.structs.replace(request, updated_time=request.updated_time - timedelta(**by)))
    tx.commit()
