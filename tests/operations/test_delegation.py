"""Delegation requests: made by registered partners, read by those whom they are meant for."""

import json
from datetime import timedelta

import pytest

import harness
from delegating import ALL, BOUNDARY, ROLES, SITE, TEMPLATE, TOPIC, aged, asked, state
from harness import ACCOUNT, OTHER, allow, refused, text
from keyreeve.entities import DelegationRequest


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path, SITE)


@pytest.fixture
def partner(server):
    """A user of the partner's account who may do anything."""
    return server.user("robot", allow("*"), account=OTHER)


@pytest.fixture
def alice(server):
    """A user of the customer's account who may do anything."""
    return server.user("alice", allow("*"))


@pytest.fixture
def request_id(partner):
    return asked(partner)


def test_a_request_says_what_is_asked_for(server, alice, request_id):
    found = alice.iam.get_delegation_request(DelegationRequestId=request_id)["DelegationRequest"]
    assert (found["State"], found["RequestorId"], found["RequestorName"]) == ("UNASSIGNED", OTHER, "Example")
    assert (found["Description"], found["RequestMessage"], found["SessionDuration"]) == (
        "to make backups",
        "please",
        3600,
    )
    assert found["Permissions"] == {"PolicyTemplateArn": TEMPLATE, "Parameters": ALL}
    assert json.loads(found["PermissionPolicy"]) == allow(["iam:ListUsers", "iam:GetUser"], "*")
    assert found["ExpirationTime"] - found["CreateDate"] == timedelta(days=1)
    assert found["OnlySendByOwner"] is False
    assert "OwnerId" not in found
    assert found["RolePermissionRestrictionArns"] == []


def test_boundaries_of_the_roles_that_may_be_made_are_told(partner, alice):
    made = asked(partner, Permissions={"PolicyTemplateArn": ROLES})
    found = alice.iam.get_delegation_request(DelegationRequestId=made)["DelegationRequest"]
    assert found["RolePermissionRestrictionArns"] == [BOUNDARY]


def test_what_expired_a_month_ago_makes_room(server, partner, request_id):
    aged(server, request_id, days=32)
    asked(partner, RequestorWorkflowId="workflow-2")
    assert server.view.begin().get(DelegationRequest, OTHER, request_id) is None
    asked(partner)


def test_a_request_for_one_account_is_nobody_elses(server, partner):
    theirs = asked(partner, OwnerAccountId=ACCOUNT)
    with refused("AccessDenied"):
        partner.iam.get_delegation_request(DelegationRequestId=theirs)
    with refused("AccessDenied"):
        partner.iam.associate_delegation_request(DelegationRequestId=theirs)
    boss = server.user("boss", allow("*"))
    boss.iam.associate_delegation_request(DelegationRequestId=theirs)
    with refused("AccessDenied"):
        partner.iam.accept_delegation_request(DelegationRequestId=theirs)


def test_an_owner_may_read_and_forward_by_default_but_a_denial_holds(server, request_id):
    owner = server.user("owner", allow("iam:AssociateDelegationRequest"))
    named = {"DelegationRequestId": request_id}
    with refused("AccessDenied"):
        owner.iam.get_delegation_request(**named)
    owner.iam.associate_delegation_request(**named)
    assert state(owner, request_id) == "ASSIGNED"
    owner.iam.update_delegation_request(**named, Notes="please")
    arn = f"arn:aws:iam::{ACCOUNT}:delegation-request/{request_id}"
    assert owner.iam.get_human_readable_summary(EntityArn=arn)["SummaryState"] == "AVAILABLE"
    for call in (owner.iam.accept_delegation_request, owner.iam.reject_delegation_request):
        with refused("AccessDenied"):
            call(**named)
    with refused("AccessDenied"):
        server.user("nobody").iam.get_delegation_request(**named)
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}}
    server.root().iam.put_user_policy(UserName="owner", PolicyName="deny", PolicyDocument=text(deny))
    with refused("AccessDenied"):
        owner.iam.get_delegation_request(**named)


