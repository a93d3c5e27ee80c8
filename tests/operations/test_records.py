"""The records of calls: written from what is kept of earlier ones, they say what a record written whole says."""

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from harness import ACCOUNT, OTHER, allow, text, trusting
from keyreeve.events import Filter, look_up
from keyreeve.service import Service, trail
from keyreeve.store import StoreFailure

AGENT = 'x"\\,"eventTime":"2020-01-01T00:00:00Z","requestParameters":null,'


def test_records_of_every_kind_of_caller_are_those_written_whole(server, root, written):
    alice = server.user("alice", allow(["iam:*", "sts:*"]))
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("*")))
    session = alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session")["Credentials"]
    federated = alice.sts.get_federation_token(Name="federated", Policy=text(allow("iam:*")))["Credentials"]
    written.clear()
    guest = server.person(federated)
    for _ in range(2):
        for who in (alice, server.person(session), guest):
            who.sts.get_caller_identity()
            if who is alice:
                who.iam.get_user()
            if who is not guest:  # a federated user may not ask IAM
                who.iam.list_users(PathPrefix="/", MaxItems=5)
                who.iam.get_role(RoleName="r")
    assert len(written) == 2 * (4 + 3 + 1)
    assert all(record is not None for record, _ in written)


def test_records_of_changes_are_those_written_whole(server, root, written):
    alice = server.user("alice", allow(["iam:*", "sts:*"]))
    tags = [{"Key": "k", "Value": "v"}]
    for name in ("bob", "carol"):
        alice.iam.create_user(UserName=name, Path="/deep/", Tags=tags)
        alice.iam.create_access_key(UserName=name)
        alice.iam.create_policy(PolicyName=name, PolicyDocument=text(allow("s3:*")), Description='"&<>\\')
        alice.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
        alice.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=text(allow("*")))
        alice.iam.delete_user_policy(UserName=name, PolicyName="p")
        alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="session", Tags=tags[:0])
        alice.sts.get_session_token()
    made = written[-16:]
    assert all(record is not None for record, _ in made)
    assert [json.loads(whole).get("resources") for _, whole in made[6::8]] == [
        [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": f"arn:aws:iam::{ACCOUNT}:role/{name}"}]
        for name in ("bob", "carol")
    ]
    assert b'"sessionToken":' not in made[6][0]
    assert b'"secretAccessKey":' not in made[1][0]


def test_a_role_of_another_account_is_told_there_as_well(server, root, written):
    alice = server.user("alice", allow("sts:AssumeRole"))
    there = server.root(OTHER).iam
    there.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    written.clear()
    alice.sts.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/r", RoleSessionName="session")
    ((record, _),) = written
    assert record is None
    told = [event for _, event in look_up(server.log.rows, Filter(event_name="AssumeRole"))]
    assert {event.recipient_account_id for event in told} == {ACCOUNT, OTHER}


def test_what_changed_between_two_reads_is_told_of_the_second(server, root, written):
    alice = server.user("alice", allow("*"))
    role = {"RoleName": "r", "AssumeRolePolicyDocument": text(trusting({"AWS": ACCOUNT}))}
    here, there = alice.sts, server.client("sts", alice.credentials, "eu-west-1")
    for name, sts, again in (("alice", here, "bob"), ("bob", there, "alice"), ("alice", here, "bob")):
        root.iam.create_role(**role)
        session = alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session")
        written.clear()
        sts.get_caller_identity()
        server.person(session["Credentials"]).sts.get_caller_identity()
        server.person(alice.sts.get_session_token()["Credentials"]).sts.get_caller_identity()
        root.iam.update_user(UserName=name, NewUserName=again)
        root.iam.delete_role(RoleName="r")
        asked = [json.loads(record) for record, _ in written if record is not None]
        told = [event["userIdentity"].get("userName") for event in asked if event["eventName"] == "GetCallerIdentity"]
        assert told == [name, None, name]


def test_a_hostile_agent_is_told_as_it_came(server, written):
    alice = server.user("alice", allow("iam:*"))
    client = server.client("iam", alice.credentials)
    client.meta.events.register_first(
        "before-send.*", lambda request, **_: request.headers.update({"User-Agent": AGENT})
    )
    client.get_user()
    record, _ = written[-1]
    assert json.loads(record)["userAgent"] == AGENT


def test_what_has_more_to_say_is_written_whole(server, root, written):
    root.iam.list_users()
    alice = server.user("alice", allow(["iam:*", "sts:*"]))
    assert written.pop()[0] is None  # a root user may have an alias
    alice.iam.simulate_custom_policy(PolicyInputList=[text(allow("s3:*"))] * 3000, ActionNames=["s3:GetObject"])
    assert written.pop()[0] is None
    (simulated,) = [event for _, event in look_up(server.log.rows, Filter(event_name="SimulateCustomPolicy"))]
    assert simulated.request_parameters == {"omitted": True}


def test_no_call_makes_a_record_that_is_large(server):
    """Whoever has a key may send megabytes, and a thousand records are packed at once."""
    alice = server.user("alice")
    for value in ("arn:aws:iam::111122223333:role/" + "x" * 900_000, f"arn:aws:iam::{'1' * 900_000}:role/x"):
        with pytest.raises(ClientError, match="ValidationError"):
            alice.sts.assume_role(RoleArn=value, RoleSessionName="session")
        with pytest.raises(ClientError, match="ValidationError"):
            alice.sts.assume_root(TargetPrincipal=value, TaskPolicyArn={"arn": value})
    told = [event for _, event in look_up(server.log.rows) if event.error_code is not None]
    assert len(told) == 4
    assert max(len(event.encode()) for event in told) < 10_000


def test_the_kinds_of_calls_that_are_kept_are_bounded(server, monkeypatch, written):
    monkeypatch.setattr(trail, "STEMS", 2)
    alice = server.user("alice", allow("iam:*"))
    for _ in range(2):
        alice.iam.get_user()
        alice.iam.list_users()
        alice.iam.list_groups()
    assert len(written) == 3 + 6  # making alice took three
    del written[:3]
    assert all(record is not None for record, _ in written)
    assert len(server.service._records._stems) <= 2


def test_what_a_root_user_read_is_not_told_when_it_was_lost_meanwhile(server, root, monkeypatch):
    """The writer may fail while a request is handled: then nobody may take what it saw for durable."""
    server.view.save()
    recorded = Service._event

    def failing(*args, **more):
        server.view.writer.fail(StoreFailure("planted"))
        return recorded(*args, **more)

    root.iam.create_user(UserName="lost")
    monkeypatch.setattr(Service, "_event", failing)
    for reading in (root.iam.list_users, lambda: root.iam.get_user(UserName="nobody")):
        with suppress(ClientError):
            reading()
        outcomes = []
        server.view.begin()
        server.view.writer.wait(server.answers[-1].revision, outcomes.append)
        assert isinstance(outcomes[0], StoreFailure)


def test_a_clock_of_another_zone_is_told_in_utc():
    second = trail._second(datetime(2026, 5, 4, 1, 30, 7, 900_000, tzinfo=timezone(timedelta(hours=5))))
    assert (second.text, f"{second.time:%H:%M:%S.%f %Z}") == ("2026-05-03T20:30:07Z", "20:30:07.000000 UTC")
