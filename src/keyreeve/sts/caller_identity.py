"""Who is asking, and whose is a key."""

from __future__ import annotations

from typing import Any

from keyreeve.access.credentials import account_of
from keyreeve.entities import AccessKey, Account
from keyreeve.faults import ValidationError
from keyreeve.operations import Call, anything, operation


@operation("GetCallerIdentity", on=None)
def get_caller_identity(call: Call) -> dict[str, Any]:
    """The caller's ARN, unique id and account. No permission is needed, and none can be taken away."""
    return {"arn": call.caller.arn, "user_id": call.caller.user_id, "account": call.caller.account_id}


@operation("GetAccessKeyInfo", on=anything)
def get_access_key_info(call: Call, access_key_id: str) -> dict[str, Any]:
    """The account that an access key id belongs to, whether the key is active or not. The id itself tells it."""
    account = account_of(access_key_id)
    known = account is not None and (
        call.tx.get(Account, account, account) is not None or call.tx.get(AccessKey, account, access_key_id) is not None
    )
    if not known:
        raise ValidationError("Invalid Access Key Id")
    return {"account": account}
