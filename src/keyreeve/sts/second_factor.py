"""The second factor in a call: SerialNumber and TokenCode against the caller's own device."""

from __future__ import annotations

from keyreeve.access import second_factor
from keyreeve.entities import MFADevice
from keyreeve.faults import AccessDenied
from keyreeve.operations import Call, Context

_BOTH = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
_UNKNOWN = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and "
    "associated with this user."
)
_INVALID = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


def given(call: Call, serial_number: str | None, token_code: str | None) -> bool:
    """Whether a second factor was given, and is right. A code works once, also where its call is refused later."""
    if serial_number is None and token_code is None:
        return False
    if serial_number is None or token_code is None:
        raise AccessDenied(_BOTH)
    device = call.tx.get(MFADevice, call.caller.account_id, serial_number)
    if device is None or device.principal_id != call.caller.identity.key or call.caller.session is not None:
        raise AccessDenied(_UNKNOWN)
    if second_factor.use(call, (device,), token_code) is None:
        raise AccessDenied(_INVALID)
    return True


def proven(call: Call, serial_number: str | None, token_code: str | None) -> Context:
    """The condition keys that a right second factor brings to the call itself."""
    if not given(call, serial_number, token_code):
        return {}
    return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
