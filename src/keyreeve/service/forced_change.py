"""Forced changes: a password that has to be changed before its user is signed in (PasswordResetRequired, expiry).

It is ChangePassword, called by sign-in for a user that has proven itself: with the user's permission, the model's
constraints, the account's rules and an event, as any other call of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from keyreeve import iam  # noqa: F401  importing it registers its operations
from keyreeve.access import context, sign_in
from keyreeve.access.authorize import authorize
from keyreeve.access.gather import PolicySets
from keyreeve.access.sign_in import ChangeWanted, SignedIn
from keyreeve.events import Event
from keyreeve.faults import AccessDenied, Fault
from keyreeve.operations import REGISTRY, Call
from keyreeve.service import sign_in_events, trail
from keyreeve.wire import check, model
from keyreeve.wire.exchange import Request

CHANGE_REFUSED = (
    "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with account "
    "password policy set by administrator."
)
"""One sentence for both, as AWS's page has it."""

CHANGE_PASSWORD = REGISTRY["iam", "ChangePassword"]
OPERATION = model.service("iam").operations["ChangePassword"]


@dataclass(frozen=True, slots=True)
class ForcedChange:
    """Somebody who is wanted to change a password does it."""

    sets: PolicySets
    wanted: ChangeWanted
    old_password: str = field(repr=False)
    new_password: str = field(repr=False)
    request: Request
    slow: tuple[Callable[..., Any], ...] = CHANGE_PASSWORD.slow

    @property
    def values(self) -> dict[str, str]:
        """What ChangePassword takes."""
        return {"old_password": self.old_password, "new_password": self.new_password}

    def handle(self, call: Call, new_id: Callable[[], str]) -> tuple[SignedIn, tuple[Event, ...]]:
        """Change it, and sign in."""
        call.caller = sign_in.still(call, self.wanted)
        call.account_id = call.caller.account_id
        self._allow(call)
        CHANGE_PASSWORD.handler(call, **self.values)
        found = sign_in.signed_in(call, call.caller, self.wanted.serial_number)
        entered = sign_in_events.of(found, self.request, call.now, new_id)
        return found, (self._event(call, new_id), *entered)

    def denied(self, fault: Fault, call: Call, new_id: Callable[[], str]) -> Event:
        """The event of a change that is refused."""
        return self._event(call, new_id, fault=fault)

    def sentence(self, fault: Fault) -> str:  # noqa: ARG002  one sentence for all of them
        """What who tried is told of a Fault."""
        return CHANGE_REFUSED

    def _allow(self, call: Call) -> None:
        keys = partial(context.of_request, self.request, call.caller, call.region, call.now)
        asks = [] if CHANGE_PASSWORD.asks is None else list(CHANGE_PASSWORD.asks(CHANGE_PASSWORD.action, call, {}))
        if not asks:
            raise AccessDenied(CHANGE_REFUSED)
        for ask in asks:
            authorize(self.sets, call.tx, call.ring, call.caller, ask, keys)
        misshapen = check.faults(OPERATION, self.values)
        if misshapen is not None:
            raise misshapen

    def _event(self, call: Call, new_id: Callable[[], str], fault: Fault | None = None) -> Event:
        return trail.called(OPERATION, self.request, call, new_id(), self.values, fault)
