"""Virtual MFA devices, as real boto3 clients see them."""

import base64
import zlib
from io import BytesIO

import pytest
import segno

from authenticator import MFA, device, enabled, in_one_half_minute, own_device
from harness import ACCOUNT, allow, refused
from keyreeve.access import totp
from keyreeve.access.enrolment import PIXELS, uri
from keyreeve.entities import MFADevice
from keyreeve.events import look_up

INVALID = "Authentication code for device is not valid."


@pytest.fixture(autouse=True)
def calm():
    in_one_half_minute()


def pixels(png):
    """Width and height of a PNG whose parts are whole."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, kinds, size = 8, [], None
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == int.from_bytes(png[at + 8 + length : at + 12 + length])
        size = (int.from_bytes(data[:4]), int.from_bytes(data[4:8])) if kind == b"IHDR" else size
        kinds.append(kind)
        at += 12 + length
    assert kinds[-1] == b"IEND"
    return size


def test_a_device_is_made_with_its_seed_and_a_picture_of_it(server, root):
    made = root.iam.create_virtual_mfa_device(
        VirtualMFADeviceName="phone", Path="/team/", Tags=[{"Key": "k", "Value": "v"}]
    )
    made = made["VirtualMFADevice"]
    assert made["SerialNumber"] == f"{MFA}team/phone"
    assert len(made["Base32StringSeed"]) == 64
    assert len(base64.b32decode(made["Base32StringSeed"])) == totp.SEED_BYTES
    width, height = pixels(made["QRCodePNG"])
    assert width == height > 100
    assert made["Tags"] == [{"Key": "k", "Value": "v"}]
    kept = server.view.begin().get(MFADevice, ACCOUNT, made["SerialNumber"])
    assert base64.b32decode(made["Base32StringSeed"]) not in kept.sealed_seed
    with refused("EntityAlreadyExists", "MFA device already exists."):
        root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/team/")


def test_the_picture_says_the_uri_that_is_documented():
    assert uri("my+phone", "acme", "ABC") == "otpauth://totp/my%2Bphone@acme?secret=ABC"


def test_the_picture_is_of_the_seed_that_is_told(root):
    root.iam.create_account_alias(AccountAlias="acme")
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    code, png = segno.make_qr(uri("phone", "acme", made["Base32StringSeed"].decode()), error="m"), BytesIO()
    code.save(png, kind="png", scale=PIXELS)
    assert made["QRCodePNG"] == png.getvalue()


def test_a_device_nobody_could_name_again_is_not_made(root):
    with refused("ValidationError"):
        root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/a!b/")


def test_two_codes_in_a_row_enable_a_device(root):
    root.iam.create_user(UserName="u")
    phone = device(root)
    given = {"UserName": "u", "SerialNumber": phone.serial}
    for first, second in ((-1, -1), (0, -1), (-5, -4), (-2, 0)):
        with refused("InvalidAuthenticationCode", INVALID):
            root.iam.enable_mfa_device(
                **given, AuthenticationCode1=phone.code(first), AuthenticationCode2=phone.code(second)
            )
    assert root.iam.list_mfa_devices(UserName="u")["MFADevices"] == []
    root.iam.enable_mfa_device(**given, **phone.two())
    (shown,) = root.iam.list_mfa_devices(UserName="u")["MFADevices"]
    assert (shown["UserName"], shown["SerialNumber"]) == ("u", phone.serial)
    assert shown["EnableDate"]
    with refused("EntityAlreadyExists", "MFA Device is already in use."):
        root.iam.enable_mfa_device(**given, **phone.two())


def test_codes_cannot_be_tried_until_two_fit(root):
    root.iam.create_user(UserName="u")
    phone = device(root)
    given = {"UserName": "u", "SerialNumber": phone.serial}
    for _ in range(5):
        with refused("InvalidAuthenticationCode", INVALID):
            root.iam.enable_mfa_device(**given, **phone.two(5))
    with refused("InvalidAuthenticationCode", INVALID):
        root.iam.enable_mfa_device(**given, **phone.two())


def test_what_is_missing_is_said(root):
    root.iam.create_user(UserName="u")
    missing = f"MFA Device with serial number {MFA}none does not exist."
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        root.iam.enable_mfa_device(UserName="nobody", SerialNumber=f"{MFA}none", **codes)
    for ask, more in (
        (root.iam.enable_mfa_device, {"UserName": "u", **codes}),
        (root.iam.resync_mfa_device, {"UserName": "u", **codes}),
        (root.iam.deactivate_mfa_device, {"UserName": "u"}),
        (root.iam.get_mfa_device, {"UserName": "u"}),
        (root.iam.delete_virtual_mfa_device, {}),
        (root.iam.list_mfa_device_tags, {}),
        (root.iam.untag_mfa_device, {"TagKeys": ["k"]}),
    ):
        with refused("NoSuchEntity", missing):
            ask(SerialNumber=f"{MFA}none", **more)


def test_a_device_of_another_user_is_as_if_it_were_missing(root):
    for name in ("u", "v"):
        root.iam.create_user(UserName=name)
    phone = enabled(root, "u")
    for ask, more in ((root.iam.deactivate_mfa_device, {}), (root.iam.resync_mfa_device, phone.two(0))):
        with refused("NoSuchEntity"):
            ask(UserName="v", SerialNumber=phone.serial, **more)


def test_a_device_is_given_back_and_then_deleted(root):
    root.iam.create_user(UserName="u")
    phone = enabled(root, "u")
    with refused("DeleteConflict"):
        root.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    with refused("DeleteConflict", "Cannot delete entity, must delete MFA device first."):
        root.iam.delete_user(UserName="u")
    root.iam.deactivate_mfa_device(UserName="u", SerialNumber=phone.serial)
    root.iam.delete_user(UserName="u")
    listed = root.iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert listed == [{"SerialNumber": phone.serial}]
    root.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    assert root.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_user_has_eight_devices_at_the_most(root):
    root.iam.create_user(UserName="u")
    for number in range(8):
        enabled(root, "u", f"phone{number}")
    phone = device(root, "ninth")
    with refused("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8"):
        root.iam.enable_mfa_device(UserName="u", SerialNumber=phone.serial, **phone.two())


def test_listings_show_whose_a_device_is_and_never_its_seed(server, root):
    made = root.iam.create_user(UserName="u", Path="/p/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    phone, spare = enabled(root, "u"), device(root, "spare", Tags=[{"Key": "k", "Value": "v"}])
    own_device(server)
    found = {each["SerialNumber"]: each for each in root.iam.list_virtual_mfa_devices()["VirtualMFADevices"]}
    assert sorted(found) == sorted([phone.serial, spare.serial, f"{MFA}root-account-mfa-device"])
    assert found[phone.serial]["User"] == {
        name: made[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate")
    }
    assert set(found[phone.serial]) == {"SerialNumber", "User", "EnableDate"}
    assert set(found[spare.serial]) == {"SerialNumber"}
    owner = found[f"{MFA}root-account-mfa-device"]["User"]
    assert (owner["Arn"], owner["UserId"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    assigned = root.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert spare.serial not in {each["SerialNumber"] for each in assigned}
    first = root.iam.list_virtual_mfa_devices(MaxItems=2)
    rest = root.iam.list_virtual_mfa_devices(MaxItems=2, Marker=first["Marker"])
    assert (len(first["VirtualMFADevices"]), len(rest["VirtualMFADevices"])) == (2, 1)


def test_the_root_users_device_is_its_own(server, root):
    phone = own_device(server)
    summary = root.iam.get_account_summary()["SummaryMap"]
    assert (summary["AccountMFAEnabled"], summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1, 1)
    admin = server.user("admin", allow("iam:*"))
    for name in ("admin", None):
        with refused("NoSuchEntity"):
            admin.iam.deactivate_mfa_device(SerialNumber=phone.serial, **({"UserName": name} if name else {}))
    with refused("DeleteConflict"):
        admin.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    assert [each["SerialNumber"] for each in root.iam.list_mfa_devices()["MFADevices"]] == [phone.serial]
    root.iam.deactivate_mfa_device(SerialNumber=phone.serial)
    assert root.iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 0


def test_the_summary_counts_devices(root):
    root.iam.create_user(UserName="u")
    enabled(root, "u")
    device(root, "spare")
    summary = root.iam.get_account_summary()["SummaryMap"]
    assert (summary["AccountMFAEnabled"], summary["MFADevices"], summary["MFADevicesInUse"]) == (0, 2, 1)


def test_tags_on_a_device(server, root):
    phone = device(root)
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    root.iam.tag_mfa_device(SerialNumber=phone.serial, Tags=tags)
    assert root.iam.list_mfa_device_tags(SerialNumber=phone.serial)["Tags"] == tags
    actor = server.user("actor", allow("iam:DeleteVirtualMFADevice", Condition=tagged("b")))
    with refused("AccessDenied"):
        actor.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    root.iam.untag_mfa_device(SerialNumber=phone.serial, TagKeys=["Team", "absent"])
    assert root.iam.list_mfa_device_tags(SerialNumber=phone.serial)["Tags"] == tags[1:]
    actor.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)


def tagged(value):
    return {"StringEquals": {"aws:ResourceTag/team": value}}


def test_tags_on_create_need_their_own_permission(server):
    made = {"VirtualMFADeviceName": "phone", "Tags": [{"Key": "k", "Value": "v"}]}
    with refused("AccessDenied"):
        server.user("u", allow("iam:CreateVirtualMFADevice")).iam.create_virtual_mfa_device(**made)
    both = ["iam:CreateVirtualMFADevice", "iam:TagMFADevice"]
    assert server.user("v", allow(both)).iam.create_virtual_mfa_device(**made)


@pytest.mark.parametrize(
    ("action", "resource", "ask"),
    [
        ("CreateVirtualMFADevice", MFA + "new", {"VirtualMFADeviceName": "new"}),
        ("DeleteVirtualMFADevice", MFA + "spare", {"SerialNumber": MFA + "spare"}),
        ("TagMFADevice", MFA + "spare", {"SerialNumber": MFA + "spare", "Tags": [{"Key": "k", "Value": "v"}]}),
        ("UntagMFADevice", MFA + "spare", {"SerialNumber": MFA + "spare", "TagKeys": ["k"]}),
        ("ListMFADeviceTags", MFA + "spare", {"SerialNumber": MFA + "spare"}),
        ("EnableMFADevice", "user", {"UserName": "u", "SerialNumber": MFA + "spare"}),
        ("ResyncMFADevice", "user", {"UserName": "u", "SerialNumber": MFA + "phone"}),
        ("DeactivateMFADevice", "user", {"UserName": "u", "SerialNumber": MFA + "phone"}),
        ("ListMFADevices", "user", {"UserName": "u"}),
        ("GetMFADevice", "user", {"UserName": "u", "SerialNumber": MFA + "phone"}),
        ("ListVirtualMFADevices", "*", {}),
    ],
)
def test_each_needs_its_own_permission_on_its_own_resource(server, root, action, resource, ask):
    root.iam.create_user(UserName="u", Path="/p/")
    enabled(root, "u")
    device(root, "spare")
    own = f"arn:aws:iam::{ACCOUNT}:user/p/u"
    wanted = own if resource == "user" else resource
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action.replace("MFA", "Mfa"))[1:]
    if action in {"EnableMFADevice", "ResyncMFADevice"}:
        ask = {**ask, "AuthenticationCode1": "123456", "AuthenticationCode2": "123457"}
    wrong = MFA + "*" if wanted == own else f"arn:aws:iam::{ACCOUNT}:user/*"
    for policy in (allow(f"iam:{action}", wrong), denied(action)):
        with refused("AccessDenied"):
            getattr(server.user(f"w{policy['Statement'][0]['Effect']}", policy).iam, name)(**ask)
    allowed = getattr(server.user("allowed", allow(f"iam:{action}", wanted)).iam, name)
    if action in {"EnableMFADevice", "ResyncMFADevice"}:
        with refused("InvalidAuthenticationCode"):
            allowed(**ask)
    elif action == "GetMFADevice":
        with refused("NoSuchEntity"):
            allowed(**ask)
    else:
        assert allowed(**ask)


def denied(action):
    policy = {"Effect": "Deny", "Action": f"iam:{action}", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [policy, *allow("iam:*")["Statement"]]}


def test_no_event_holds_a_seed_or_a_code(server, root):
    root.iam.create_user(UserName="u")
    phone = enabled(root, "u")
    codes = phone.two()
    server.log.flush()
    events = [event for _, event in look_up(server.log.rows)]
    assert {"CreateVirtualMFADevice", "EnableMFADevice"} <= {event.event_name for event in events}
    shown = repr([(event.request_parameters, event.response_elements) for event in events])
    assert phone.serial in shown
    seed = base64.b32encode(phone.seed).decode()
    secrets = [seed, base64.b64encode(seed.encode()).decode(), "iVBOR", *codes.values()]
    assert not [secret for secret in secrets if secret in shown]
