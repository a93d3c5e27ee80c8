"""Virtual MFA devices: an authenticator's seed, which is told once, whether or not a user has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.access import enrolment
from keyreeve.entities import Account, MFADevice, RootUser, User
from keyreeve.faults import DeleteConflict, EntityAlreadyExists, ValidationError
from keyreeve.iam.mfa_devices import the_device
from keyreeve.iam.nouns import listed, request_context
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.quotas import PER_ACCOUNT, hold
from keyreeve.iam.tag_rules import accepted
from keyreeve.iam.tags import taggable
from keyreeve.operations import Ask, Call, operation

_is_serial_number = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII).fullmatch


def _serial_number(account_id: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account_id}:mfa{path}{name}"


def _new(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the device that is about to be made; tags on create need their own permission."""
    arn = _serial_number(call.account_id, values.get("path") or "/", values.get("virtual_mfa_device_name", ""))
    context = request_context(action, values, makes=MFADevice)
    yield Ask(action, arn, context)
    if values.get("tags"):
        yield Ask("iam:TagMFADevice", arn, context)


def _existing(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the device itself, whether it exists or not, and not about its user."""
    arn = values.get("serial_number") or "*"
    yield Ask(action, arn, request_context(action, values), target=call.tx.get(MFADevice, call.account_id, arn))


@operation("CreateVirtualMFADevice", on=_new, slow=(enrolment.draw,))
def create_virtual_mfa_device(
    call: Call, virtual_mfa_device_name: str, path: str = "/", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make a device that is nobody's yet; this answer alone holds its seed."""
    given = accepted(MFADevice, tags)
    serial_number = _serial_number(call.account_id, path, virtual_mfa_device_name)
    if not _is_serial_number(serial_number):
        # AWS's paths take more than its serial numbers: nobody could name the device again.
        raise ValidationError("The specified value for path is invalid. It makes no serial number of an MFA device.")
    if call.tx.get(MFADevice, call.account_id, serial_number) is not None:
        raise EntityAlreadyExists("MFA device already exists.")
    # The quota is that of users; its name in the refusal is ours.
    hold("VirtualMFADevicesPerAccount", call.tx.count(MFADevice, call.account_id), PER_ACCOUNT[User][1])
    drawn = call.slow(enrolment.draw, call.chance, virtual_mfa_device_name, _account_name(call))
    call.tx.put(
        MFADevice(
            account_id=call.account_id,
            serial_number=serial_number,
            sealed_seed=call.ring.seal(drawn.seed, serial_number),
            create_date=call.moment(),
            tags=given,
        )
    )
    return {
        "virtual_mfa_device": {
            "serial_number": serial_number,
            "base32_string_seed": drawn.base32,
            "qr_code_png": drawn.png,
            "tags": given or None,
        }
    }


def _account_name(call: Call) -> str:
    account = call.tx.get(Account, call.account_id, call.account_id)
    alias = None if account is None else account.account_alias
    return alias or call.account_id


@operation("DeleteVirtualMFADevice", on=_existing)
def delete_virtual_mfa_device(call: Call, serial_number: str) -> None:
    """Delete a device that is nobody's."""
    device = the_device(call, serial_number)
    if device.principal_id is not None:
        raise DeleteConflict("Cannot delete entity, must deactivate MFA device first.")  # the sentence is ours
    call.tx.delete(device)


_ASSIGNED = {"Assigned": (True,), "Unassigned": (False,)}


@operation(
    "ListVirtualMFADevices",
    on=listed("mfa"),
    without=("User.Tags", "User.PermissionsBoundary", "VirtualMFADevice.Tags"),
)
def list_virtual_mfa_devices(
    call: Call, assignment_status: str = "Any", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """The account's devices with their users, the root user's too; never their seeds."""
    wanted = _ASSIGNED.get(assignment_status, (True, False))
    found = [
        device for device in call.tx.all(MFADevice, call.account_id) if (device.principal_id is not None) in wanted
    ]
    devices, rest = sorted_page(found, lambda device: device.serial_number, marker, max_items)
    return {"virtual_mfa_devices": [_shown(call, device) for device in devices], **rest}


def _shown(call: Call, device: MFADevice) -> dict[str, Any]:
    if device.principal_id is None:
        return {"serial_number": device.serial_number}
    user: Any = call.tx.get(User, call.account_id, device.principal_id)
    if user is None:
        root = call.tx.get(RootUser, call.account_id, call.account_id)
        user = root and {"user_id": root.key, "arn": root.arn, "create_date": root.create_date}
    return {"serial_number": device.serial_number, "user": user, "enable_date": device.enable_date}


taggable(
    MFADevice,
    the_device,
    the_device,
    _existing,
    tag="TagMFADevice",
    untag="UntagMFADevice",
    list_="ListMFADeviceTags",
)
