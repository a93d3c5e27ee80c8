"""Reach: what a kind of credentials may call at all, before any policy is asked.

Source: IAM User Guide, "Compare AWS STS credentials". IAM is closed to federated users, and to GetSessionToken sessions
without a second factor; of STS they have what is listed here.
"""

from __future__ import annotations

from keyreeve.access.caller import Caller
from keyreeve.faults import AccessDenied, InvalidClientTokenId

_USER_SESSION = frozenset({"AssumeRole", "GetCallerIdentity"})
_FEDERATED = frozenset({"GetCallerIdentity"})
_ROLE_SESSION_REFUSED = frozenset({"GetSessionToken", "GetFederationToken"})


def check(caller: Caller, service: str, operation: str) -> None:
    """Return if credentials of this kind may call the operation; raise what AWS answers if not."""
    session = caller.session
    if session is None or session.console or (caller.kind == "root" and session.parent_access_key_id is None):
        return  # long-term, signed in, or the operator's own: no call of GetSessionToken made that session
    if session.assumed_root or session.delegate is not None:
        # Their session policies say what else they may; no longer session is made from them.
        if service == "sts" and operation != "GetCallerIdentity":
            raise AccessDenied(f"Cannot call {operation} with session credentials")
        return
    if caller.kind == "role_session":
        refused = service == "sts" and operation in _ROLE_SESSION_REFUSED
    elif service == "iam":
        if caller.kind == "federated_user" or session.mfa_time is None:
            raise InvalidClientTokenId("The security token included in the request is invalid.")
        refused = False
    else:
        refused = service == "sts" and operation not in (
            _FEDERATED if caller.kind == "federated_user" else _USER_SESSION
        )
    if refused:
        raise AccessDenied(f"Cannot call {operation} with session credentials")
