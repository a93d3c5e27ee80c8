"""Security keys at sign-in: what was touched here and now lets its owner in, and nothing else does."""

import json
from datetime import timedelta

import pytest

from authenticator import enabled
from harness import ACCOUNT, allow
from keyreeve.access.sign_in import FactorWanted, SignedIn
from keyreeve.entities import FIDODevice
from keyreeve.service.enrolling import Wish
from security_key import FOREIGN, ORIGIN, Browser, SecurityKey, decoded, plain
from signing import FIRST, NOT_IN, SECOND


@pytest.fixture
def key(token, door):
    """Alice's."""
    made = SecurityKey()
    made.serial = door.enrol(token, made).device.serial_number
    return made


def kept(server):
    (device,) = server.view.begin().all(FIDODevice, ACCOUNT)
    return device


def test_a_key_is_demanded_of_who_has_one(door, key):
    wanted = door.enter()
    assert isinstance(wanted, FactorWanted)
    assert wanted.serial_numbers == (key.serial,)
    options = json.loads(wanted.options)
    assert (options["rpId"], options["userVerification"]) == ("iam.example", "discouraged")
    assert options["allowCredentials"] == [
        {"id": plain(key.credential_id), "type": "public-key", "transports": ["usb"]}
    ]
    (asked,) = door.events("CheckMfa")
    assert asked["additionalEventData"] == {"MfaType": "U2F MFA"}


def test_who_touches_it_is_signed_in_with_a_second_factor(server, root, door, key):
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    policy = allow("iam:ListUsers", Condition=condition)
    root.iam.put_user_policy(UserName="alice", PolicyName="p0", PolicyDocument=json.dumps(policy))
    found = door.touch(key)
    assert isinstance(found, SignedIn)
    assert found.serial_number == key.serial
    assert door.person(found).iam.list_users()["Users"]
    event = door.events()[-1]
    assert event["responseElements"] == {"ConsoleLogin": "Success"}
    assert event["additionalEventData"]["MFAUsed"] == "Yes"
    assert event["additionalEventData"]["MFAIdentifier"] == key.serial
    assert kept(server).sign_count == key.count == 2
    assert isinstance(door.touch(key), SignedIn)
    assert kept(server).sign_count == 3


def wrong(door, answer):
    """An assertion that lets nobody in, and is recorded as a device that was looked at."""
    assert door.enter(assertion=answer) == NOT_IN
    event = door.events()[-1]
    assert (event["errorMessage"], event["additionalEventData"]["MFAUsed"]) == ("Failed authentication", "Yes")


@pytest.mark.parametrize("browser", FOREIGN, ids=repr)
def test_another_page_or_party_signs_nobody_in(door, key, browser):
    wrong(door, key.get(door.enter().options, browser))


def test_an_assertion_works_once(door, key):
    options = door.enter().options
    assertion = key.get(options)
    assert isinstance(door.enter(assertion=assertion), SignedIn)
    wrong(door, assertion)
    wrong(door, key.get(options))


def test_an_assertion_answers_the_newest_challenge(door, key):
    older = door.enter().options
    door.enter()
    wrong(door, key.get(older))


def test_a_challenge_that_was_never_given_is_none(door, key):
    options = json.loads(door.enter().options)
    wrong(door, key.get(json.dumps({**options, "challenge": plain(bytes(32))})))
    wrong(door, key.get(json.dumps(options)))


def test_a_challenge_is_for_a_while(server, door, key):
    assertion = key.get(door.enter().options)
    server.offset = timedelta(minutes=5, seconds=1)
    wrong(door, assertion)


def test_a_challenge_of_an_enrolment_signs_nobody_in(door, key):
    token = door.touch(key).token
    enrolment = json.loads(door.begin_enrolment(token, Wish("second")).options)
    request = json.loads(door.enter().options)
    wrong(door, key.get(json.dumps({**request, "challenge": enrolment["challenge"]})))


def test_somebody_elses_key_is_nothing(root, server, door, key):
    server.user("bob", allow("iam:*"))
    root.iam.create_login_profile(UserName="bob", Password=FIRST)
    server.service.public_url = ORIGIN
    theirs = SecurityKey()
    door.enrol(door.enter(name="bob").token, theirs)
    wrong(door, theirs.assertion(json.loads(door.enter().options), Browser()))
    claimed = SecurityKey()
    claimed.credential_id = key.credential_id
    wrong(door, claimed.get(door.enter().options))
    wrong(door, key.get(door.enter().options, userHandle=decoded(theirs.handle)))
    assert isinstance(door.enter(assertion=key.get(door.enter().options, userHandle=decoded(key.handle))), SignedIn)
    bobs = theirs.get(door.enter(name="bob").options)
    wrong(door, bobs)


