"""The root user's devices from the machine: what proves one, how many there may be, and whose gives way."""

import json
from base64 import b32decode

import msgspec
import pytest

from keyreeve.access import totp
from keyreeve.entities import FIDODevice, MFADevice
from keyreeve.events import look_up
from keyreeve.faults import EntityAlreadyExists, LimitExceeded, ValidationError
from keyreeve.service import administration, root

ACCOUNT = "111122223333"
SERIAL_NUMBER = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"


def run(node, command, **arguments):
    return administration.run(node, command, json.loads(json.dumps(arguments))).result


def newest(node):
    return next(event for _, event in look_up(node.log.rows))


def codes(seed, clock):
    step = int(clock().timestamp()) // totp.STEP_SECONDS
    return totp.code(b32decode(seed), step - 1), totp.code(b32decode(seed), step)


def enroll(node, clock, **arguments):
    seed = root.new_seed(node.chance)
    first, second = codes(seed, clock)
    return run(node, "root.enroll-mfa", seed=seed, first_code=first, second_code=second, **arguments)


def test_a_device_is_enabled_by_two_codes(node, clock):
    seed = root.new_seed(node.chance)
    first, second = codes(seed, clock)
    done = run(node, "root.enroll-mfa", seed=seed, first_code=first, second_code=second)
    (device,) = node.view.begin().where(MFADevice, ACCOUNT, "principal", ACCOUNT)
    assert device.serial_number == done["serial_number"] == SERIAL_NUMBER
    assert node.ring.unseal(device.sealed_seed, device.serial_number) == b32decode(seed)
    assert totp.verify(b32decode(seed), second, clock(), device.last_step) is None
    assert newest(node).event_name == "EnableMFADevice"
    assert seed.encode() not in newest(node).encode()


def test_wrong_codes_enable_nothing(node, clock):
    seed = root.new_seed(node.chance)
    first, second = codes(seed, clock)
    with pytest.raises(ValidationError, match="not two consecutive codes"):
        run(node, "root.enroll-mfa", seed=seed, first_code=second, second_code=first)
    with pytest.raises(ValidationError, match="base32"):
        run(node, "root.enroll-mfa", seed="ABC", first_code=first, second_code=second)
    assert node.view.begin().everywhere(MFADevice) == []


def test_a_device_is_replaced_only_when_that_is_meant(node, clock):
    enroll(node, clock, replace=True)
    enroll(node, clock, replace=True)
    assert len(node.view.begin().everywhere(MFADevice)) == 1
    with pytest.raises(EntityAlreadyExists, match="--replace"):
        enroll(node, clock)
    with pytest.raises(EntityAlreadyExists, match="--replace"):
        run(node, "root.room-for-mfa")
    assert run(node, "root.room-for-mfa", replace=True) == {"account_id": ACCOUNT}


def security_key(number):
    return FIDODevice(
        account_id=ACCOUNT,
        serial_number=f"arn:aws:iam::{ACCOUNT}:u2f/key-{number}",
        principal_id=ACCOUNT,
        credential_id=str(number),
        public_key=b"",
        enable_date=None,
    )


def keep(node, *records):
    tx = node.view.begin()
    for record in records:
        tx.put(record)
    tx.commit()


def test_security_keys_count_towards_the_devices_that_the_root_user_may_have(node, clock):
    keep(node, *(security_key(number) for number in range(7)))
    enroll(node, clock)
    enroll(node, clock, replace=True)
    tx = node.view.begin()
    tx.delete(tx.get(MFADevice, ACCOUNT, SERIAL_NUMBER))
    tx.put(security_key(7))
    tx.commit()
    for replace in (False, True):
        with pytest.raises(LimitExceeded, match="MFADevicesPerUser: 8"):
            enroll(node, clock, replace=replace)
        with pytest.raises(LimitExceeded, match="MFADevicesPerUser: 8"):
            run(node, "root.room-for-mfa", replace=replace)


def test_a_device_of_the_same_name_that_is_nobodys_gives_way_and_a_users_does_not(node, clock):
    made = MFADevice(account_id=ACCOUNT, serial_number=SERIAL_NUMBER, sealed_seed="", create_date=clock())
    keep(node, made)
    enroll(node, clock)
    keep(node, msgspec.structs.replace(made, principal_id="AIDAEXAMPLE"))
    with pytest.raises(EntityAlreadyExists, match="A user has"):
        enroll(node, clock, replace=True)


def test_the_uri_for_authenticators():
    assert root.enrolment_uri(ACCOUNT, "SEED") == (
        f"otpauth://totp/Keyreeve%3Aroot%40{ACCOUNT}?secret=SEED&issuer=Keyreeve"
    )
