"""Enrolling security keys: only what a real key made for this page, this user and this moment becomes a device."""

import json
import re
from datetime import timedelta

import cbor2
import pytest

from harness import ACCOUNT, OTHER, allow
from keyreeve.access import sign_in
from keyreeve.entities import FIDODevice
from keyreeve.service.enrolling import NO_NAME, NOT_PROVEN, KeyEnrolled, KeyWanted, Wish
from keyreeve.service.signing_in import Refused
from security_key import FOREIGN, Browser, SecurityKey, decoded, plain
from signing import FIRST, root_password

WISH = Wish("yubikey")
UNPROVEN = Refused(NOT_PROVEN)
IN_USE = Refused("MFA Device is already in use.")


def kept(server, account=ACCOUNT):
    return server.view.begin().all(FIDODevice, account)


@pytest.mark.parametrize("algorithm", [-7, -8])
@pytest.mark.parametrize("attestation", ["none", "self", "made"])
def test_a_key_becomes_a_device(root, token, door, attestation, algorithm):
    key = SecurityKey(algorithm, attestation=attestation)
    found = door.enrol(token, key)
    assert isinstance(found, KeyEnrolled)
    serial = found.device.serial_number
    assert re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:u2f/user/alice/yubikey-[A-Z2-7]{{26}}", serial)
    (listed,) = root.iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert (listed["UserName"], listed["SerialNumber"]) == ("alice", serial)
    told = root.iam.get_mfa_device(UserName="alice", SerialNumber=serial)
    assert (told["UserName"], told["SerialNumber"], told["EnableDate"]) == ("alice", serial, listed["EnableDate"])
    assert not told.get("Certifications")
    assert door.touch(key).serial_number == serial


def test_a_browser_is_told_what_to_ask(root, token, door):
    options = json.loads(door.begin_enrolment(token, WISH).options)
    assert options["rp"] == {"id": "iam.example", "name": "Keyreeve"}
    assert options["user"]["name"] == "alice"
    assert decoded(options["user"]["id"]).decode() == root.iam.get_user(UserName="alice")["User"]["UserId"]
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -8]
    assert (options["excludeCredentials"], options["attestation"]) == ([], "none")
    assert len(decoded(options["challenge"])) == 32
    key = SecurityKey()
    door.enrol(token, key)
    token = door.touch(key).token
    excluded = json.loads(door.begin_enrolment(token, Wish("second")).options)["excludeCredentials"]
    assert excluded == [{"id": plain(key.credential_id), "type": "public-key", "transports": ["usb"]}]


def test_an_enrolment_is_recorded(token, door):
    serial = door.enrol(token, SecurityKey()).device.serial_number
    (event,) = door.events("EnableMFADevice")
    assert event["requestParameters"] == {"userName": "alice", "serialNumber": serial}
    assert (event["eventSource"], event["sessionCredentialFromConsole"]) == ("iam.amazonaws.com", "true")
    assert (event["userIdentity"]["userName"], event["sourceIPAddress"]) == ("alice", "192.0.2.7")


@pytest.mark.parametrize("browser", FOREIGN, ids=repr)
def test_another_page_or_party_enrols_nothing(server, token, door, browser):
    assert door.enrol(token, SecurityKey(), browser=browser) == UNPROVEN
    assert kept(server) == []
    (event,) = door.events("EnableMFADevice")
    assert event["errorCode"] == "InvalidAuthenticationCodeException"


def test_a_challenge_is_for_one_answer(server, token, door):
    key = SecurityKey()
    wanted = door.begin_enrolment(token, WISH)
    answer = key.create(wanted.options)
    assert isinstance(door.finish_enrolment(token, WISH, answer), KeyEnrolled)
    token = door.touch(key).token
    assert door.finish_enrolment(token, WISH, answer) == UNPROVEN
    assert len(kept(server)) == 1


