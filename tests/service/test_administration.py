"""The operator's commands: what each changes, refuses, and leaves as an event."""

import json
from base64 import b32decode
from datetime import timedelta

import pytest

from keyreeve.access import passwords, tokens, totp
from keyreeve.access.credentials import access_key_id, account_of
from keyreeve.entities import (
    AccessKey,
    Account,
    Attachment,
    DelegationNotification,
    Group,
    Membership,
    RootUser,
    User,
)
from keyreeve.events import look_up
from keyreeve.faults import EntityAlreadyExists, InvalidAction, LimitExceeded, NoSuchEntity, ValidationError
from keyreeve.seal import KeyRing, ring
from keyreeve.service import accounts, administration, root
from keyreeve.service.accounts import KEY_ID_VARIABLE, SECRET_VARIABLE, UnfitKey
from keyreeve.templates import Partner, Templates

ACCOUNT = "111122223333"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def run(node, command, **arguments):
    return administration.run(node, command, json.loads(json.dumps(arguments))).result


def newest(node):
    return next(event for _, event in look_up(node.log.rows))


# Accounts.


def test_an_account_has_a_root_user_without_credentials_and_an_administrator(node):
    tx = node.view.begin()
    found = tx.get(RootUser, ACCOUNT, ACCOUNT)
    assert found.password_hash is None
    assert tx.where(AccessKey, ACCOUNT, "principal", ACCOUNT) == []
    user = tx.find(User, ACCOUNT, "name", "admin")
    group = tx.find(Group, ACCOUNT, "name", "administrators")
    assert tx.get(Membership, ACCOUNT, f"{group.group_id}/{user.user_id}")
    (attached,) = tx.where(Attachment, ACCOUNT, "principal", group.group_id)
    assert attached.policy_arn == "arn:aws:iam::aws:policy/AdministratorAccess"
    (key,) = tx.where(AccessKey, ACCOUNT, "principal", user.user_id)
    assert account_of(key.access_key_id) == ACCOUNT


def test_making_an_account_is_an_event_without_the_secret(node):
    made = run(node, "accounts.create", name="staging")
    event = newest(node)
    assert (event.event_source, event.event_name) == ("organizations.amazonaws.com", "CreateAccount")
    assert event.recipient_account_id == made["account_id"]
    assert event.additional_event_data == {"command": "keyreeve accounts create"}
    assert made["access_key_id"] in event.encode().decode()
    assert made["secret_access_key"] not in event.encode().decode()


def test_accounts_are_listed_with_what_their_root_users_have(node, clock):
    clock.move(days=1)
    other = run(node, "accounts.create", account_id="000000000012", name="old")["account_id"]
    run(node, "root.create-access-key", account_id=other)
    first, second = run(node, "accounts.list")
    assert (first["account_id"], first["users"], first["root_access_keys"]) == (ACCOUNT, 1, 0)
    assert (second["account_id"], second["account_name"], second["root_access_keys"]) == ("000000000012", "old", 1)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"account_id": ACCOUNT}, EntityAlreadyExists),
        ({"account_id": "12"}, ValidationError),
        ({"account_id": "000000000000"}, ValidationError),
        ({"account_id": 123456789012}, ValidationError),
        ({"name": ""}, ValidationError),
        ({"name": "line\nfeed"}, ValidationError),
        ({"colour": "red"}, ValidationError),
    ],
)
def test_an_unfit_account_is_refused(node, arguments, fault):
    with pytest.raises(fault):
        run(node, "accounts.create", **arguments)
    assert len(node.view.begin().everywhere(Account)) == 1


@pytest.mark.parametrize("value", [0, 1, 127, 255])
def test_random_account_ids_do_not_begin_with_zero(value):
    found = accounts.new_account_id(lambda count: bytes([value]) * count)
    assert len(found) == 12
    assert found[0] != "0"


def test_the_first_key_may_be_given(node):
    identifier = access_key_id("AKIA", "444455556666", node.chance)
    key = accounts.first_key(None, {KEY_ID_VARIABLE: identifier, SECRET_VARIABLE: SECRET}, node.chance)
    assert (key.account_id, key.access_key_id, key.secret_access_key, key.given) == (
        "444455556666",
        identifier,
        SECRET,
        True,
    )
    assert SECRET not in repr(key)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({KEY_ID_VARIABLE: "AKIA2VER33DIVM7J2WJC"}, "belong together"),
        ({SECRET_VARIABLE: SECRET}, "belong together"),
        ({KEY_ID_VARIABLE: "AKIAIOSFODNN7EXAMPLE", SECRET_VARIABLE: SECRET}, "not a key id in AWS's form"),
        ({KEY_ID_VARIABLE: "ASIA2VER33DIVM7J2WJC", SECRET_VARIABLE: SECRET}, "not a key id in AWS's form"),
        ({KEY_ID_VARIABLE: "admin", SECRET_VARIABLE: SECRET}, "not a key id in AWS's form"),
        ({KEY_ID_VARIABLE: "AKIA2VER33DIVM7J2WJC", SECRET_VARIABLE: "secret"}, "40 characters"),
    ],
)
def test_an_unfit_first_key_is_refused(environ, sentence, node):
    with pytest.raises(UnfitKey, match=sentence):
        accounts.first_key(None, environ, node.chance)


