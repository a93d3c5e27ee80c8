"""The event history: LookupEvents, and the JSON protocol by which CloudTrail is asked."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth
from botocore.awsrequest import AWSPreparedRequest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.service import routes
from keyreeve.wire import aws_json, model


def attribute(key, value):
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def names(page):
    return [event["EventName"] for event in page["Events"]]


def test_what_happened_is_looked_up_at_once_newest_first(root):
    root.iam.create_user(UserName="alice")
    root.iam.create_group(GroupName="staff")
    found = root.cloudtrail.lookup_events()
    assert names(found) == ["CreateGroup", "CreateUser"]
    assert "NextToken" not in found
    (event,) = root.cloudtrail.lookup_events(**attribute("EventName", "CreateUser"))["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventID"] == event["EventId"]
    assert record["requestParameters"] == {"userName": "alice"}
    assert (event["Username"], event["ReadOnly"], event["EventSource"]) == ("root", "false", "iam.amazonaws.com")
    assert event["AccessKeyId"] == root.credentials["AccessKeyId"]
    assert event["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": "alice"}]


def test_every_attribute_is_looked_up_exactly(server, root):
    root.iam.create_user(UserName="alice")
    alice = server.person(root.iam.create_access_key(UserName="alice")["AccessKey"])
    with refused("AccessDenied"):
        alice.iam.list_users()
    (by_name,) = root.cloudtrail.lookup_events(**attribute("EventName", "ListUsers"))["Events"]
    for key, value, wrong in (
        ("EventId", by_name["EventId"], by_name["EventId"][:-1]),
        ("Username", "alice", "Alice"),
        ("AccessKeyId", alice.credentials["AccessKeyId"], "AKIA"),
    ):
        assert root.cloudtrail.lookup_events(**attribute(key, value))["Events"] == [by_name]
        assert not root.cloudtrail.lookup_events(**attribute(key, wrong))["Events"]
    about_alice = root.cloudtrail.lookup_events(**attribute("ResourceName", "alice"))
    assert names(about_alice) == ["CreateAccessKey", "CreateUser"]
    by_type = root.cloudtrail.lookup_events(**attribute("ResourceType", "AWS::IAM::AccessKey"))
    assert names(by_type) == ["CreateAccessKey"]
    reads = names(root.cloudtrail.lookup_events(**attribute("ReadOnly", "true")))
    assert reads == ["LookupEvents"] * (len(reads) - 1) + ["ListUsers"]
    assert not root.cloudtrail.lookup_events(**attribute("EventSource", "sts.amazonaws.com"))["Events"]


def test_a_session_is_looked_up_by_its_name_and_the_role_by_its_arn(server, root):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    visitor = server.user("u", allow("sts:AssumeRole"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    session = server.person(visitor.sts.assume_role(RoleArn=arn, RoleSessionName="visit")["Credentials"])
    session.sts.get_caller_identity()
    assert names(root.cloudtrail.lookup_events(**attribute("Username", "visit"))) == ["GetCallerIdentity"]
    (event,) = root.cloudtrail.lookup_events(**attribute("ResourceName", arn))["Events"]
    assert event["EventName"] == "AssumeRole"
    key = {"ResourceType": "AWS::IAM::AccessKey", "ResourceName": session.credentials["AccessKeyId"]}
    assert key in event["Resources"]


def test_an_account_sees_its_own_events_and_a_region_its_own(server, root):
    root.iam.create_user(UserName="alice")
    server.root(OTHER).sts.get_caller_identity()
    server.client("sts", root.credentials, "eu-west-1").get_caller_identity()
    assert not server.client("cloudtrail", server.root(OTHER).credentials, "eu-west-1").lookup_events()["Events"]
    assert names(server.root(OTHER).cloudtrail.lookup_events())[-1] == "GetCallerIdentity"
    abroad = server.client("cloudtrail", root.credentials, "eu-west-1")
    assert names(abroad.lookup_events()) == ["GetCallerIdentity"]


def test_pages_go_on_where_they_ended_whatever_comes_meanwhile(root):
    for number in range(7):
        root.iam.create_user(UserName=f"user{number}")
    asked = attribute("EventName", "CreateUser")
    first = root.cloudtrail.lookup_events(**asked, MaxResults=3)
    root.iam.create_user(UserName="late")
    second = root.cloudtrail.lookup_events(**asked, MaxResults=3, NextToken=first["NextToken"])
    last = root.cloudtrail.lookup_events(**asked, NextToken=second["NextToken"])
    seen = [event["Resources"][0]["ResourceName"] for page in (first, second, last) for event in page["Events"]]
    assert seen == [f"user{number}" for number in range(6, -1, -1)]
    assert "NextToken" not in last
    with refused("InvalidNextTokenException"):
        root.cloudtrail.lookup_events(**attribute("EventName", "CreateGroup"), NextToken=first["NextToken"])
    for broken in ("", "x", first["NextToken"][:-4] + "AAAA", "A" * 600):
        with refused("InvalidNextTokenException"):
            root.cloudtrail.lookup_events(**asked, NextToken=broken)


def test_a_token_is_of_one_account_and_one_region(server, root):
    for number in range(3):
        root.iam.create_user(UserName=f"user{number}")
    token = root.cloudtrail.lookup_events(MaxResults=1)["NextToken"]
    for stranger in (
        server.root(OTHER).cloudtrail,
        server.client("cloudtrail", root.credentials, "eu-west-1"),
    ):
        with refused("InvalidNextTokenException"):
            stranger.lookup_events(NextToken=token)


def test_times_bound_a_look_up_and_include_their_ends(server, root):
    root.iam.create_user(UserName="alice")
    (event,) = root.cloudtrail.lookup_events()["Events"]
    at, second = event["EventTime"], timedelta(seconds=1)
    asked = attribute("EventName", "CreateUser")
    assert root.cloudtrail.lookup_events(**asked, StartTime=at, EndTime=at)["Events"]
    assert not root.cloudtrail.lookup_events(**asked, EndTime=at - second)["Events"]
    assert not root.cloudtrail.lookup_events(**asked, StartTime=at + second)["Events"]
    with refused("InvalidTimeRangeException"):
        root.cloudtrail.lookup_events(StartTime=at, EndTime=at - second)


def test_the_history_reaches_back_ninety_days(server, root, monkeypatch):
    def clock(*_, **__):
        return datetime.now(UTC).replace(tzinfo=None) + server.offset

    monkeypatch.setattr(auth, "get_current_datetime", clock)
    root.iam.create_user(UserName="alice")
    asked = attribute("EventName", "CreateUser")
    server.offset = timedelta(days=89)
    assert root.cloudtrail.lookup_events(**asked)["Events"]
    server.offset = timedelta(days=91)
    assert not root.cloudtrail.lookup_events(**asked, StartTime=datetime(2020, 1, 1, tzinfo=UTC))["Events"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"LookupAttributes": attribute("EventName", "a")["LookupAttributes"] * 2}, "InvalidLookupAttributesException"),
        (attribute("ReadOnly", "yes"), "InvalidLookupAttributesException"),
        (attribute("Colour", "red"), "ValidationException"),
        (attribute("EventName", ""), "ValidationException"),
        ({"MaxResults": 0}, "ValidationException"),
        ({"MaxResults": 51}, "ValidationException"),
        ({"MaxResults": "many"}, "SerializationException"),
        ({"EventCategory": "insight"}, "InvalidEventCategoryException"),
        ({"EventCategory": "data"}, "ValidationException"),
    ],
)
def test_what_cannot_be_looked_up_is_refused(root, asked, code):
    with refused(code):
        root.cloudtrail.lookup_events(**asked)


def test_looking_up_needs_its_permission(server):
    with refused("AccessDeniedException") as refusal:
        server.user("u").cloudtrail.lookup_events()
    sentence = f"User: arn:aws:iam::{ACCOUNT}:user/u is not authorized to perform: cloudtrail:LookupEvents"
    assert refusal.error.response["Error"]["Message"].startswith(sentence)
    assert refusal.error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert server.user("v", allow("cloudtrail:LookupEvents")).cloudtrail.lookup_events()["Events"]


def test_what_is_not_built_says_so(root):
    with refused("UnsupportedOperationException", "The operation ListChannels is not implemented by this server."):
        root.cloudtrail.list_channels()


def retarget(client, target):
    """Have a client name another operation."""

    def change(params, **_):
        params["headers"]["X-Amz-Target"] = target

    client.meta.events.register("before-call.*", change)


@pytest.mark.parametrize(
    "target", ["CloudTrail_20131101.Nope", "CloudTrail_20131101", "", "Other_1.LookupEvents", "CloudTrail_20131101."]
)
def test_an_unknown_target_is_said_to_those_who_are_known(root, target):
    retarget(root.cloudtrail, target)
    with refused("UnknownOperationException"):
        root.cloudtrail.lookup_events()


def test_the_short_target_is_the_same(root):
    retarget(root.cloudtrail, "CloudTrail_20131101.LookupEvents")
    assert root.cloudtrail.lookup_events()["Events"] == []


def test_the_targets_are_the_models():
    prefix = model.service("cloudtrail").target_prefix
    assert {prefix, prefix.rpartition(".")[2]} == {
        target for target, service in routes.TARGETS.items() if service == "cloudtrail"
    }
    assert {name for name in routes.SERVICES if model.service(name).protocol == "json"} == routes.JSON


def test_errors_before_the_operation_are_in_json_too(server, root):
    answers = server.answers
    forged = {**root.credentials, "SecretAccessKey": "x" * 40}
    with refused("InvalidSignatureException"):
        server.client("cloudtrail", forged).lookup_events()
    with refused("UnrecognizedClientException"):
        server.client("cloudtrail", {**forged, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}).lookup_events()
    assert [answer.error_code for answer in answers[-2:]] == ["SignatureDoesNotMatch", "InvalidClientTokenId"]
    assert dict(answers[-1].headers)["x-amzn-errortype"] == "UnrecognizedClientException"
    headers = {"X-Amz-Target": "CloudTrail_20131101.LookupEvents"}
    unsigned = server.send(AWSPreparedRequest("POST", "http://127.0.0.1:4566/", headers, b"{}", stream_output=False))
    assert unsigned.status_code == 400
    assert json.loads(unsigned.content)["__type"] == "MissingAuthenticationTokenException"


def test_a_body_that_is_too_large_is_said_to_those_who_are_known(server, root):
    large = {"NextToken": "a" * aws_json.MOST_BYTES}
    with refused("RequestEntityTooLargeException") as refusal:
        root.cloudtrail.lookup_events(**large)
    assert refusal.error.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    with refused("InvalidSignatureException"):
        server.client("cloudtrail", {**root.credentials, "SecretAccessKey": "x" * 40}).lookup_events(**large)


FORM = "Action=ListUsers&Version=2010-05-08"


def test_a_signature_for_one_service_opens_no_other(server, root):
    client = server.client("cloudtrail", root.credentials)
    client.meta.events.register("before-call.*", lambda params, **_: params.update(body=FORM))
    retarget(client, "")
    with refused("UnknownOperationException"):
        client.lookup_events()
    client = server.client("iam", root.credentials)
    client.meta.events.register("before-call.*", lambda params, **_: params.update(body="{}"))
    retarget(client, "CloudTrail_20131101.LookupEvents")
    with refused("MissingAction"):
        client.list_users()


def test_a_root_user_goes_by_the_accounts_alias_in_records_and_is_found_as_root(root):
    root.iam.create_account_alias(AccountAlias="company")
    root.iam.create_user(UserName="alice")
    (event,) = root.cloudtrail.lookup_events(**attribute("EventName", "CreateUser"))["Events"]
    who = json.loads(event["CloudTrailEvent"])["userIdentity"]
    assert (who["type"], who["userName"], event["Username"]) == ("Root", "company", "root")
    assert event in root.cloudtrail.lookup_events(**attribute("Username", "root"))["Events"]
    (first,) = root.cloudtrail.lookup_events(**attribute("EventName", "CreateAccountAlias"))["Events"]
    assert json.loads(first["CloudTrailEvent"])["userIdentity"].get("userName") in {None, "company"}
