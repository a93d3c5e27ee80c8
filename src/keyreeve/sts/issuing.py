"""Issuing: temporary credentials, their session policies and how much of a token these fill."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from keyreeve.access import tokens
from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.access.tokens import Session
from keyreeve.faults import MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError
from keyreeve.operations import Call
from keyreeve.policy import Kind, PolicyError, check
from keyreeve.sts.packing import TOO_LARGE, percent

_NO_ARN = (
    "1 validation error detected: Value null at 'policyArns.1.member.arn' failed to satisfy constraint: "
    "Member must not be null"
)
PLAIN_TEXT = 2048
"""Characters of session policy text and policy ARNs together, before packing."""


def session_policies(
    call: Call, account_id: str, policy: str | None, arns: list[dict[str, str]] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The session policies of a request: inline text and managed policies of the account or AWS's, which must exist."""
    if policy is None and not arns:
        return (), ()
    # An entry without an ARN is refused and never dropped: less policies would be a wider session.
    if any(entry.get("arn") is None for entry in arns or ()):
        raise ValidationError(_NO_ARN)
    names = tuple(entry["arn"] for entry in arns or ())
    characters = len(policy or "") + sum(map(len, names))
    if characters > PLAIN_TEXT:
        raise PackedPolicyTooLarge(TOO_LARGE.format(percent(characters, ())))
    if policy is not None:
        try:
            check(policy, Kind.SESSION)
        except PolicyError as error:
            raise MalformedPolicyDocument(error.sentence) from None
    for arn in names:
        if call.managed_policy(account_id, arn) is None:
            raise ValidationError(f"Policy ARN {arn} does not exist or is not in the account of the session.")
    return () if policy is None else (policy,), names


def issued(
    call: Call, *, seconds: int, minimum_size: int = 0, since: datetime | None = None, **members: Any
) -> tuple[Session, dict[str, Any]]:
    """A new session of the given members, and the part of the answer that holds its credentials and sizes.

    `since` is the time it counts as issued from (`aws:TokenIssueTime`), now if none is given; it ends in `seconds`.
    """
    account, now = members["account_id"], call.moment()
    session = Session(
        access_key_id=access_key_id("ASIA", account, call.chance),
        secret_access_key=secret_access_key(call.chance),
        issued=since or now,
        expires=now + timedelta(seconds=seconds),
        parent_access_key_id=call.caller.access_key_id,
        **members,
    )
    try:
        token = tokens.issue(call.ring, session, minimum_size)
    except tokens.TokenTooLarge as error:
        raise PackedPolicyTooLarge(TOO_LARGE.format(error.percentage)) from None
    call.issued = True
    credentials = {
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "session_token": token,
        "expiration": session.expires,
    }
    size = {"session_token_size": len(token), "session_token_utilization": tokens.utilization(token)}
    return session, {"credentials": credentials, **size}
