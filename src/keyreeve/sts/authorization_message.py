"""DecodeAuthorizationMessage: what a refusal was about, for those whom their account lets know."""

from __future__ import annotations

from typing import Any

from keyreeve.access import denials
from keyreeve.faults import InvalidAuthorizationMessageException
from keyreeve.operations import Call, anything, operation


@operation("DecodeAuthorizationMessage", on=anything)
def decode_authorization_message(call: Call, encoded_message: str) -> dict[str, Any]:
    """The account of a refusal as JSON text; a message of another account's is none."""
    try:
        return {"decoded_message": denials.decoded(call.ring, encoded_message, call.account_id)}
    except denials.MessageBroken:
        raise InvalidAuthorizationMessageException("Message is not valid") from None
