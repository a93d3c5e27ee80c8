"""GetDelegatedAccessToken: a partner trades in the token of an approved delegation request, as often as it likes."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Any

from keyreeve.access.credentials import KEY_ID_LENGTH, account_of
from keyreeve.entities import DelegationRequest, Person, Record, Role, RootUser, User
from keyreeve.faults import AccessDenied, ExpiredTradeInTokenException
from keyreeve.operations import Call, anything, operation
from keyreeve.sts.issuing import issued

_IDENTITIES: dict[str, tuple[type[Record], str]] = {
    "AIDA": (User, "user_session"),
    "AROA": (Role, "role_session"),
}


def _request(call: Call, token: str) -> DelegationRequest:
    """The request that a token belongs to, if it is the caller's; AccessDenied says the same of all others."""
    request_id, _, secret = token.partition(".")
    account = account_of(request_id[:KEY_ID_LENGTH])
    request = None if account is None else call.tx.get(DelegationRequest, account, request_id)
    digest = b"" if request is None or request.token_digest is None else request.token_digest
    same = hmac.compare_digest(digest, sha256(secret.encode(errors="surrogatepass")).digest())
    partner = call.site.templates.partner(call.account_id)
    if request is None or not same or request.account_id != call.account_id or partner is None:
        raise AccessDenied("The trade-in token is not valid.")
    return request


def _kind(call: Call, approver: Person) -> str:
    """The kind of session in which somebody acts as the approver, who must still be there."""
    identity, kind = _IDENTITIES.get(approver.key[:4], (RootUser, "root_session"))
    if call.tx.get(identity, approver.account_id, approver.key) is None:
        raise AccessDenied("Whoever approved the delegation request is gone.")
    return kind


@operation("GetDelegatedAccessToken", on=anything)
def get_delegated_access_token(call: Call, trade_in_token: str) -> dict[str, Any]:
    """Credentials with the approver's permissions, cut down to what was asked for, until the request's time is over."""
    request = _request(call, trade_in_token)
    if request.sent is None or request.approver is None:
        raise AccessDenied("The trade-in token is not valid.")
    left = int((request.sent + timedelta(seconds=request.session_duration) - call.now).total_seconds())
    if left <= 0:
        raise ExpiredTradeInTokenException("The trade-in token has expired.")
    approver = request.approver
    _, answer = issued(
        call,
        seconds=left,
        since=request.sent,  # or a denial of what was issued until now would be undone by trading the token in again
        kind=_kind(call, approver),
        account_id=approver.account_id,
        principal_id=approver.key,
        session_name=approver.session_name,
        tags=approver.tags,
        source_identity=approver.source_identity,
        provider_keys=approver.provider_keys,
        policies=(request.permission_policy,),
        delegate=request.account_id,
    )
    return {"credentials": answer["credentials"], "assumed_principal": approver.arn}
