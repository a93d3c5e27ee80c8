"""Signing in: a password, and what a device shows where there is one, become a session of the console.

It knows no socket and no page. Whoever is refused is told one sentence, after the work of one hash, whether the
account, the user, the password or the code was wrong, or too many tries came (decisions/0041). What it changes is on
`call.tx`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from keyreeve.access import assertions, devices, passwords, second_factor, tokens
from keyreeve.access.caller import Caller, of_session
from keyreeve.access.challenges import Challenges
from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.access.devices import Device
from keyreeve.access.password_rules import LONGEST, expires
from keyreeve.access.who import Who, account_of, find
from keyreeve.entities import MFADevice, PasswordPolicy, RootUser, User
from keyreeve.operations import Call

LIFE = timedelta(hours=12)
"""How long a session of the console lasts (AWS Sign-In User Guide: twelve hours)."""

CHANGE = timedelta(minutes=10)
"""How long somebody whose password must be changed may take for it."""

SLOW = (passwords.verify, passwords.hash)
"""What `sign_in` has done in another thread."""

REFUSED = "Your authentication information is incorrect. Please try again."
LATE = "Your session has expired. Please sign in again."
EXPIRED = "Your password has expired. Ask your administrator for a new one."

WRONG = "Failed authentication"
NOBODY = "No username found in supplied account"
"""What CloudTrail's records say of a failure."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gives to sign in: the account by its id or alias, and a user's name, or None for the root user.

    `code` or `assertion` is looked at where there is a device: the one with `serial_number` or, without that, any of
    the user's. The assertion is what a browser has of a security key (PublicKeyCredential.toJSON).
    """

    account: str
    name: str | None
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    serial_number: str | None = None
    assertion: str | None = field(default=None, repr=False)


class SignInRefused(Exception):
    """Nobody is signed in. Its text is for who tried; `reason` is what the record says, with `who` where that is known.

    `account_id` is empty where there is no such account, and so nowhere to record it. `recorded` is False while a
    principal rests: an outsider cannot fill the log. `factor` says that a device was looked at.
    """

    def __init__(
        self,
        sentence: str,
        reason: str,
        account_id: str,
        who: Who | None,
        *,
        recorded: bool = True,
        factor: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.reason, self.account_id, self.who = reason, account_id, who
        self.recorded, self.factor = recorded, factor


@dataclass(frozen=True, slots=True)
class FactorWanted:
    """The password was right; now one of these devices has to show that it is there. Nothing is proven yet.

    `options` is what a browser asks the security keys among them with (PublicKeyCredentialRequestOptionsJSON); None
    where there is none, or no browser could ask.
    """

    who: Who
    devices: tuple[Device, ...]
    options: str | None = None

    @property
    def serial_numbers(self) -> tuple[str, ...]:
        """The devices, as users know them."""
        return tuple(device.serial_number for device in self.devices)


@dataclass(frozen=True, slots=True)
class ChangeWanted:
    """All was right, but the password has to be changed first, before `until`. The session is nobody's yet.

    `serial_number` is the device that was used.
    """

    session: tokens.Session
    serial_number: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of the console: the caller with its MFA facts, and the token of its temporary credentials.

    The access key id, the secret and the end are in `caller.session`. `serial_number` is the device that was used.
    """

    caller: Caller
    token: str = field(repr=False)
    serial_number: str | None = None


def sign_in(call: Call, given: Given, challenges: Challenges) -> SignedIn | FactorWanted | ChangeWanted:
    """Who has the password, and the device if there is one, is signed in. Raises SignInRefused."""
    call.account_id = account_of(call.tx, given.account)
    who = find(call.tx, call.account_id, given.name)
    _prove_password(call, who, given)
    return _past_password(call, _rehashed(call, _known(who), given.password), given, challenges)


def still(call: Call, wanted: ChangeWanted) -> Caller:
    """The caller who has to change the password, as it is now. Raises SignInRefused where it is late, or gone."""
    if call.now > wanted.until:
        raise _late(wanted.session.account_id)
    return of_console(call, wanted.session)


def of_token(call: Call, token: str) -> Caller:
    """The caller who is signed in with this token, as it is now. Raises SignInRefused where it proves nobody."""
    try:
        session = tokens.open(call.ring, token)
    except tokens.TokenBroken:
        raise _late("") from None
    return of_console(call, session)


def of_console(call: Call, session: tokens.Session) -> Caller:
    """The caller of a session of the console, as it is now. Raises SignInRefused where that is over, or nobody's."""
    kind: type[User | RootUser] = RootUser if session.kind == "root_session" else User
    identity = call.tx.get(kind, session.account_id, session.principal_id)
    if identity is None or not session.console or session.expires <= call.now:
        raise _late(session.account_id)
    return of_session(session, identity)


