"""What a record shows of a call, and that no secret is ever in one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from keyreeve.entities import User
from keyreeve.events.parameters import (
    LARGEST,
    LEFT_OUT,
    OMITTED,
    java_date,
    request_parameters,
    response_elements,
    written,
)
from keyreeve.wire import check, model

CANARY = "canary-in-the-mine"
MOMENT = datetime(2014, 7, 18, 16, 7, 39, tzinfo=UTC)
OPERATIONS = [(service, name) for service in ("iam", "sts") for name in model.service(service).operations]


def operation(service, name):
    return model.service(service).operations[name]


def filled(shape, name="", depth=0):
    """A value of a shape with a canary wherever the model or our table sees a secret."""
    secret = name in LEFT_OUT or shape.sensitive
    if shape.type == "structure":
        if depth > 6:
            return {}
        return {model.snake(inner): filled(member, inner, depth + 1) for inner, member in shape.members.items()}
    if shape.type == "list":
        return [filled(shape.member, name, depth + 1)]
    if shape.type == "map":
        return {"key": filled(shape.value, name, depth + 1)}
    if shape.type == "blob":
        return CANARY.encode() if secret else b"\x00\xff"
    plain = {"integer": 1, "long": 1, "boolean": True, "float": 0.5, "double": 0.5, "timestamp": MOMENT}
    return plain.get(shape.type, CANARY if secret else "text")


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_no_secret_is_in_a_record(make, service, name):
    asked, answered = operation(service, name).input, operation(service, name).output
    parameters = request_parameters(operation(service, name), filled(asked) if asked else {})
    elements = response_elements(operation(service, name), filled(answered) if answered else None)
    record = make.event(name=name, request_parameters=parameters, response_elements=elements).encode()
    assert CANARY.encode() not in record
    assert b"Y2FuYXJ5" not in record
    json.loads(record)


def test_all_that_the_models_call_sensitive_stands_in_the_table():
    found = set()

    def walk(shape, seen):
        if shape.name in seen:
            return
        for name, member in shape.members.items():
            if member.sensitive:
                found.add(name)
            walk(member, seen | {shape.name})
        if shape.type == "list":
            walk(shape.member, seen | {shape.name})

    for service, name in OPERATIONS:
        for shape in (operation(service, name).input, operation(service, name).output):
            if shape is not None:
                walk(shape, frozenset())
    assert found
    assert found <= LEFT_OUT


def test_members_named_like_secrets_are_judged_one_by_one():
    words = ("secret", "password", "token", "assertion", "code", "privatekey", "seed")
    shown = {
        "AllowUsersToChangePassword", "AssertionEncryptionMode", "GlobalEndpointTokenVersion", "MaxPasswordAge",
        "MinimumPasswordLength", "MinimumSessionTokenSize", "PasswordLastUsed", "PasswordPolicy",
        "PasswordResetRequired", "PasswordReusePrevention", "PrivateKeyList", "RemovePrivateKey", "SessionTokenSize",
        "SessionTokenUtilization", "SubjectFromWebIdentityToken", "ExpirePasswords", "Code",
    }  # fmt: skip
    named = {
        name
        for service, operation_name in OPERATIONS
        for shape in (operation(service, operation_name).input, operation(service, operation_name).output)
        if shape is not None
        for name in shape.members
        if any(word in name.lower() for word in words)
    }
    assert named - LEFT_OUT <= shown


def test_names_are_the_models_with_a_lower_first_letter():
    values = {"saml_metadata_document": "<x/>", "name": "idp", "tags": [{"key": "Team", "value": "a"}]}
    shown = request_parameters(operation("iam", "CreateSAMLProvider"), values)
    assert shown == {"sAMLMetadataDocument": "<x/>", "name": "idp", "tags": [{"key": "Team", "value": "a"}]}


def test_a_record_as_result_shows_what_the_model_names():
    alice = User(account_id="111122223333", user_id="AIDA1", user_name="alice", path="/", create_date=MOMENT)
    assert response_elements(operation("iam", "CreateUser"), {"user": alice}) == {
        "user": {
            "path": "/",
            "userName": "alice",
            "userId": "AIDA1",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "createDate": "Jul 18, 2014, 4:07:39 PM",
        }
    }


def test_reads_show_no_answer_but_issued_credentials_do():
    credentials = {"access_key_id": "ASIA1", "secret_access_key": CANARY, "session_token": CANARY, "expiration": MOMENT}
    shown = response_elements(operation("sts", "GetSessionToken"), {"credentials": credentials})
    assert shown == {"credentials": {"accessKeyId": "ASIA1", "expiration": "Jul 18, 2014, 4:07:39 PM"}}
    assert response_elements(operation("sts", "GetCallerIdentity"), {"account": "111122223333"}) is None
    assert response_elements(operation("iam", "DeleteUser"), None) is None


def test_bytes_are_base64_and_other_texts_are_texts():
    class Path(str):
        __slots__ = ()

    values = {"path": "/", "virtual_mfa_device_name": Path("phone")}
    shown = request_parameters(operation("iam", "CreateVirtualMFADevice"), values)
    assert json.dumps(shown) == '{"path": "/", "virtualMFADeviceName": "phone"}'
    content = response_elements(operation("iam", "UploadSSHPublicKey"), {"ssh_public_key": {"status": b"\x00"}})
    assert content == {"sSHPublicKey": {"status": "AA=="}}


def test_nothing_but_secrets_is_null():
    values = {"old_password": CANARY, "new_password": CANARY}
    assert request_parameters(operation("iam", "ChangePassword"), values) is None
    assert request_parameters(operation("sts", "GetCallerIdentity"), {}) is None


@pytest.mark.parametrize(
    "unfit", [{"policyDocument": "x" * LARGEST}, {"certificateBody": "-----BEGIN RSA PRIVATE KEY-----\nMII"}]
)
@pytest.mark.parametrize("part", ["request_parameters", "response_elements"])
def test_what_is_too_large_or_a_private_key_where_none_belongs_is_omitted(make, part, unfit):
    others = {"request_parameters": {"path": "/"}, "response_elements": {"path": "/"}}
    event = make.event(**{**others, part: unfit})
    assert written(make.event(**others)) == make.event(**others).encode()
    assert written(event) == msgspec.structs.replace(event, **{part: OMITTED}).encode()


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:07:39 AM"), (9, "9:07:39 AM"), (12, "12:07:39 PM"), (23, "11:07:39 PM")]
)
def test_dates_are_javas(hour, text):
    assert java_date(MOMENT.replace(hour=hour)) == f"Jul 18, 2014, {text}"


def test_what_events_leave_out_sentences_do_not_quote():
    hidden = set()
    for service in ("iam", "sts"):
        for operation in model.service(service).operations.values():
            members = {} if operation.input is None else operation.input.members
            hidden |= {shape for name, shape in members.items() if name in LEFT_OUT}
    assert len(hidden) > 7
    for shape in hidden:
        assert check._quoted(check.Fault("place", shape, "s3cret", "words")) == "'***'"
