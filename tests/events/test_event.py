from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyreeve import faults
from keyreeve.events import Event, Resource, UserIdentity, error_code, read_only
from keyreeve.events.event import Outline

REFERENCE = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROA00000000000000001:work",
        "arn": "arn:aws:sts::111122223333:assumed-role/role1/work",
        "accountId": "111122223333",
        "accessKeyId": "ASIA0000000000000001",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROA00000000000000001",
                "arn": "arn:aws:iam::111122223333:role/role1",
                "accountId": "111122223333",
                "userName": "role1",
            },
            "attributes": {"creationDate": "2026-11-24T09:00:00Z", "mfaAuthenticated": "false"},
        },
    },
    "eventTime": "2026-11-24T10:00:00Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "192.0.2.1",
    "userAgent": "aws-cli/1.46.3",
    "errorCode": "AccessDenied",
    "errorMessage": "no",
    "requestParameters": None,
    "responseElements": None,
    "requestID": "00000000-0000-4000-8000-000000000001",
    "eventID": "10000000-0000-4000-8000-000000000001",
    "readOnly": True,
    "resources": [{"accountId": "111122223333", "type": "AWS::IAM::Role", "ARN": "arn:aws:iam::111122223333:role/x"}],
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
    "sharedEventID": "s",
    "vpcEndpointId": "vpce-1",
    "eventCategory": "Management",
}


def test_a_record_has_cloudtrails_names_and_shows_nulls(make):
    role = Resource(
        account_id=make.ACCOUNT, resource_type="AWS::IAM::Role", resource_arn="arn:aws:iam::111122223333:role/x"
    )
    made = make.event(
        who=make.session(),
        name="AssumeRole",
        error_code="AccessDenied",
        error_message="no",
        resources=(role,),
        shared_event_id="s",
        vpc_endpoint_id="vpce-1",
    )
    assert json.loads(made.encode()) == REFERENCE
    assert Event.decode(json.dumps(REFERENCE).encode()) == made


def test_times_keep_whole_seconds(make):
    assert make.event(event_time=make.START + timedelta(microseconds=5)).event_time == make.START


def test_long_texts_are_cut_off_as_cloudtrail_does(make):
    long = make.event(user_agent="a" * 2000, error_message="b" * 2000)
    assert (long.user_agent, long.error_message) == ("a" * 1024, "b" * 1024)


def test_another_version_of_records_is_not_taken_for_ours(make):
    with pytest.raises(msgspec.ValidationError):
        Event.decode(make.event().encode().replace(b'"1.11"', b'"2.0"'))


texts = st.text(max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parameters=st.none() | st.dictionaries(texts, json_values, max_size=4),
    agent=texts,
    message=st.none() | texts,
    time=st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    name=st.none() | texts,
)
def test_an_event_comes_back_as_it_was(make, *, parameters, agent, message, time, name):
    who = UserIdentity(type="IAMUser", user_name=name)
    made = make.event(who=who, event_time=time, user_agent=agent, error_message=message, request_parameters=parameters)
    encoded = made.encode()
    assert Event.decode(encoded) == made
    assert b"\n" not in encoded


@pytest.mark.parametrize(
    "harm",
    [
        lambda record: record[:-1],
        lambda record: record.replace(b'"eventName":"', b'"eventName":"\xff'),
        lambda record: record.replace(b'"requestParameters":null', b'"requestParameters":' + b'{"a":' * 100_000),
        lambda record: record[:1] + record[-1:],
        lambda record: record[:0],
    ],
)
@pytest.mark.parametrize("kind", [Event, Outline])
def test_whatever_is_no_record_is_told_by_one_error(make, harm, kind):
    record = make.event(request_parameters=None).encode()
    assert kind.decode(record).event_name
    assert harm(record) != record
    with pytest.raises(msgspec.MsgspecError):
        kind.decode(harm(record))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.AccessDenied("x"), "AccessDenied"),
        (faults.NoSuchEntity("x"), "NoSuchEntityException"),
        (faults.PackedPolicyTooLarge("x"), "PackedPolicyTooLargeException"),
        (faults.RegionDisabledException("x"), "RegionDisabledException"),
        (faults.ValidationError("x"), "ValidationException"),
    ],
)
def test_error_codes_are_the_exceptions_names(fault, code):
    assert error_code(fault) == code


def test_what_issues_credentials_counts_as_a_read():
    reads = (
        "GetUser",
        "ListUsers",
        "AssumeRole",
        "GetSessionToken",
        "GenerateCredentialReport",
        "SimulateCustomPolicy",
    )
    assert all(read_only(name) for name in reads)
    assert not any(read_only(name) for name in ("CreateUser", "ChangePassword", "TagRole", "AddUserToGroup"))


def test_names_shown_in_look_ups(make):
    assert make.user(7).display_name == "user7"
    assert make.session(name="work").display_name == "work"
    assert UserIdentity(type="Root", principal_id=make.ACCOUNT).display_name == "root"
    assert make.session(3).entity_id == "AROA00000000000000003"
