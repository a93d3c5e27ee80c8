"""Enrolling: somebody who is signed in gives a user, or the root user itself, a passkey or security key.

It is EnableMFADevice, called by sign-in: with the permission for it, which AWS asks for twice (iam:RegisterSecurityKey
says Create, then Activate), and an event. The API cannot do it: a browser has to stand between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from keyreeve import iam  # noqa: F401  importing it registers its operations
from keyreeve.access import context, sign_in
from keyreeve.access.authorize import authorize
from keyreeve.access.challenges import Challenges
from keyreeve.access.gather import PolicySets
from keyreeve.access.key_proofs import Credential, NotProven
from keyreeve.access.relying_party import RelyingParty, relying_party
from keyreeve.entities import FIDODevice, User
from keyreeve.events import Event
from keyreeve.extras import Lazy
from keyreeve.faults import Fault, InvalidAuthenticationCode, ValidationError
from keyreeve.iam.security_keys import Holder, enrol, enrolling
from keyreeve.operations import REGISTRY, Ask, Call, Context, anything
from keyreeve.service import trail
from keyreeve.wire import check, model
from keyreeve.wire.exchange import Request

if TYPE_CHECKING:
    from keyreeve.access import security_keys
else:
    security_keys = Lazy("keyreeve.access.security_keys")

NOT_PROVEN = "The security key could not be verified. Please try again."
NO_NAME = "Security keys need a server with a name and TLS. Give its address with --public-url."

REGISTER = "iam:registersecuritykey"
CERTIFIED = {
    "FIDO": "iam:fido-certification",
    "FIPS-140-2": "iam:fido-fips-140-2-certification",
    "FIPS-140-3": "iam:fido-fips-140-3-certification",
}
"""The condition keys of what a key's make is certified for."""

ENABLE = REGISTRY["iam", "EnableMFADevice"]
OPERATION = model.service("iam").operations["EnableMFADevice"]
NAMING = model.service("iam").operations["ListMFADevices"]
"""Takes a user's name and nothing else that has to be there."""


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
    token: str = field(repr=False)
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

    def _enter(self, call: Call) -> None:
        """Let the caller be who is signed in. Raises SignInRefused."""
        call.caller = sign_in.of_token(call, self.token)
        call.account_id = call.caller.account_id

    def _admitted(self, call: Call, keys: Context) -> Holder:
        """Whose device it will be, if the caller may enrol one with these condition keys. Raises a Fault."""
        misshapen = self._misshapen
        if misshapen is not None:
            raise misshapen
        made = partial(context.of_request, self.request, call.caller, call.region, call.now)
        for ask in self._asks(call):
            named = msgspec.structs.replace(ask, context={**ask.context, **keys})
            authorize(self.sets, call.tx, call.ring, call.caller, named, made)
        return enrolling(call, self.wish.user_name, self.wish.device_name)

    @property
    def _misshapen(self) -> Fault | None:
        """What is wrong with a name that no user can have."""
        return None if self.wish.user_name is None else check.faults(NAMING, {"user_name": self.wish.user_name})

    def _asks(self, call: Call) -> list[Ask]:
        return list((ENABLE.asks or anything)(ENABLE.action, call, {"user_name": self.wish.user_name}))

    def _place(self, call: Call) -> str:
        return f"enrolment/{call.account_id}/{call.caller.identity.key}"

    def _about(self, call: Call) -> str:
        """What a challenge is for: this name, and this user as long as the user is the same."""
        name = self.wish.user_name
        user = call.caller.identity if name is None else call.tx.find(User, call.account_id, "name", name.lower())
        return f"{'' if user is None else user.key}/{self.wish.device_name}"

    def _event(
        self, call: Call, new_id: Callable[[], str], device: FIDODevice | None = None, fault: Fault | None = None
    ) -> Event:
        serial_number = None if device is None else device.serial_number
        name = self.wish.user_name or call.caller.name
        values = {"user_name": None if self._misshapen else name, "serial_number": serial_number}
        there = {name: value for name, value in values.items() if value is not None}
        return trail.called(OPERATION, self.request, call, new_id(), there, fault)


@dataclass(frozen=True, slots=True)
class StartEnrolment(_Enrolment):
    """Somebody wants to enrol a device: a browser is told what to ask for. Nothing is changed, so there is no event."""

    def handle(self, call: Call, new_id: Callable[[], str]) -> tuple[KeyWanted, tuple[Event, ...]]:  # noqa: ARG002
        """Give out a challenge."""
        self._enter(call)
        holder = self._admitted(call, {REGISTER: "Create"})
        party = _party(call)
        challenge = self.challenges.give(self._place(call), self._about(call), call.now, call.chance)
        name = self.wish.user_name or call.caller.name
        held = call.tx.where(FIDODevice, call.account_id, "principal", holder.principal_id)
        proving = bool(call.site.fido_metadata.makes)
        options = security_keys.creation(party, holder.principal_id, name, challenge, held, proving_make=proving)
        return KeyWanted(options), ()


@dataclass(frozen=True, slots=True)
class FinishEnrolment(_Enrolment):
    """A security key answered."""

    answer: str

    def handle(self, call: Call, new_id: Callable[[], str]) -> tuple[KeyEnrolled, tuple[Event, ...]]:
        """Enrol it. What is proven is judged after the permission, which may ask for what the key is certified for."""
        self._enter(call)
        made = self._made(call)
        keys: Context = {REGISTER: "Activate"}
        for name, level in () if made is None else made.certifications:
            keys[CERTIFIED[name]] = level
        holder = self._admitted(call, keys)
        _party(call)
        if made is None:
            raise InvalidAuthenticationCode(NOT_PROVEN)
        device = enrol(call, holder, self.wish.device_name, made)
        return KeyEnrolled(device), (self._event(call, new_id, device),)

    def _made(self, call: Call) -> Credential | None:
        """The credential that the key made, if it answered the challenge. The challenge is used up either way."""
        challenge = self.challenges.take(self._place(call), self._about(call), call.now)
        party = relying_party(call.public_url)
        if challenge is None or party is None:
            return None
        try:
            return security_keys.created(party, challenge, self.answer, call.site.fido_metadata)
        except NotProven:
            return None


def _party(call: Call) -> RelyingParty:
    found = relying_party(call.public_url)
    if found is None:
        raise ValidationError(NO_NAME)
    return found
