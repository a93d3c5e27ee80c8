"""The second factor: a user's device, from two codes to the condition keys of sessions and roles."""

from datetime import timedelta

import pytest

from authenticator import device, enabled, in_one_half_minute, with_mfa
from harness import ACCOUNT, allow, refused, text, trusting

INVALID = "Authentication code for device is not valid."
GUARD = (
    "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this "
    "user."
)
ONLY_WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.fixture(autouse=True)
def calm():
    in_one_half_minute()


@pytest.fixture
def later(server):
    """Half a minute later: the next code is the current one."""
    server.offset = timedelta(seconds=30)


def test_a_session_with_a_code_may_what_needs_a_second_factor(server, root, later):
    bob = server.user("bob", allow("iam:ListUsers", Condition=ONLY_WITH_MFA))
    phone = enabled(root, "bob")
    with refused("AccessDenied"):
        bob.iam.list_users()
    session = with_mfa(server, bob, phone)
    assert session.iam.list_users()["Users"]
    with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "):
        with_mfa(server, bob, phone)
    with refused("AccessDenied"):
        bob.iam.list_users()


def test_the_codes_that_enabled_a_device_prove_nothing_more(server, root):
    bob = server.user("bob")
    phone = enabled(root, "bob")
    for step in (-1, 0):
        with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "):
            with_mfa(server, bob, phone, step)


def test_a_role_can_ask_for_a_second_factor(server, root, later):
    bob = server.user("bob")
    phone = enabled(root, "bob")
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, Condition=ONLY_WITH_MFA)
    arn = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))["Role"]["Arn"]
    asked = {"RoleArn": arn, "RoleSessionName": "s1"}
    with refused("AccessDenied"):
        bob.sts.assume_role(**asked)
    assert bob.sts.assume_role(**asked, SerialNumber=phone.serial, TokenCode=phone.code(1))
    with refused("AccessDenied"):
        bob.sts.assume_role(**asked, SerialNumber=phone.serial, TokenCode=phone.code(1))


def test_a_role_can_ask_how_long_ago(server, root, later):
    bob = server.user("bob", allow("iam:ListUsers", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}))
    session = with_mfa(server, bob, enabled(root, "bob"))
    assert session.iam.list_users()
    server.offset = timedelta(seconds=100)
    with refused("AccessDenied"):
        session.iam.list_users()


def test_a_deactivated_device_proves_nothing(server, root, later):
    bob = server.user("bob")
    phone = enabled(root, "bob")
    root.iam.deactivate_mfa_device(UserName="bob", SerialNumber=phone.serial)
    with refused("AccessDenied"):
        with_mfa(server, bob, phone)


def test_anothers_device_proves_nothing(server, root, later):
    eve = server.user("eve")
    root.iam.create_user(UserName="bob")
    phone = enabled(root, "bob")
    with refused("AccessDenied"):
        with_mfa(server, eve, phone)


def test_a_stolen_key_cannot_get_itself_a_device(server, root, later):
    bob = server.user("bob", allow("iam:*"))
    phone = device(bob)
    bob.iam.enable_mfa_device(UserName="bob", SerialNumber=phone.serial, **phone.two())
    another = device(bob, "another")
    with refused("AccessDenied", GUARD):
        bob.iam.enable_mfa_device(UserName="bob", SerialNumber=another.serial, **another.two())
    with refused("AccessDenied", GUARD):
        bob.iam.deactivate_mfa_device(SerialNumber=phone.serial)
    session = with_mfa(server, bob, phone)
    session.iam.enable_mfa_device(UserName="bob", SerialNumber=another.serial, **another.two())
    session.iam.deactivate_mfa_device(SerialNumber=phone.serial)
    assert len(session.iam.list_mfa_devices()["MFADevices"]) == 1


def test_a_clock_that_is_off_is_learnt_from_two_codes(server, root):
    bob = server.user("bob")
    phone = enabled(root, "bob", step=-2)
    with refused("AccessDenied"):
        with_mfa(server, bob, phone, 20)
    given = {"UserName": "bob", "SerialNumber": phone.serial}
    with refused("InvalidAuthenticationCode", INVALID):
        root.iam.resync_mfa_device(**given, **phone.two(100))
    root.iam.resync_mfa_device(**given, **phone.two(18))
    with refused("InvalidAuthenticationCode", INVALID):
        root.iam.resync_mfa_device(**given, **phone.two(18))
    assert with_mfa(server, bob, phone, 20)
    server.offset = timedelta(minutes=5)
    assert with_mfa(server, bob, phone, 30)
    with refused("AccessDenied"):
        with_mfa(server, bob, phone, 10)
