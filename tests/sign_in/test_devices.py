"""Devices at sign-in: a code is demanded, and works once in the whole system."""

from datetime import timedelta

from authenticator import enabled
from harness import allow, refused
from keyreeve.access.sign_in import FactorWanted, SignedIn
from keyreeve.service.signing_in import Refused
from signing import FIRST, NOT_IN, SECOND


def test_a_device_is_demanded_of_who_has_one(server, root, alice, door):
    phone = enabled(root, "alice", step=-1)
    wanted = door.enter()
    assert isinstance(wanted, FactorWanted)
    assert wanted.serial_numbers == (phone.serial,)
    assert door.events() == []
    (asked,) = door.events("CheckMfa")
    assert asked["responseElements"] == {"CheckMfa": "Success"}
    found = door.enter(code=phone.code(1))
    assert isinstance(found, Refused)
    server.offset = timedelta(seconds=30)
    found = door.enter(code=phone.code(1))
    assert (found.serial_number, found.caller.mfa_time is not None) == (phone.serial, True)
    failed, succeeded = door.events()
    assert (failed["additionalEventData"]["MFAUsed"], failed["errorMessage"]) == ("Yes", "Failed authentication")
    assert succeeded["additionalEventData"]["MFAIdentifier"] == phone.serial
    assert succeeded["additionalEventData"]["MFAUsed"] == "Yes"


def test_a_sessions_second_factor_is_asked_for_by_policies(server, root, door):
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    server.user("bob", allow("iam:ListUsers", Condition=condition))
    root.iam.create_login_profile(UserName="bob", Password=FIRST)
    with refused("AccessDenied"):
        door.person(door.enter(name="bob")).iam.list_users()
    phone = enabled(root, "bob", step=-1)
    server.offset = timedelta(seconds=30)
    assert door.person(door.enter(name="bob", code=phone.code(1))).iam.list_users()["Users"]


def test_a_code_works_once_in_the_whole_system(server, root, alice, door):
    phone = enabled(root, "alice", step=-1)
    server.offset = timedelta(seconds=30)
    code = phone.code(1)
    assert isinstance(door.enter(code=code), SignedIn)
    assert door.enter(code=code) == NOT_IN
    with refused("AccessDenied"):
        alice.sts.get_session_token(SerialNumber=phone.serial, TokenCode=code)
    server.offset = timedelta(seconds=60)
    code = phone.code(2)
    alice.sts.get_session_token(SerialNumber=phone.serial, TokenCode=code)
    assert door.enter(code=code) == NOT_IN


def test_a_code_is_not_looked_at_without_the_password(server, root, alice, door):
    phone = enabled(root, "alice", step=-1)
    server.offset = timedelta(seconds=30)
    assert door.enter(password=SECOND, code=phone.code(1)) == NOT_IN
    assert isinstance(door.enter(code=phone.code(1)), SignedIn)


def test_wrong_codes_let_the_device_rest_everywhere(server, root, alice, door):
    phone = enabled(root, "alice", step=-1)
    for _ in range(5):
        assert door.enter(code="000000") == NOT_IN
    server.offset = timedelta(seconds=30)
    assert door.enter(code=phone.code(1)) == NOT_IN
    with refused("AccessDenied"):
        alice.sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code(1))


def test_any_of_several_devices_will_do(server, root, alice, door):
    phone, token = enabled(root, "alice", "phone"), enabled(root, "alice", "token")
    assert door.enter().serial_numbers == (phone.serial, token.serial)
    server.offset = timedelta(seconds=30)
    assert door.enter(code=token.code(1), serial_number=phone.serial) == NOT_IN
    assert door.enter(code=token.code(1)).serial_number == token.serial
    assert door.enter(code=phone.code(1), serial_number=phone.serial).serial_number == phone.serial


def test_the_second_factor_is_kept_over_the_change(server, root, alice, door):
    phone = enabled(root, "alice", step=-1)
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    server.offset = timedelta(seconds=30)
    wanted = door.enter(code=phone.code(1))
    found = door.change(wanted)
    assert (found.serial_number, found.caller.mfa_time) == (phone.serial, wanted.session.mfa_time)
    assert found.caller.mfa_time is not None