@pytest.mark.parametrize(
    "change", [{"signature": b""}, {"signature": b"x" * 70}, {"authenticatorData": b""}, {"flags": 0}]
)
def test_a_signature_that_was_tampered_with_is_none(door, key, change):
    wrong(door, key.get(door.enter().options, **change))


def test_every_bit_counts(door, key):
    for member in ("signature", "authenticatorData", "clientDataJSON"):
        answer = json.loads(key.get(door.enter().options))
        data = decoded(answer["response"][member])
        answer["response"][member] = plain(data[:-1] + bytes([data[-1] ^ 1]))
        wrong(door, json.dumps(answer))


def test_an_assertion_is_no_attestation(door, key):
    wrong(door, key.get(door.enter().options, kind="webauthn.create"))


def test_a_counter_that_does_not_rise_tells_of_a_copy(server, door, key):
    assert isinstance(door.touch(key), SignedIn)
    key.count -= 1
    wrong(door, key.get(door.enter().options))
    key.count -= 2
    wrong(door, key.get(door.enter().options))
    key.count += 10
    assert isinstance(door.touch(key), SignedIn)


def test_a_counter_that_ever_counted_counts(server, door, key):
    key.step, key.count = 0, 0
    wrong(door, key.get(door.enter().options))


def test_passkeys_that_never_count_are_taken(server, token, door):
    key = SecurityKey(-8, step=0)
    door.enrol(token, key)
    assert isinstance(door.touch(key), SignedIn)
    assert isinstance(door.touch(key), SignedIn)
    assert kept(server).sign_count == 0


def test_the_password_comes_first(door, key):
    options = door.enter().options
    assertion = key.get(options)
    assert door.enter(password=SECOND, assertion=assertion) == NOT_IN
    assert isinstance(door.enter(assertion=assertion), SignedIn)


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", "x" * 20_000, "[" * 5_000, "\ud800", '{"response": {}}'], ids=repr
)
def test_what_is_no_assertion_signs_nobody_in(door, key, answer):
    door.enter()
    wrong(door, answer)


def test_a_code_is_nothing_to_a_key(door, key):
    assert door.enter(code="123456") == NOT_IN
    assert door.enter(code="") == NOT_IN


def test_an_assertion_is_nothing_to_who_has_a_phone(server, root, token, door):
    enabled(root, "alice", step=-1)
    wanted = door.enter()
    assert wanted.options is None
    made = SecurityKey()
    options = {"challenge": plain(bytes(32)), "rpId": "iam.example"}
    wrong(door, made.assertion(options, Browser()))


def test_any_of_several_devices_will_do(server, root, door, key):
    phone = enabled(root, "alice", step=-1)
    wanted = door.enter()
    assert set(wanted.serial_numbers) == {phone.serial, key.serial}
    assert door.events("CheckMfa")[-1]["additionalEventData"] == {"MfaType": "Multiple MFA Devices"}
    assert door.enter(assertion=key.get(wanted.options), serial_number=phone.serial) == NOT_IN
    assert door.touch(key).serial_number == key.serial
    server.offset = timedelta(seconds=30)
    assert door.enter(code=phone.code(1)).serial_number == phone.serial


def test_a_key_that_was_taken_away_is_none(root, door, key):
    assertion = key.get(door.enter().options)
    root.iam.deactivate_mfa_device(UserName="alice", SerialNumber=key.serial)
    assert isinstance(door.enter(assertion=assertion), SignedIn)
    assert door.enter().serial_number is None


def test_the_second_factor_is_kept_over_the_change(root, door, key):
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    wanted = door.touch(key)
    found = door.change(wanted)
    assert (found.serial_number, found.caller.mfa_time) == (key.serial, wanted.session.mfa_time)
    assert found.caller.mfa_time is not None


def test_where_no_browser_could_ask_nobody_gets_in(server, door, key):
    assertion = key.get(door.enter().options)
    server.service.public_url = "http://127.0.0.1:4566"
    assert door.enter().options is None
    wrong(door, assertion)


def test_challenges_do_not_pile_up(server, door, key):
    for _ in range(20):
        door.enter()
    assert len(server.service.sign_ins._challenges._given) == 1