def test_a_given_key_must_tell_the_given_account(node):
    environ = {KEY_ID_VARIABLE: access_key_id("AKIA", "444455556666", node.chance), SECRET_VARIABLE: SECRET}
    assert accounts.first_key("444455556666", environ, node.chance).account_id == "444455556666"
    with pytest.raises(UnfitKey, match="tells account 444455556666, and --account-id says 111122223333"):
        accounts.first_key(ACCOUNT, environ, node.chance)


# The root user.


def test_the_root_user_gets_a_password(node):
    run(node, "root.set-password", password_hash=root.hashed("Correct horse 7"))
    found = node.view.begin().get(RootUser, ACCOUNT, ACCOUNT)
    assert passwords.verify(found.password_hash, "Correct horse 7")
    event = newest(node)
    assert (event.event_source, event.event_name, event.event_type) == (
        "signin.amazonaws.com",
        "PasswordUpdated",
        "AwsConsoleSignIn",
    )
    assert (event.user_identity.type, event.user_identity.arn) == ("Root", f"arn:aws:iam::{ACCOUNT}:root")
    assert b"argon2" not in event.encode()


@pytest.mark.parametrize("given", ["Correct horse 7", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA", ""])
def test_only_a_hash_of_todays_making_is_a_password(node, given):
    with pytest.raises(ValidationError):
        run(node, "root.set-password", password_hash=given)


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("Short1!", False),
        ("longbutonlysmall", False),
        ("nocapitals1", False),
        ("Capitals1", True),
        ("small letters 1", True),
        ("x" * 127 + "A1", False),
    ],
)
def test_the_root_password_policy(password, fits):
    assert (root.password_problem(password) is None) is fits


def test_the_root_user_has_two_keys_at_most(node):
    made = [run(node, "root.create-access-key") for _ in range(2)]
    assert all(account_of(each["access_key_id"]) == ACCOUNT for each in made)
    with pytest.raises(LimitExceeded):
        run(node, "root.create-access-key")
    assert made[1]["secret_access_key"] not in newest(node).encode().decode()
    assert newest(node).response_elements["accessKey"]["accessKeyId"] == made[1]["access_key_id"]


def test_a_root_session_lasts_an_hour(node):
    made = run(node, "root.session")
    assert made["endpoint_url"] is None
    session = tokens.open(node.ring, made["session_token"])
    assert (session.kind, session.principal_id) == ("root_session", ACCOUNT)
    assert session.expires - session.issued == timedelta(hours=1)
    assert made["expiration"] == "2026-05-04T04:02:01Z"
    event = newest(node)
    assert event.event_name == "GetSessionToken"
    assert made["session_token"] not in event.encode().decode()


def test_with_several_accounts_one_must_be_named(node):
    other = run(node, "accounts.create")["account_id"]
    with pytest.raises(ValidationError, match=f"--account: .*{other}"):
        run(node, "root.session")
    assert run(node, "root.session", account_id=other)["account_id"] == other
    with pytest.raises(NoSuchEntity, match="no account 123"):
        run(node, "root.session", account_id="123")


# The key ring.


def secret_of(node):
    (key,) = node.view.begin().everywhere(AccessKey)
    return key.sealed_secret[1:5].hex(), node.ring.unseal(key.sealed_secret, key.access_key_id)


def test_rotation_seals_everything_anew(node):
    before = secret_of(node)
    done = run(node, "keys.rotate")
    assert done == {"key_id": node.ring.keys.all[0].id, "resealed": 1, "broken": 0}
    assert secret_of(node) == (done["key_id"], before[1])
    shown = run(node, "keys.show")
    assert [each["state"] for each in shown] == ["primary", "retired"]
    assert set(shown[0]) == {"key_id", "state", "created", "retired"}
    event = newest(node)
    assert (event.event_name, event.additional_event_data["compromised"]) == ("RotateKey", False)


def test_a_compromised_ring_ends_sessions(node):
    token = run(node, "root.session")["session_token"]
    run(node, "keys.rotate")
    assert tokens.open(node.ring, token)
    run(node, "keys.rotate", compromised=True)
    with pytest.raises(tokens.TokenBroken):
        tokens.open(node.ring, token)