def test_a_wrong_answer_uses_the_challenge_up(server, token, door):
    wanted = door.begin_enrolment(token, WISH)
    assert door.finish_enrolment(token, WISH, "{}") == UNPROVEN
    assert door.finish_enrolment(token, WISH, SecurityKey().create(wanted.options)) == UNPROVEN


def test_a_newer_challenge_takes_the_place_of_an_older_one(token, door):
    older, newer = (door.begin_enrolment(token, WISH).options for _ in range(2))
    assert door.finish_enrolment(token, WISH, SecurityKey().create(older)) == UNPROVEN
    assert older != newer


def test_a_challenge_is_for_a_while(server, token, door):
    key, wanted = SecurityKey(), door.begin_enrolment(token, WISH)
    server.offset = timedelta(minutes=5, seconds=1)
    assert door.finish_enrolment(token, WISH, key.create(wanted.options)) == UNPROVEN


def test_a_challenge_is_for_one_user_and_one_name(server, root, token, door):
    root.iam.create_user(UserName="bob")
    for other in (Wish("yubikey", "bob"), Wish("another")):
        wanted = door.begin_enrolment(token, WISH)
        assert door.finish_enrolment(token, other, SecurityKey().create(wanted.options)) == UNPROVEN


def test_a_challenge_is_for_who_asked(server, root, token, door):
    server.user("bob", allow("iam:*"))
    root.iam.create_login_profile(UserName="bob", Password=FIRST)
    wish, bobs = Wish("yubikey", "alice"), door.enter(name="bob").token
    wanted = door.begin_enrolment(token, wish)
    assert door.finish_enrolment(bobs, wish, SecurityKey().create(wanted.options)) == UNPROVEN


def test_a_challenge_of_a_sign_in_enrols_nothing(server, token, door):
    key = SecurityKey()
    door.enrol(token, key)
    token = door.touch(key).token
    request = json.loads(door.enter().options)
    options = json.loads(door.begin_enrolment(token, Wish("second")).options)
    mixed = json.dumps({**options, "challenge": request["challenge"]})
    assert door.finish_enrolment(token, Wish("second"), SecurityKey().create(mixed)) == UNPROVEN


def test_a_credential_is_enrolled_once_whoever_asks(server, root, token, door):
    key = SecurityKey()
    door.enrol(token, key)
    token = door.touch(key).token
    assert door.enrol(token, key, Wish("again")) == IN_USE
    root.iam.create_user(UserName="bob")
    assert door.enrol(token, key, Wish("again", "bob")) == IN_USE
    root_password(server)
    theirs = server.root(OTHER)
    theirs.iam.create_user(UserName="carol")
    theirs.iam.create_login_profile(UserName="carol", Password=FIRST)
    theirs.iam.put_user_policy(UserName="carol", PolicyName="all", PolicyDocument=json.dumps(allow("iam:*")))
    abroad = door.enter(name="carol", account=OTHER).token
    assert door.enrol(abroad, key) == IN_USE
    assert kept(server, OTHER) == []


def altered(key, options, change):
    """A key's answer whose attestation was changed after it was signed."""
    answer = json.loads(key.create(options))
    attested = cbor2.loads(decoded(answer["response"]["attestationObject"]))
    change(attested)
    answer["response"]["attestationObject"] = plain(cbor2.dumps(attested))
    return json.dumps(answer)


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("attestation", "change"),
    [
        ("self", lambda it: it["attStmt"].update(sig=flipped(it["attStmt"]["sig"], -1))),
        ("made", lambda it: it["attStmt"].update(sig=flipped(it["attStmt"]["sig"], -1))),
        ("self", lambda it: it.update(authData=flipped(it["authData"], 36))),
        ("none", lambda it: it.update(authData=flipped(it["authData"], 32))),
        ("none", lambda it: it.update(authData=flipped(it["authData"], 60))),
        ("none", lambda it: it.update(authData=it["authData"] + b"\x00")),
        ("none", lambda it: it.update(authData=it["authData"][:-1])),
        ("none", lambda it: it.update(attStmt={"sig": b"x"})),
        ("none", lambda it: it.update(fmt="packed")),
        ("none", lambda it: it.update(fmt="tpm")),
        ("none", lambda it: it.update(fmt="android-safetynet")),
        ("none", lambda it: it.update(fmt="fido-u2f")),
        ("none", lambda it: it.update(fmt=["none"])),
        ("none", lambda it: it.pop("authData")),
    ],
)
def test_an_answer_that_was_tampered_with_enrols_nothing(server, token, door, attestation, change):
    wanted = door.begin_enrolment(token, WISH)
    answer = altered(SecurityKey(attestation=attestation), wanted.options, change)
    assert door.finish_enrolment(token, WISH, answer) == UNPROVEN
    assert kept(server) == []


