"""Signing in: who has the password gets in, and nobody learns why somebody else does not."""

from datetime import timedelta

import pytest

from harness import ACCOUNT, OTHER, refused
from keyreeve.access import passwords
from keyreeve.access.sign_in import Given, SignedIn
from keyreeve.events import look_up
from keyreeve.service.signing_in import Waiting
from signing import CHEAP, FIRST, NOT_IN, REQUEST, SECOND, profile, root_password


def test_a_user_signs_in_and_acts_as_itself(server, root, alice, door):
    found = door.enter()
    assert isinstance(found, SignedIn)
    assert (found.caller.kind, found.caller.mfa_time, found.serial_number) == ("user", None, None)
    assert found.caller.session.expires - found.caller.session.issued == timedelta(hours=12)
    person = door.person(found)
    assert person.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert person.iam.get_user()["User"]["UserName"] == "alice"
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        person.sts.get_session_token()
    called = door.events("GetUser")[-1]
    assert called["sessionCredentialFromConsole"] == "true"


def test_a_session_ends_with_its_user_and_in_time(server, root, alice, door):
    server.offset = -timedelta(hours=12, seconds=1)
    old = door.person(door.enter())
    server.offset = timedelta(0)
    with refused("ExpiredToken"):
        old.sts.get_caller_identity()
    person = door.person(door.enter())
    root.iam.delete_login_profile(UserName="alice")
    root.iam.delete_user_policy(UserName="alice", PolicyName="p0")
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.credentials["AccessKeyId"])
    root.iam.delete_user(UserName="alice")
    with refused("InvalidClientTokenId"):
        person.sts.get_caller_identity()


def test_the_account_may_be_named_by_its_alias(root, alice, door):
    root.iam.create_account_alias(AccountAlias="staging")
    assert isinstance(door.enter(account="staging"), SignedIn)
    assert door.enter(account="production") == NOT_IN
    assert door.enter(account=OTHER) == NOT_IN


def test_a_success_is_recorded_as_cloudtrail_does(root, alice, door):
    door.enter()
    (event,) = door.events()
    user_id = root.iam.get_user(UserName="alice")["User"]["UserId"]
    assert event["userIdentity"] == {
        "type": "IAMUser",
        "principalId": user_id,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "accountId": ACCOUNT,
        "userName": "alice",
    }
    assert event["responseElements"] == {"ConsoleLogin": "Success"}
    assert event["additionalEventData"] == {
        "LoginTo": "https://iam.example/signin",
        "MobileVersion": "No",
        "MFAUsed": "No",
    }
    assert (event["eventSource"], event["eventType"]) == ("signin.amazonaws.com", "AwsConsoleSignIn")
    assert (event["sourceIPAddress"], event["userAgent"], event["recipientAccountId"]) == (
        "192.0.2.7",
        "Browser/1",
        ACCOUNT,
    )
    used = root.iam.get_user(UserName="alice")["User"]["PasswordLastUsed"]
    assert f"{used:%Y-%m-%dT%H:%M:%SZ}" == event["eventTime"]
    listed = {user["UserName"]: user for user in root.iam.list_users()["Users"]}
    assert listed["alice"]["PasswordLastUsed"] == used


def test_a_failure_names_who_is_known(root, alice, door):
    assert door.enter(password=SECOND) == NOT_IN
    (event,) = door.events()
    assert (event["errorMessage"], event["responseElements"]) == ("Failed authentication", {"ConsoleLogin": "Failure"})
    assert event["userIdentity"]["userName"] == "alice"
    assert "PasswordLastUsed" not in root.iam.get_user(UserName="alice")["User"]


def test_a_failure_does_not_tell_what_was_typed_for_a_name(server, alice, door):
    assert door.enter(name="my-secret-password") == NOT_IN
    assert door.enter(name="ALICE") == NOT_IN
    for event in door.events():
        assert event["errorMessage"] == "No username found in supplied account"
        assert event["userIdentity"] == {
            "type": "IAMUser",
            "accountId": ACCOUNT,
            "accessKeyId": "",
            "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
        }
        assert event["additionalEventData"]["LoginTo"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "my-secret-password" not in repr(list(look_up(server.log.rows)))


def test_an_account_that_does_not_exist_has_no_record(door):
    assert door.enter(account="999999999999") == NOT_IN
    assert door.events() == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"password": SECOND},
        {"password": "x" * 10_000},
        {"password": ""},
        {"name": "nobody"},
        {"name": "keyless"},
        {"name": None},
        {"account": "999999999999"},
        {"account": "no-such-alias"},
        {"code": "123456", "password": SECOND},
    ],
    ids=repr,
)
def test_everybody_costs_one_hash_and_hears_one_sentence(root, alice, door, given):
    root.iam.create_user(UserName="keyless")
    found = door.enter(**given)
    assert door.work == [passwords.verify]
    assert isinstance(found, SignedIn) if not given else found == NOT_IN


