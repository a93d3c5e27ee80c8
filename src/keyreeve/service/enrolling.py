"""Enrolling: somebody who is signed in gives a user, or the root user itself, a passkey or security key.

It is EnableMFADevice, called by sign-in: with the permission for it, which AWS asks for twice (iam:RegisterSecurityKey
says Create, then Activate), and an event. The API cannot do it: a browser has to stand between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from keyreeve import iam  # noqa: F401  importing it registers its operations
from keyreeve.access import context, security_keys, sign_in
from keyreeve.access.authorize import authorize
from keyreeve.access.challenges import Challenges
from keyreeve.access.gather import PolicySets
from keyreeve.access.relying_party import RelyingParty, relying_party
from keyreeve.access.security_keys import NotProven
from keyreeve.entities import FIDODevice
from keyreeve.events import Event
from keyreeve.faults import Fault, InvalidAuthenticationCode, ValidationError
from keyreeve.iam.security_keys import Holder, enrol, enrolling
from keyreeve.operations import REGISTRY, Ask, Call, anything
from keyreeve.service import trail
from keyreeve.wire import model
from keyreeve.wire.exchange import Request

NOT_PROVEN = "The security key could not be verified. Please try again."
NO_NAME = "Security keys need a server with a name and TLS. Give its address with --public-url."

ENABLE = REGISTRY["iam", "EnableMFADevice"]
OPERATION = model.service("iam").operations["EnableMFADevice"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A device of this name, for the user of that name, or for who is signed in."""

    device_name: str
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """What a browser asks a security key with (PublicKeyCredentialCreationOptionsJSON)."""

    options: str


@dataclass(frozen=True, slots=True)
class KeyEnrolled:
    """A device that can be used from now on."""

    device: FIDODevice


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """What both halves have in common. `token` is that of a session of the console."""

    sets: PolicySets
    challenges: Challenges
    token: str
    wish: Wish
    request: Request

    @property
    def slow(self) -> tuple[Callable[..., Any], ...]:
        """None: a signature is checked in no time."""
        return ()

    def denied(self, fault: Fault, call: Call, new_id: Callable[[], str]) -> Event:
        """The event of an enrolment that is refused."""
        return self._event(call, new_id, fault=fault)

    def sentence(self, fault: Fault) -> str:
        """What who tried is told of a Fault: who is signed in hears what a call would."""
        return str(fault)

    def _admitted(self, call: Call, half: str) -> Holder:
        """Whose device it will be, asked by somebody who is signed in and may. Raises SignInRefused or a Fault."""
        call.caller = sign_in.of_token(call, self.token)
        call.account_id = call.caller.account_id
        keys = partial(context.of_request, self.request, call.caller, call.region, call.now)
        for ask in self._asks(call):
            named = msgspec.structs.replace(ask, context={**ask.context, "iam:registersecuritykey": half})
            authorize(self.sets, call.tx, call.ring, call.caller, named, keys)
        return enrolling(call, self.wish.user_name, self.wish.device_name)

    def _asks(self, call: Call) -> list[Ask]:
        return list((ENABLE.asks or anything)(ENABLE.action, call, {"user_name": self.wish.user_name}))

    def _place(self, call: Call) -> str:
        return f"enrolment/{call.account_id}/{call.caller.identity.key}"

    def _about(self, holder: Holder) -> str:
        return f"{holder.principal_id}/{self.wish.device_name}"

    def _event(
        self, call: Call, new_id: Callable[[], str], device: FIDODevice | None = None, fault: Fault | None = None
    ) -> Event:
        serial_number = None if device is None else device.serial_number
        values = {"user_name": self.wish.user_name or call.caller.name, "serial_number": serial_number}
        there = {name: value for name, value in values.items() if value is not None}
        return trail.called(OPERATION, self.request, call, new_id(), there, fault)


@dataclass(frozen=True, slots=True)
class StartEnrolment(_Enrolment):
    """Somebody wants to enrol a device: a browser is told what to ask for. Nothing is changed, so there is no event."""

    def handle(self, call: Call, new_id: Callable[[], str]) -> tuple[KeyWanted, tuple[Event, ...]]:  # noqa: ARG002
        """Give out a challenge."""
        holder = self._admitted(call, "Create")
        party = _party(call)
        challenge = self.challenges.give(self._place(call), self._about(holder), call.now, call.chance)
        name = self.wish.user_name or call.caller.name
        held = call.tx.where(FIDODevice, call.account_id, "principal", holder.principal_id)
        return KeyWanted(security_keys.creation(party, holder.principal_id, name, challenge, held)), ()


@dataclass(frozen=True, slots=True)
class FinishEnrolment(_Enrolment):
    """A security key answered."""

    answer: str

    def handle(self, call: Call, new_id: Callable[[], str]) -> tuple[KeyEnrolled, tuple[Event, ...]]:
        """Enrol it."""
        holder = self._admitted(call, "Activate")
        device = enrol(call, holder, self.wish.device_name, self._proven(call, _party(call), holder))
        return KeyEnrolled(device), (self._event(call, new_id, device),)

    def _proven(self, call: Call, party: RelyingParty, holder: Holder) -> security_keys.Credential:
        challenge = self.challenges.take(self._place(call), self._about(holder), call.now)
        if challenge is None:
            raise InvalidAuthenticationCode(NOT_PROVEN)
        try:
            return security_keys.created(party, challenge, self.answer)
        except NotProven:
            raise InvalidAuthenticationCode(NOT_PROVEN) from None


def _party(call: Call) -> RelyingParty:
    found = relying_party(call.public_url)
    if found is None:
        raise ValidationError(NO_NAME)
    return found
