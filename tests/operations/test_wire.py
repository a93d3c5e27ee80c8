"""What stands around the operations: dispatch, gates, formats, events."""

import json
import re
from dataclasses import replace

import msgspec
import pytest

from harness import ACCOUNT, allow, refused
from keyreeve.events import Filter, look_up
from keyreeve.service import routes
from keyreeve.service.missing import NOT_BUILT
from keyreeve.wire.exchange import Request


def plain(body="", headers=(), method="POST", query=""):
    kept = (("host", "localhost"), ("content-type", "application/x-www-form-urlencoded"), *headers)
    return Request(method, "/", query, kept, body.encode(), "127.0.0.1")


def code(answer):
    return re.search(r"<Code>(\w+)</Code>", answer.body.decode())[1]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ("", 403, "MissingAuthenticationToken"),
        ("Action=GetUser&Version=2010-05-08", 403, "MissingAuthenticationToken"),
        ("Action=AssumeRoleWithSAML&Version=2011-06-15", 400, "ValidationError"),
        ("Action=Nope&Version=2011-06-15", 403, "MissingAuthenticationToken"),
    ],
)
def test_only_the_operations_of_the_table_come_without_a_signature(server, body, status, expected):
    answer = server.service.handle(plain(body))
    assert (answer.status, code(answer)) == (status, expected)
    assert "<RequestId>" in answer.body.decode()


def test_an_unknown_action_is_said_to_those_who_are_known(root):
    root.sts.meta.events.register("before-call.*", lambda params, **_: params["body"].update(Action="Foo"))
    with refused("InvalidAction", "Could not find operation Foo for version 2011-06-15"):
        root.sts.get_caller_identity()


def test_what_is_not_built_says_so(root, monkeypatch):
    monkeypatch.setitem(NOT_BUILT, "iam", frozenset({"GetUser"}))
    with refused("NotImplemented", "The operation GetUser is not implemented by this server."):
        root.iam.get_user(UserName="u")


def test_built_and_unbuilt_operations_are_the_model():
    for service in sorted(routes.SERVICES):
        built = {name for owner, name in routes.REGISTRY if owner == service}
        assert built | NOT_BUILT[service] == set(routes.model.service(service).operations)
        assert not built & NOT_BUILT[service]


def test_shape_faults_come_after_authorisation_in_iam(server, root):
    with refused("AccessDenied"):
        server.user("u").iam.get_role(RoleName="x" * 65)
    with refused("ValidationError"):
        root.iam.get_role(RoleName="x" * 65)


def test_shape_faults_come_first_in_sts_and_quote_the_value(server):
    sentence = (
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900"
    )
    with refused("ValidationError", sentence):
        server.user("u").sts.get_session_token(DurationSeconds=899)


def test_json_is_answered_to_those_who_ask_for_it(server, root):
    caught = []
    handle = server.service.handle
    server.service = type("Spy", (), {"handle": lambda _, request: caught.append(request) or handle(request)})()
    root.sts.get_caller_identity()
    answer = handle(msgspec.structs.replace(caught[0], headers=(*caught[0].headers, ("accept", "application/json"))))
    found = json.loads(answer.body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert found["Account"] == ACCOUNT


def test_a_denial_is_an_event_that_keeps_its_parameters_to_itself(server):
    actor = server.user("u")
    with refused("AccessDenied"):
        actor.iam.create_user(UserName="eve")
    (event,) = (event for _, event in look_up(server.log.rows, Filter(error_code="AccessDenied")))
    assert (event.event_name, event.user_identity.user_name, event.request_parameters) == ("CreateUser", "u", None)


def test_no_event_holds_a_secret(server, root):
    person = server.user("u", allow("*"))
    session = person.sts.get_session_token()["Credentials"]
    records = b"".join(event.encode() for _, event in look_up(server.log.rows, Filter()))
    assert person.credentials["AccessKeyId"].encode() in records
    for secret in (person.credentials["SecretAccessKey"], session["SecretAccessKey"], session["SessionToken"]):
        assert json.dumps(secret)[1:-1].encode() not in records
        assert secret.encode() not in records


def test_a_bug_answers_service_failure_and_changes_nothing(server, root, monkeypatch, caplog):
    built = routes.REGISTRY["iam", "CreateUser"]

    def broken(call, **_):
        built.handler(call, user_name="half")
        raise KeyError("planted")

    monkeypatch.setitem(routes.REGISTRY, ("iam", "CreateUser"), replace(built, handler=broken))
    with refused("ServiceFailure"):
        root.iam.create_user(UserName="whole")
    assert "planted" in caplog.text
    assert not root.iam.list_users()["Users"]


def test_an_operation_that_asks_nothing_is_refused(server, root, monkeypatch):
    built = routes.REGISTRY["iam", "ListUsers"]
    monkeypatch.setitem(routes.REGISTRY, ("iam", "ListUsers"), replace(built, asks=lambda *_: ()))
    with refused("AccessDenied"):
        root.iam.list_users()