def _late(account_id: str) -> SignInRefused:
    return SignInRefused(LATE, WRONG, account_id, None, recorded=False)


def signed_in(call: Call, caller: Caller, serial_number: str | None) -> SignedIn:
    """The caller of a session, and the token that proves it from now on."""
    if caller.session is None:
        raise TypeError("Who signs in has a session.")
    return SignedIn(caller, tokens.issue(call.ring, caller.session), serial_number)


def _past_password(
    call: Call, who: Who, given: Given, challenges: Challenges
) -> SignedIn | FactorWanted | ChangeWanted:
    held = sorted(devices.held(call.tx, call.account_id, who.identity.key), key=lambda device: device.serial_number)
    used = None
    if held:
        if given.code is None and given.assertion is None:
            return FactorWanted(who, tuple(held), assertions.wanted(call, challenges, who.identity.key, held))
        used = _prove_device(call, who, held, given, challenges)
    serial_number = None if used is None else used.serial_number
    must_change = _must_change(call, who, used)
    session = _session(call, who.identity, used is not None)
    if must_change:
        return ChangeWanted(session, serial_number, call.now + CHANGE)
    return signed_in(call, of_session(session, who.identity), serial_number)


def _known(who: Who | None) -> Who:
    if who is None:
        raise TypeError("Nobody's password was right.")
    return who


# Passwords.


def _prove_password(call: Call, who: Who | None, given: Given) -> None:
    """Refuse what is not the password, and any while the principal rests. The work is one hash, whoever it is."""
    stored = None if who is None or len(given.password) > LONGEST else who.password_hash
    right = call.slow(passwords.verify, stored, given.password[:LONGEST])
    place = _place(call.account_id, who)
    resting = call.attempts.resting(place, call.now)
    if right and not resting:
        call.attempts.was_right(place, 0)
        return
    if call.account_id and not resting:
        call.attempts.was_wrong(place, call.now)
    reason = NOBODY if who is None else WRONG
    raise SignInRefused(REFUSED, reason, call.account_id, who, recorded=not resting)


def _place(account_id: str, who: Who | None) -> str:
    """Where tries are counted: for each principal, and for all unknown names of an account together."""
    return f"sign-in/{account_id}/{'' if who is None else who.identity.key}"


def _rehashed(call: Call, who: Who, password: str) -> Who:
    """The principal with a hash of today's parameters."""
    stored = who.password_hash
    if stored is None or not passwords.needs_rehash(stored):
        return who
    fresh = call.slow(passwords.hash, password, call.chance)
    if isinstance(who.identity, RootUser):
        made = Who(msgspec.structs.replace(who.identity, password_hash=fresh))
        call.tx.put(made.identity)
        return made
    if who.profile is None:
        return who
    profile = msgspec.structs.replace(who.profile, password_hash=fresh)
    call.tx.put(profile)
    return Who(who.identity, profile)


def _must_change(call: Call, who: Who, used: Device | None) -> bool:
    """Whether the password has to be changed first. Refuses one that ended for good (HardExpiry)."""
    if who.profile is None:
        return False
    policy = call.tx.get(PasswordPolicy, call.account_id, call.account_id)
    ends = expires(who.profile, policy)
    ended = ends is not None and ends <= call.now
    if ended and policy is not None and policy.hard_expiry:
        raise SignInRefused(EXPIRED, WRONG, call.account_id, who, factor=used is not None)
    return ended or who.profile.password_reset_required


# Devices and sessions.


def _prove_device(call: Call, who: Who, held: Iterable[Device], given: Given, challenges: Challenges) -> Device:
    named = [device for device in held if given.serial_number in {None, device.serial_number}]
    used: Device | None
    if given.assertion is not None:
        used = assertions.use(call, challenges, who.identity.key, named, given.assertion)
    else:
        used = second_factor.use(call, [each for each in named if isinstance(each, MFADevice)], given.code or "")
    if used is None:
        raise SignInRefused(REFUSED, WRONG, call.account_id, who, factor=True)
    return used


def _session(call: Call, identity: User | RootUser, mfa: bool) -> tokens.Session:
    now = call.moment()
    return tokens.Session(
        kind="root_session" if isinstance(identity, RootUser) else "user_session",
        account_id=identity.account_id,
        access_key_id=access_key_id("ASIA", identity.account_id, call.chance),
        secret_access_key=secret_access_key(call.chance),
        principal_id=identity.key,
        issued=now,
        expires=now + LIFE,
        mfa_time=now if mfa else None,
        console=True,
    )
