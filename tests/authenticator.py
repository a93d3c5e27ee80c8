"""An authenticator: what a person holds of a virtual MFA device, and ways to get one enabled."""

import base64
import time

from harness import ACCOUNT
from keyreeve.access import totp
from keyreeve.entities import MFADevice

MFA = f"arn:aws:iam::{ACCOUNT}:mfa/"


class Authenticator:
    """Somebody's phone: it has the seed, and shows a code for each half minute."""

    def __init__(self, made):
        self.serial = made["SerialNumber"]
        self.seed = base64.b32decode(made["Base32StringSeed"])

    def code(self, step=0):
        return totp.code(self.seed, int(time.time()) // 30 + step)

    def two(self, step=-1):
        return {"AuthenticationCode1": self.code(step), "AuthenticationCode2": self.code(step + 1)}


def device(root, name="phone", **more):
    return Authenticator(root.iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **more)["VirtualMFADevice"])


def enabled(root, user, name="phone", step=-1):
    phone = device(root, name)
    root.iam.enable_mfa_device(UserName=user, SerialNumber=phone.serial, **phone.two(step))
    return phone


def with_mfa(server, person, phone, step=1):
    """Somebody's clients with a session that has a second factor."""
    given = {"SerialNumber": phone.serial, "TokenCode": phone.code(step)}
    return server.person(person.sts.get_session_token(**given)["Credentials"])


def own_device(server):
    """The root user's device, as the command line makes it."""
    serial = f"{MFA}root-account-mfa-device"
    seed = totp.new_seed(server.service._chance)
    transaction = server.view.begin()
    made = server.service._now().replace(microsecond=0)
    transaction.put(
        MFADevice(
            account_id=ACCOUNT,
            serial_number=serial,
            sealed_seed=server.ring.seal(seed, serial),
            create_date=made,
            principal_id=ACCOUNT,
            enable_date=made,
        )
    )
    transaction.commit()
    return Authenticator({"SerialNumber": serial, "Base32StringSeed": base64.b32encode(seed)})


def in_one_half_minute():
    """Return when at least two seconds are left of this half minute, so that codes do not change under a test."""
    left = 30 - time.time() % 30
    if left < 2:
        time.sleep(left)