@pytest.mark.parametrize(
    "cose",
    [
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\x01\x00\x01"},
        {1: 3, 3: -7, -1: b"\xff" * 256, -2: b"\x01\x00\x01"},
        {1: 2, 3: -7, -1: 2, -2: bytes(32), -3: bytes(32)},
        {1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},
        {1: 2, 3: -8, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},
        {1: 1, 3: -8, -1: 6, -2: b"short"},
        {},
        "a text",
    ],
    ids=repr,
)
def test_keys_of_other_kinds_are_not_taken(token, door, cose):
    key = SecurityKey()
    key.cose = lambda: cose
    assert door.enrol(token, key) == UNPROVEN


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{", "{}", "x" * 20_000, "[" * 5_000, '{"id": 1}', "\ud800"], ids=repr
)
def test_what_is_no_answer_enrols_nothing(token, door, answer):
    door.begin_enrolment(token, WISH)
    assert door.finish_enrolment(token, WISH, answer) == UNPROVEN


def test_the_id_has_to_be_the_keys(token, door):
    wanted = door.begin_enrolment(token, WISH)
    answer = json.loads(SecurityKey().create(wanted.options))
    answer["id"] = answer["rawId"] = plain(b"y" * 32)
    assert door.finish_enrolment(token, WISH, json.dumps(answer)) == UNPROVEN


# Who may.


def test_the_permission_is_asked_for_twice(server, root, door, token):
    def may(half):
        condition = {"StringEquals": {"iam:RegisterSecurityKey": half}}
        policy = allow("iam:EnableMFADevice", Condition=condition)
        root.iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=json.dumps(policy))

    root.iam.create_user(UserName="bob")
    root.iam.create_login_profile(UserName="bob", Password=FIRST)
    bobs = door.enter(name="bob").token
    sentence = (
        f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: iam:EnableMFADevice on resource: "
        "user bob because no identity-based policy allows the iam:EnableMFADevice action"
    )
    assert door.begin_enrolment(bobs, WISH) == Refused(sentence)
    may("Create")
    wanted = door.begin_enrolment(bobs, WISH)
    assert isinstance(wanted, KeyWanted)
    answer = SecurityKey().create(wanted.options)
    assert door.finish_enrolment(bobs, WISH, answer) == Refused(sentence)
    answer = SecurityKey().create(door.begin_enrolment(bobs, WISH).options)
    may("Activate")
    assert door.begin_enrolment(bobs, WISH) == Refused(sentence)
    assert isinstance(door.finish_enrolment(bobs, WISH, answer), KeyEnrolled)
    assert [event.get("errorCode") for event in door.events("EnableMFADevice")] == ["AccessDenied"] * 3 + [None]


def test_who_wants_certified_keys_gets_none(root, door, token):
    """What a key is certified for is not known here, and a condition on it holds for no key."""
    condition = {"StringEquals": {"iam:FIDO-certification": ["L1", "L2"], "iam:RegisterSecurityKey": "Activate"}}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:EnableMFADevice", "Resource": "*", "Condition": condition},
            {
                "Effect": "Allow",
                "Action": "iam:EnableMFADevice",
                "Resource": "*",
                "Condition": {"StringEquals": {"iam:RegisterSecurityKey": "Create"}},
            },
        ],
    }
    root.iam.put_user_policy(UserName="alice", PolicyName="p0", PolicyDocument=json.dumps(policy))
    assert "not authorized" in door.enrol(token, SecurityKey()).sentence


