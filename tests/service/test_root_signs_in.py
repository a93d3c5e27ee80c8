"""The root user signs in with the password that its operator set, also after a restart."""

from base64 import b32decode

import pytest

from keyreeve.access import passwords, totp
from keyreeve.access.sign_in import Given, SignedIn
from keyreeve.service import accounts, root
from keyreeve.service.enrolling import Wish
from keyreeve.service.signing_in import Waiting
from keyreeve.wire.exchange import Request
from security_key import ORIGIN, SecurityKey

ACCOUNT, PASSWORD = "111122223333", "Correct-horse-1"
REQUEST = Request("POST", "/signin", "", (), b"", "192.0.2.7")


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def enter(node, **more):
    found = node.service.sign_ins.begin(Given(ACCOUNT, None, PASSWORD, **more), REQUEST)
    while isinstance(found, Waiting):
        found = found.go_on(found.work())
    node.view.save()
    return found.found


def test_the_root_user_signs_in_and_it_is_known_after_a_restart(node, opened, clock):
    assert not isinstance(enter(node), SignedIn)
    root.set_password(node, root.hashed(PASSWORD))
    found = enter(node)
    assert isinstance(found, SignedIn)
    assert found.caller.arn == f"arn:aws:iam::{ACCOUNT}:root"
    node.close()
    clock.move(days=1)
    again = opened(create=False)
    assert again.log.facts.password_last_used(ACCOUNT) == found.caller.session.issued
    assert isinstance(enter(again), SignedIn)


def test_the_root_users_device_is_asked_for(node, clock):
    root.set_password(node, root.hashed(PASSWORD))
    seed = root.new_seed(node.chance)
    step = int(clock().timestamp()) // totp.STEP_SECONDS
    first, second = (totp.code(b32decode(seed), each) for each in (step - 1, step))
    serial_number = root.enroll_mfa(node, seed, first, second).result["serial_number"]
    assert enter(node).serial_numbers == (serial_number,)
    assert not isinstance(enter(node, code=second), SignedIn)
    clock.move(seconds=totp.STEP_SECONDS)
    found = enter(node, code=totp.code(b32decode(seed), step + 1))
    assert (found.serial_number, found.caller.mfa_time) == (serial_number, clock())


def test_the_root_users_security_key_is_known_after_a_restart(node, opened):
    root.set_password(node, root.hashed(PASSWORD))
    node.service.public_url, wish, key = ORIGIN, Wish("yubikey"), SecurityKey()
    token, sign_ins = enter(node).token, node.service.sign_ins
    wanted = sign_ins.begin_enrolment(token, wish, REQUEST).found
    assert not listed(node)["root_has_mfa"]
    device = sign_ins.finish_enrolment(token, wish, key.create(wanted.options), REQUEST).found.device
    assert listed(node)["root_has_mfa"]
    options = enter(node).options
    node.close()
    again = opened(create=False)
    again.service.public_url = ORIGIN
    assert not isinstance(enter(again, assertion=key.get(options)), SignedIn)  # a restart forgets challenges
    assert listed(again)["root_has_mfa"]
    found = enter(again, assertion=key.get(enter(again).options))
    assert found.serial_number == device.serial_number


def listed(node):
    (account,) = accounts.list_all(node).result
    return account