def test_a_secret_that_does_not_open_is_left_and_counted(node, caplog):
    other = run(node, "accounts.create")
    tx = node.view.begin()
    tx.put(AccessKey(**{**fields(tx.everywhere(AccessKey)[0]), "sealed_secret": b"noise"}))
    tx.commit()
    assert run(node, "keys.reseal") == {"key_id": node.ring.keys.all[0].id, "resealed": 1, "broken": 1}
    assert "does not open" in caplog.text
    assert newest(node).event_name == "ReEncrypt"
    assert other["secret_access_key"]
    states = {each["check"]: each["state"] for each in run(node, "doctor")}
    assert states["secrets"] == "problem"


def fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_a_ring_that_is_in_no_file_is_not_rotated_from_here(opened, tmp_path, clock):
    given = ring.text(KeyRing.create(tmp_path / "ring.json", clock()).keys).decode()
    with pytest.raises(ValidationError, match="keys rotate --print"):
        run(opened({ring.VARIABLE: given}), "keys.rotate")


# Notifications.


def waiting(node, message):
    """A message that waits for a partner."""
    tx = node.view.begin()
    record = DelegationNotification(
        account_id="111122223333",
        notification_id="N1",
        channel="arn:aws:sns:us-east-1:111122223333:topic",
        sealed_message=node.ring.seal(json.dumps(message).encode(), "N1"),
        create_date=node.now(),
    )
    tx.put(record)
    tx.commit()
    return record


def test_a_message_waits_until_it_is_forgotten(node):
    assert run(node, "notifications.list") == []
    record = waiting(node, {"Type": "ExchangeToken", "ExchangeToken": "secret"})
    run(node, "keys.rotate")
    assert run(node, "notifications.list") == [
        {
            "notification_id": "N1",
            "channel": record.channel,
            "message": {"Type": "ExchangeToken", "ExchangeToken": "secret"},
        }
    ]
    run(node, "notifications.forget", notification_id="N1")
    assert run(node, "notifications.list") == []
    with pytest.raises(NoSuchEntity):
        run(node, "notifications.forget", notification_id="N1")


# All of them.


def test_an_unknown_command_is_told(node):
    with pytest.raises(InvalidAction, match="has no command nothing"):
        run(node, "nothing")


def test_missing_arguments_are_told(node):
    with pytest.raises(ValidationError, match=r"root\.set-password takes password_hash, account_id"):
        run(node, "root.set-password")


@pytest.mark.parametrize("command", sorted(administration.COMMANDS.keys() - {"managed-policies.update"}))
def test_results_are_json(command, node):
    given = {
        "root.set-password": {"password_hash": root.hashed("Correct horse 7")},
        "managed-policies.show": {"name": "ReadOnlyAccess"},
    }
    if command == "root.enroll-mfa":
        seed, step = root.new_seed(node.chance), int(node.now().timestamp()) // totp.STEP_SECONDS
        first, second = (totp.code(b32decode(seed), each) for each in (step - 1, step))
        given[command] = {"seed": seed, "first_code": first, "second_code": second}
    if command == "notifications.forget":
        given[command] = {"notification_id": waiting(node, {}).notification_id}
    attached = {"target_id": ACCOUNT, "policy_type": "SERVICE_CONTROL_POLICY", "name": "Everything"}
    content = {"content": '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'}
    given["organizations.attach-policy"] = {**attached, **content}
    if command in {"organizations.update-policy", "organizations.detach-policy"}:
        run(node, "organizations.attach-policy", **attached, **content)
        given[command] = {**attached, **(content if command.endswith("update-policy") else {})}
    assert json.dumps(run(node, command, **given.get(command, {})))


def test_a_healthy_node_has_no_problem(node, clock):
    assert {each["state"] for each in run(node, "doctor")} == {"ok"}
    clock.move(days=-1)
    states = {each["check"]: each["state"] for each in run(node, "doctor")}
    assert states.pop("clock") == "problem"
    assert set(states.values()) == {"ok"}


def test_doctor_says_when_the_clock_is_far_ahead_of_the_events(node, clock):
    clock.move(days=3)
    (found,) = [each for each in run(node, "doctor") if each["check"] == "clock"]
    assert (found["state"], found["sentence"][:20]) == ("note", "it is 2 days ahead o")


def test_doctor_reads_the_settings_back(node):
    node.engine._writer.execute("PRAGMA synchronous = OFF")
    (found,) = [each for each in run(node, "doctor") if each["check"] == "database"]
    assert found == {"check": "database", "state": "problem", "sentence": "synchronous is 0, not FULL"}


def test_doctor_looks_for_the_accounts_of_partners(opened, node):
    node.close()
    for account, state in (("111122223333", "ok"), ("999999999999", "problem")):
        partner = Partner(account_id=account, name="Example", policy_templates=())
        other = opened(create=False, templates=Templates(delegation_partners=(partner,)))
        (found,) = [each for each in run(other, "doctor") if each["check"] == "templates"]
        assert found["state"] == state
        other.close()