def test_who_rests_costs_as_much_as_who_does_not(alice, door):
    for _ in range(6):
        assert door.enter(password=SECOND) == NOT_IN
        assert door.work == [passwords.verify]
    assert door.enter() == NOT_IN
    assert door.work == [passwords.verify]


def test_too_many_wrong_passwords_and_the_right_one_has_to_wait(server, alice, door):
    for _ in range(5):
        door.enter(password=SECOND)
    assert door.enter() == NOT_IN
    server.offset = timedelta(minutes=5, seconds=1)
    assert isinstance(door.enter(), SignedIn)
    assert isinstance(door.enter(password=FIRST), SignedIn)


def test_wrong_passwords_that_wait_together_count_too(server, alice, door):
    """The work of many attempts may be under way at once; each is counted before it is used."""
    begin = server.service.sign_ins.begin
    pending = [begin(Given(ACCOUNT, "alice", password), REQUEST) for password in [SECOND] * 5 + [FIRST]]
    assert [door.finish(each) for each in pending] == [NOT_IN] * 6


def test_one_user_resting_is_no_matter_for_others(server, root, alice, door):
    server.user("bob")
    root.iam.create_login_profile(UserName="bob", Password=SECOND)
    for _ in range(5):
        door.enter(password=SECOND)
    assert isinstance(door.enter(name="bob", password=SECOND), SignedIn)
    alice.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)


def test_an_outsider_cannot_fill_the_log(alice, door):
    for number in range(20):
        door.enter(password=SECOND)
        door.enter(name=f"nobody{number}")
    assert len(door.events()) == 10


def test_names_that_do_not_exist_are_not_remembered(server, alice, door):
    for number in range(20):
        door.enter(name=f"nobody{number}")
        door.enter(account=f"{number:012}")
    assert len(server.service._attempts._places) == 1


def test_the_root_user_signs_in_with_its_password_and_device(server, root, door):
    assert door.enter(name=None) == NOT_IN
    root_password(server)
    found = door.enter(name=None)
    assert found.caller.kind == "root"
    person = door.person(found)
    assert person.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert person.iam.list_users()["Users"] == []
    identities = [event["userIdentity"]["type"] for event in door.events()]
    assert identities == ["Root", "Root"]
    assert root.iam.get_user()["User"]["PasswordLastUsed"]


def test_a_user_called_root_is_not_the_root_user(server, root, door):
    root_password(server)
    assert door.enter(name="root") == NOT_IN
    server.user("root")
    root.iam.create_login_profile(UserName="root", Password=SECOND)
    assert door.enter(name="root", password=SECOND).caller.kind == "user"


def test_a_hash_of_other_parameters_is_made_anew(server, alice, door, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(**{**CHEAP, "time_cost": 2}))
    before = profile(server)
    assert isinstance(door.enter(), SignedIn)
    assert door.work == [passwords.verify, passwords.hash]
    after = profile(server)
    assert after.password_hash != before.password_hash
    assert after.password_last_changed == before.password_last_changed
    assert isinstance(door.enter(), SignedIn)
    assert door.work == [passwords.verify]
    root_password(server)
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(**CHEAP))
    assert isinstance(door.enter(name=None), SignedIn)
    assert door.work == [passwords.verify, passwords.hash]


def test_nothing_that_is_secret_is_shown_by_its_values(alice, door):
    given = Given(ACCOUNT, "alice", FIRST, "123456")
    assert FIRST not in repr(given)
    assert "123456" not in repr(given)
    found = door.enter()
    assert found.token not in repr(found)
    assert found.caller.session.secret_access_key not in repr(found)


def test_what_changes_while_a_hash_is_made_is_seen(root, alice, door, server):
    waiting = server.service.sign_ins.begin(Given(ACCOUNT, "alice", FIRST), REQUEST)
    right = waiting.work()
    root.iam.update_login_profile(UserName="alice", Password=SECOND)
    again = waiting.go_on(right)
    assert isinstance(again, Waiting)
    assert door.finish(again) == NOT_IN
