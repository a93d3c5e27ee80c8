"""The gate of authentication: a signed request becomes a Caller, or is refused.

The order is STS's, as recorded: head, scope and clock; the key; the token and its key; the session's end; whoever
stands behind it; and last the signature. Nothing that a caller may change is trusted before that.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from keyreeve.access import tokens
from keyreeve.access.caller import Caller, of_key, of_session
from keyreeve.access.credentials import account_of
from keyreeve.entities import AccessKey, Role, RootUser, User
from keyreeve.faults import ExpiredToken, InvalidClientTokenId
from keyreeve.seal import KeyRing, SealBroken
from keyreeve.store import Transaction
from keyreeve.wire import sigv4
from keyreeve.wire.exchange import Request
from keyreeve.wire.sigv4 import Claim

KEPT = 8192
"""Callers whose secrets stay unsealed in memory; the one used longest ago makes room."""

_IDENTITIES: dict[str, type[User | Role]] = {"AIDA": User, "AROA": Role}


class _Known(NamedTuple):
    """A caller as it was made, with the records it was made from: a change of either makes it anew."""

    credential: AccessKey | tokens.Session
    identity: User | Role | RootUser
    secret: str
    caller: Caller


class Authenticator:
    """Proves requests. It keeps callers in memory, never longer than the records they were made from stand."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def prove(self, tx: Transaction, request: Request, claim: Claim, service: str, now: datetime) -> Caller:
        """Who signed a request. Raises the Fault that AWS answers when that is not proven."""
        sigv4.check_scope(claim, service, now)
        known = self._temporary(tx, claim, now) if claim.session_token is not None else self._long_term(tx, claim)
        sigv4.verify(claim, request, known.secret)
        return known.caller

    def _long_term(self, tx: Transaction, claim: Claim) -> _Known:
        account = account_of(claim.access_key_id)
        key = None if account is None else tx.get(AccessKey, account, claim.access_key_id)
        if key is None or key.status != "Active":
            raise _unknown()
        identity = _identity(tx, key.account_id, key.principal_id)
        if identity is None:
            raise _unknown()
        known = self._recall(key.access_key_id)
        if known is not None and known.credential is key and known.identity is identity:
            return known
        secret = self._unsealed(key)
        return self._keep(key.access_key_id, _Known(key, identity, secret, of_key(key, identity)))

    def _temporary(self, tx: Transaction, claim: Claim, now: datetime) -> _Known:
        try:
            session = tokens.open(self._ring, claim.session_token or "")
        except tokens.TokenBroken:
            raise _unknown() from None
        if session.access_key_id != claim.access_key_id:
            raise _unknown()
        if session.expires <= now:
            raise ExpiredToken("The security token included in the request is expired")
        if session.issued > now + sigv4.WINDOW:
            raise _unknown()  # made while a clock was ahead: it would outlive what any session may
        identity = _identity(tx, session.account_id, session.principal_id)
        if identity is None:
            raise _unknown()
        known = self._recall(session.access_key_id)
        if known is not None and known.credential is session and known.identity is identity:
            return known
        made = _Known(session, identity, session.secret_access_key, of_session(session, identity))
        return self._keep(session.access_key_id, made)

    def _unsealed(self, key: AccessKey) -> str:
        try:
            return self._ring.unseal(key.sealed_secret, key.access_key_id).decode()
        except SealBroken:
            raise _unknown() from None

    def _recall(self, access_key_id: str) -> _Known | None:
        known = self._known.get(access_key_id)
        if known is not None:
            self._known.move_to_end(access_key_id)
        return known

    def _keep(self, access_key_id: str, known: _Known) -> _Known:
        self._known[access_key_id] = known
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known


def _identity(tx: Transaction, account_id: str, principal_id: str) -> User | Role | RootUser | None:
    """Whoever has the unique id now: a name that was deleted and made again has another."""
    kind = _IDENTITIES.get(principal_id[:4])
    if kind is None:
        return tx.get(RootUser, account_id, principal_id)
    return tx.get(kind, account_id, principal_id)


def _unknown() -> InvalidClientTokenId:
    return InvalidClientTokenId("The security token included in the request is invalid.")
