"""Signing in: a password, and the code of a device where there is one, become a session of the console.

It knows no socket and no page. Whoever is refused is told one sentence, after the work of one hash, whether the
account, the user, the password or the code was wrong, or too many tries came (decisions/0041). What it changes is on
`call.tx`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from keyreeve.access import passwords, second_factor, tokens
from keyreeve.access.caller import Caller, of_session
from keyreeve.access.credentials import access_key_id, secret_access_key
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

    `code` is looked at where there is a device: the one with `serial_number` or, without that, any of the user's.
    """

    account: str
    name: str | None
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    serial_number: str | None = None


class SignInRefused(Exception):
    """Nobody is signed in. Its text is for who tried; `reason` is what the record says, with `who` where that is known.

    `account_id` is empty where there is no such account, and so nowhere to record it. `recorded` is False while a
    principal rests: an outsider cannot fill the log. `factor` says that a code was looked at.
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
class CodeWanted:
    """The password was right; now one of these devices (serial numbers) has to show a code. Nothing is proven yet."""

    who: Who
    serial_numbers: tuple[str, ...]


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


def sign_in(call: Call, given: Given) -> SignedIn | CodeWanted | ChangeWanted:
    """Who has the password, and the device if there is one, is signed in. Raises SignInRefused."""
    call.account_id = account_of(call.tx, given.account)
    who = find(call.tx, call.account_id, given.name)
    _prove_password(call, who, given)
    return _past_password(call, _rehashed(call, _known(who), given.password), given)


def still(call: Call, wanted: ChangeWanted) -> Caller:
    """The caller who has to change the password, as it is now. Raises SignInRefused where it is late, or gone."""
    session = wanted.session
    user = call.tx.get(User, session.account_id, session.principal_id)
    if user is None or call.now > wanted.until:
        raise SignInRefused(LATE, WRONG, session.account_id, None, recorded=False)
    return of_session(session, user)


def signed_in(call: Call, caller: Caller, serial_number: str | None) -> SignedIn:
    """The caller of a session, and the token that proves it from now on."""
    if caller.session is None:
        raise TypeError("Who signs in has a session.")
    return SignedIn(caller, tokens.issue(call.ring, caller.session), serial_number)


def _past_password(call: Call, who: Who, given: Given) -> SignedIn | CodeWanted | ChangeWanted:
    devices = call.tx.where(MFADevice, call.account_id, "principal", who.identity.key)
    used = None
    if devices:
        if given.code is None:
            return CodeWanted(who, tuple(sorted(device.serial_number for device in devices)))
        used = _prove_device(call, who, devices, given)
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


def _must_change(call: Call, who: Who, used: MFADevice | None) -> bool:
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


def _prove_device(call: Call, who: Who, devices: list[MFADevice], given: Given) -> MFADevice:
    named = [device for device in devices if given.serial_number in {None, device.serial_number}]
    used = second_factor.use(call, named, given.code or "")
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