def test_a_policy_may_ask_for_the_owner(server, alice, request_id):
    alice.iam.associate_delegation_request(DelegationRequestId=request_id)
    owner = {"ArnEquals": {"iam:DelegationRequestOwner": f"arn:aws:iam::{ACCOUNT}:user/alice"}}
    reader = server.user("reader", allow("iam:*Delegation*", Condition=owner))
    assert state(reader, request_id) == "ASSIGNED"
    other = {"ArnEquals": {"iam:DelegationRequestOwner": f"arn:aws:iam::{ACCOUNT}:user/bob"}}
    with refused("AccessDenied"):
        server.user("stranger", allow("iam:*Delegation*", Condition=other)).iam.get_delegation_request(
            DelegationRequestId=request_id
        )
    listed = reader.iam.list_delegation_requests(OwnerId=f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert [each["DelegationRequestId"] for each in listed["DelegationRequests"]] == [request_id]
    with refused("AccessDenied"):
        reader.iam.list_delegation_requests()


def test_requests_are_listed_once_somebody_has_taken_them_on(server, partner, alice):
    made = [asked(partner, RequestorWorkflowId=f"workflow-{number}") for number in range(3)]
    asked(partner, RequestorWorkflowId="targeted", OwnerAccountId=ACCOUNT)
    assert alice.iam.list_delegation_requests()["DelegationRequests"] == []
    for each in made:
        alice.iam.associate_delegation_request(DelegationRequestId=each)
    first = alice.iam.list_delegation_requests(MaxItems=2)
    second = alice.iam.list_delegation_requests(Marker=first["Marker"])
    assert (first["isTruncated"], second["isTruncated"]) == (True, False)
    found = [each["DelegationRequestId"] for page in (first, second) for each in page["DelegationRequests"]]
    assert found == sorted(made)
    assert partner.iam.list_delegation_requests()["DelegationRequests"] == []


def test_only_registered_partners_ask(server, alice):
    with refused("AccessDenied", f"The account {ACCOUNT} is not registered as a delegation partner."):
        asked(alice)
    with refused("AccessDenied"):
        asked(server.user("nobody", account=OTHER))


@pytest.mark.parametrize(
    "change",
    [
        {"NotificationChannel": "arn:aws:sqs:us-east-1:444455556666:queue"},
        {"OwnerAccountId": "999999999999"},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE + "x", "Parameters": ALL}},
        {"Permissions": {"Parameters": ALL}},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE}},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE, "Parameters": [*ALL, *ALL]}},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE, "Parameters": [{**ALL[0], "Values": ["*", "*"]}]}},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE, "Parameters": [{**ALL[0], "Values": ["no arn"]}]}},
        {
            "Permissions": {
                "PolicyTemplateArn": TEMPLATE,
                "Parameters": [{**ALL[0], "Values": ["arn:aws:s3:::" + "x" * 2100]}],
            }
        },
    ],
)
def test_requests_that_make_no_sense(partner, change):
    with refused("InvalidInput"):
        asked(partner, **change)


def test_a_workflow_asks_once(partner, request_id):
    with refused("EntityAlreadyExists"):
        asked(partner)


def test_a_partners_permission_may_depend_on_what_it_asks_for(server):
    condition = {
        "StringEquals": {"iam:NotificationChannel": TOPIC},
        "NumericLessThanEquals": {"iam:DelegationDuration": "3600"},
        "ArnEquals": {"iam:TemplateArn": TEMPLATE},
    }
    robot = server.user("small", allow("iam:CreateDelegationRequest", Condition=condition), account=OTHER)
    asked(robot)
    for change in (
        {"SessionDuration": 3601},
        {"NotificationChannel": TOPIC + "2"},
        {"Permissions": {"PolicyTemplateArn": ROLES}},
    ):
        with refused("AccessDenied"):
            asked(robot, RequestorWorkflowId="workflow-2", **change)


CHECKS = {
    "ALLOWED": [allow("*"), allow("iam:*"), allow(["iam:ListUsers", "iam:GetUser"])],
    "DENIED": [allow("iam:*DelegationRequest"), allow(["iam:GetDelegationRequest", "iam:ListUsers"])],
    "UNSURE": [
        allow("*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        {
            "Version": "2012-10-17",
            "Statement": [*allow("*")["Statement"], {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
        },
    ],
}


@pytest.mark.parametrize(
    ("result", "document"), [(result, each) for result, listed in CHECKS.items() for each in listed]
)
def test_a_caller_is_told_whether_it_has_what_is_asked_for(server, partner, result, document):
    person = server.user("p", allow("iam:GetDelegationRequest"), document)
    answer = person.iam.get_delegation_request(DelegationRequestId=asked(partner), DelegationPermissionCheck=True)
    found = answer.get("PermissionCheckStatus"), answer.get("PermissionCheckResult")
    assert found == ("COMPLETE", result)


def test_a_summary_says_the_statements_in_words(server, partner, alice, request_id):
    arn = f"arn:aws:iam::{ACCOUNT}:delegation-request/"
    summary = alice.iam.get_human_readable_summary(EntityArn=arn + request_id, Locale="en-US")
    assert (summary["SummaryState"], summary["Locale"]) == ("AVAILABLE", "en-US")
    assert summary["SummaryContent"].splitlines() == [
        "Example asks for temporary access to this account, for 1 hour.",
        "- Allows iam:ListUsers, iam:GetUser on all resources",
    ]
    roles = asked(
        partner, Permissions={"PolicyTemplateArn": ROLES}, RequestorWorkflowId="w-roles", SessionDuration=5520
    )
    assert alice.iam.get_human_readable_summary(EntityArn=arn + roles)["SummaryContent"].splitlines() == [
        "Example asks for temporary access to this account, for 1 hour and 32 minutes.",
        "- Allows iam:CreateRole on all resources",
        f"  if iam:PermissionsBoundary StringEquals {BOUNDARY}",
    ]
    assert alice.iam.get_human_readable_summary(EntityArn=arn + roles, Locale="de")["SummaryState"] == "NOT_SUPPORTED"
    with refused("InvalidInput"):
        alice.iam.get_human_readable_summary(EntityArn=f"arn:aws:iam::{ACCOUNT}:user/alice")
    with refused("NoSuchEntity"):
        alice.iam.get_human_readable_summary(EntityArn=arn + request_id[:-1] + "0")
