"""Passwords and MFA devices through boto3, on a server whose hashes are made beside the requests of others."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from authenticator import Authenticator, in_one_half_minute
from stories.clients import Boto3
from stories.words import allow, refused

pytestmark = pytest.mark.client("boto3")

FIRST, SECOND = "Correct-horse-1", "Battery-staple-2"


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


def test_users_change_their_passwords_at_the_same_time(cast):
    people = {name: cast.user(name, allow("iam:ChangePassword"))[0] for name in ("ann", "ben", "cid")}
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(cast.admin, "iam", "CreateLoginProfile", UserName=name, Password=FIRST) for name in people]
        assert all(each.result()["LoginProfile"]["CreateDate"] for each in made)
        changed = [
            pool.submit(person, "iam", "ChangePassword", OldPassword=FIRST, NewPassword=SECOND)
            for person in people.values()
        ]
        for each in changed:
            each.result()
    with refused("AccessDenied", "The old password was incorrect."):
        people["ann"]("iam", "ChangePassword", OldPassword=FIRST, NewPassword=SECOND)


def test_a_code_opens_what_asks_for_a_second_factor(cast):
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    dan, _ = cast.user("dan", allow("iam:ListUsers", Condition=condition))
    made = cast.admin("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="dans-phone")["VirtualMFADevice"]
    phone = Authenticator(made)
    in_one_half_minute()
    cast.admin("iam", "EnableMFADevice", UserName="dan", SerialNumber=phone.serial, **phone.two(-2))
    with refused("AccessDenied"):
        dan("iam", "ListUsers")
    answer = dan("sts", "GetSessionToken", SerialNumber=phone.serial, TokenCode=phone.code())
    assert cast.acting(answer["Credentials"])("iam", "ListUsers")["Users"]
