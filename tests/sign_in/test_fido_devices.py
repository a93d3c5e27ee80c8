"""What the API makes of a security key that sign-in enrolled."""

import json
from datetime import UTC, datetime, timedelta

import harness
from authenticator import device, enabled
from harness import ACCOUNT, CATALOGUE, OTHER, allow, refused
from keyreeve.entities import FIDODevice
from keyreeve.operations import Site
from keyreeve.posture import Reading, audit
from keyreeve.service.enrolling import KeyEnrolled, Wish
from keyreeve.service.signing_in import Refused
from security_key import ORIGIN, SecurityKey
from signing import FIRST, Door, root_password


def kept(server):
    return server.view.begin().all(FIDODevice, ACCOUNT)


def test_eight_devices_in_any_mix(server, root, token, door):
    for number in range(4):
        enabled(root, "alice", f"phone{number}")
    server.offset = timedelta(seconds=30)
    phone = device(root, "phone8")
    root.iam.create_user(UserName="helper")
    root.iam.create_login_profile(UserName="helper", Password=FIRST)
    root.iam.put_user_policy(UserName="helper", PolicyName="p", PolicyDocument=json.dumps(allow("iam:*")))
    helpers = door.enter(name="helper").token
    for number in range(4):
        assert isinstance(door.enrol(helpers, SecurityKey(), Wish(f"key{number}", "alice")), KeyEnrolled)
    full = "Cannot exceed quota for MFADevicesPerUser: 8"
    assert door.begin_enrolment(helpers, Wish("ninth", "alice")) == Refused(full)
    with refused("LimitExceeded", full):
        root.iam.enable_mfa_device(UserName="alice", SerialNumber=phone.serial, **phone.two())
    listed = root.iam.get_paginator("list_mfa_devices").paginate(UserName="alice", PaginationConfig={"PageSize": 3})
    serials = [each["SerialNumber"] for page in listed for each in page["MFADevices"]]
    assert len(serials) == 8 == len(set(serials))


def test_other_operations_do_not_take_it_for_a_virtual_device(server, root, alice, token, door):
    serial = door.enrol(token, SecurityKey()).device.serial_number
    missing = f"MFA Device with serial number {serial} does not exist."
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    assert root.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    with refused("NoSuchEntity", missing):
        root.iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes)
    with refused("InvalidAuthenticationCode"):
        root.iam.resync_mfa_device(UserName="alice", SerialNumber=serial, **codes)
    with refused("NoSuchEntity", missing):
        root.iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("NoSuchEntity", missing):
        root.iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "a", "Value": "b"}])
    with refused("AccessDenied"):
        alice.sts.get_session_token(SerialNumber=serial, TokenCode="123456")
    root.iam.create_user(UserName="bob")
    for call in (root.iam.deactivate_mfa_device, root.iam.get_mfa_device):
        with refused("NoSuchEntity", missing):
            call(UserName="bob", SerialNumber=serial)


def test_it_counts_wherever_devices_count(server, root, alice, token, door):
    key = SecurityKey()
    serial = door.enrol(token, key).device.serial_number
    summary = root.iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"], summary["AccountMFAEnabled"]) == (1, 1, 0)
    root.iam.generate_credential_report()
    head, *rows = root.iam.get_credential_report()["Content"].decode().splitlines()
    column = head.split(",").index("mfa_active")
    assert [row.split(",")[column] for row in rows] == ["false", "true"]
    root.iam.delete_login_profile(UserName="alice")
    root.iam.delete_user_policy(UserName="alice", PolicyName="p0")
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.credentials["AccessKeyId"])
    with refused("DeleteConflict", "Cannot delete entity, must delete MFA device first."):
        root.iam.delete_user(UserName="alice")
    root.iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    assert kept(server) == []
    root.iam.delete_user(UserName="alice")


def test_an_audit_knows_it(server, root, token, door):
    def missing():
        reading = Reading(
            server.view.begin(), server.log.facts, server.log.rows, server.ring, CATALOGUE, ACCOUNT, datetime.now(UTC)
        )
        return {each.check.id for each in audit(reading, ["root-mfa", "user-mfa"])}

    assert missing() == {"root-mfa", "user-mfa"}
    door.enrol(token, SecurityKey())
    assert missing() == {"root-mfa"}
    root_password(server)
    door.enrol(door.enter(name=None).token, SecurityKey())
    assert missing() == set()
    assert root.iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1


def test_the_account_that_manages_others_takes_a_root_users_key_away(tmp_path):
    server = harness.made(tmp_path, Site(management_account=OTHER))
    server.service.public_url = ORIGIN
    door, manager = Door(server), server.user("manager", allow("*"), account=OTHER)
    root_password(server)
    serial = door.enrol(door.enter(name=None).token, SecurityKey()).device.serial_number
    manager.iam.enable_organizations_root_credentials_management()
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"}
    given = manager.sts.assume_root(TargetPrincipal=ACCOUNT, TaskPolicyArn=task)["Credentials"]
    root = server.person(given)
    (listed,) = root.iam.list_mfa_devices()["MFADevices"]
    assert listed["SerialNumber"] == serial
    root.iam.deactivate_mfa_device(SerialNumber=serial)
    assert kept(server) == []