def test_an_administrator_enrols_for_others(root, token, door):
    root.iam.create_user(UserName="bob")
    root.iam.create_login_profile(UserName="bob", Password=FIRST)
    key = SecurityKey()
    found = door.enrol(token, key, Wish("yubikey", "bob"))
    assert found.device.serial_number.startswith(f"arn:aws:iam::{ACCOUNT}:u2f/user/bob/yubikey-")
    assert door.touch(key, name="bob").caller.user.user_name == "bob"
    assert door.begin_enrolment(token, Wish("yubikey", "nobody")) == Refused(
        "The user with name nobody cannot be found."
    )


def test_who_has_a_device_adds_one_only_with_its_help(token, door):
    key = SecurityKey()
    door.enrol(token, key)
    assert "authenticated with an MFA device" in door.begin_enrolment(token, Wish("second")).sentence
    assert isinstance(door.enrol(door.touch(key).token, SecurityKey(), Wish("second")), KeyEnrolled)


def test_the_root_user_enrols_its_own(server, root, token, door):
    root_password(server)
    key = SecurityKey()
    found = door.enrol(door.enter(name=None).token, key)
    serial = found.device.serial_number
    assert re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:u2f/(root)/yubikey-[A-Z2-7]{{26}}", serial)
    assert door.touch(key, name=None).caller.kind == "root"
    assert root.iam.get_mfa_device(SerialNumber=serial)["UserName"] == "root"
    root.iam.deactivate_mfa_device(SerialNumber=serial)
    assert kept(server) == []


def test_nobody_else_enrols(server, root, alice, token, door):
    late = Refused(sign_in.LATE)
    own = alice.sts.get_session_token()["Credentials"]["SessionToken"]
    for wrong in ("", "x", "\ud800", "é" * 40, "x" * 10_000, token[:-2], own):
        assert door.begin_enrolment(wrong, WISH) == late
    server.offset = timedelta(hours=12, seconds=1)
    assert door.begin_enrolment(token, WISH) == late
    server.offset = timedelta(0)
    root.iam.delete_login_profile(UserName="alice")
    root.iam.delete_user_policy(UserName="alice", PolicyName="p0")
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.credentials["AccessKeyId"])
    root.iam.delete_user(UserName="alice")
    assert door.begin_enrolment(token, WISH) == late


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 129, "ä", "a\n"], ids=repr)
def test_a_name_is_one_that_a_serial_number_can_hold(token, door, name):
    assert "deviceName is invalid" in door.begin_enrolment(token, Wish(name)).sentence


@pytest.mark.parametrize(
    "name", ["", "a b", "x" * 129, "x" * 10_000, "\ud800", "a\n"], ids=lambda name: repr(name)[:20]
)
def test_a_user_is_one_that_the_model_knows(server, token, door, name):
    said = door.begin_enrolment(token, Wish("yubikey", name)).sentence
    assert "userName" in said
    assert len(said) < 500
    assert door.finish_enrolment(token, Wish("yubikey", name), "{}").sentence == said
    assert not any((event["requestParameters"] or {}).get("userName") for event in door.events("EnableMFADevice"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "https://[::1]", "http://iam.example", "https://192.0.2.1"])
def test_a_server_without_a_name_or_tls_enrols_nothing(server, token, door, url):
    server.service.public_url = url
    assert door.begin_enrolment(token, WISH) == Refused(NO_NAME)


def test_the_machine_itself_needs_no_tls(server, token, door):
    server.service.public_url = "http://localhost:4566"
    browser, key = Browser("http://localhost:4566"), SecurityKey()
    assert isinstance(door.enrol(token, key, browser=browser), KeyEnrolled)
    assert door.touch(key, browser).serial_number
