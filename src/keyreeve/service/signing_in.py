"""Signing in at this server: an attempt in one transaction, its slow work outside, and the events that CloudTrail has.

What a page calls. It never waits: an outcome names the revision that must be durable before anybody is told. There is
no page yet, and no route leads here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from keyreeve.access import sign_in
from keyreeve.access.challenges import Challenges
from keyreeve.access.gather import PolicySets
from keyreeve.access.sign_in import ChangeWanted, FactorWanted, Given, SignedIn, SignInRefused
from keyreeve.events import Event, EventLog
from keyreeve.faults import Fault
from keyreeve.operations import Call, Job, Slow
from keyreeve.service import sign_in_events
from keyreeve.service.enrolling import FinishEnrolment, KeyEnrolled, KeyWanted, StartEnrolment, Wish
from keyreeve.service.forced_change import ForcedChange
from keyreeve.store import Transaction, View
from keyreeve.wire.exchange import Request
from keyreeve.wire.identifiers import UUIDs

Found = SignedIn | FactorWanted | ChangeWanted | KeyWanted | KeyEnrolled
NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody is signed in, or nothing enrolled; the sentence is for who tried."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, to be told once `revision` is durable."""

    found: Found | Refused
    revision: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Slow work comes first. It may run in any thread; `go_on` takes what it gave in the one that handles requests."""

    work: Callable[[], object]
    go_on: Callable[[object], Outcome | Waiting]


class Attempt(Protocol):
    """Something that somebody tries at the door, signed in or not."""

    @property
    def request(self) -> Request:
        """Where it comes from."""

    @property
    def slow(self) -> tuple[Callable[..., Any], ...]:
        """The functions that it has done outside."""

    def handle(self, call: Call, new_id: NewId) -> tuple[Found, tuple[Event, ...]]:
        """Do it, with its events. Raises SignInRefused or a Fault."""

    def denied(self, fault: Fault, call: Call, new_id: NewId) -> Event:
        """The event of a Fault."""

    def sentence(self, fault: Fault) -> str:
        """What who tried is told of a Fault."""


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody gives a name and a password."""

    challenges: Challenges
    given: Given
    request: Request
    slow: tuple[Callable[..., Any], ...] = sign_in.SLOW

    def handle(self, call: Call, new_id: NewId) -> tuple[Found, tuple[Event, ...]]:
        """Sign in."""
        found = sign_in.sign_in(call, self.given, self.challenges)
        return found, sign_in_events.of(found, self.request, call.now, new_id)

    def denied(self, fault: Fault, call: Call, new_id: NewId) -> Event:  # noqa: ARG002  signing in raises no Fault
        """Nothing of it is an operation: a Fault is a bug."""
        raise fault

    def sentence(self, fault: Fault) -> str:
        """See `denied`."""
        raise fault


@dataclass(slots=True)
class Turn:
    """An attempt on its way, and what slow work gave so far. Nobody is its caller until somebody is proven."""

    attempt: Attempt
    now: datetime
    request_id: str
    region: str = sign_in_events.REGION
    caller: None = None
    done: dict[Job, Any] = field(default_factory=dict)


class SignIns:
    """The sign-in of one node. A `request` says where somebody comes from: address, user agent, host, TLS.

    `call` makes what an attempt is handled with, as for any operation.
    """

    def __init__(
        self,
        view: View,
        log: EventLog,
        sets: PolicySets,
        call: Callable[[Turn, Transaction, Attempt], Call],
        *,
        now: Callable[[], datetime],
        chance: Callable[[int], bytes],
    ) -> None:
        self._view, self._log, self._sets, self._call = view, log, sets, call
        self._now, self._new_id = now, UUIDs(chance).draw
        self._challenges = Challenges()

    def begin(self, given: Given, request: Request) -> Outcome | Waiting:
        """Sign somebody in, or say what is wanted first. Raises StoreFailure."""
        return self._go_on(Turn(Entering(self._challenges, given, request), self._now(), self._new_id()))

    def change(self, wanted: ChangeWanted, old_password: str, new_password: str, request: Request) -> Outcome | Waiting:
        """Change the password that has to be changed; then who wanted that is signed in. Raises StoreFailure."""
        attempt = ForcedChange(self._sets, wanted, old_password, new_password, request)
        return self._go_on(Turn(attempt, self._now(), self._new_id()))

    def begin_enrolment(self, token: str, wish: Wish, request: Request) -> Outcome | Waiting:
        """Have a browser ask a security key for a credential. The token is of who is signed in. Raises StoreFailure."""
        attempt = StartEnrolment(self._sets, self._challenges, token, wish, request)
        return self._go_on(Turn(attempt, self._now(), self._new_id()))

    def finish_enrolment(self, token: str, wish: Wish, answer: str, request: Request) -> Outcome | Waiting:
        """Enrol the security key that answered (PublicKeyCredential.toJSON). Raises StoreFailure."""
        attempt = FinishEnrolment(self._sets, self._challenges, token, wish, request, answer)
        return self._go_on(Turn(attempt, self._now(), self._new_id()))

    def _go_on(self, turn: Turn) -> Outcome | Waiting:
        """Handle it in one transaction; where slow work is wanted, handle it anew when that is done."""
        transaction = self._view.begin()
        call = self._call(turn, transaction, turn.attempt)
        try:
            found, events = turn.attempt.handle(call, self._new_id)
        except Slow as slow:
            transaction.rollback()
            return self._waiting(turn, slow.job)
        except SignInRefused as refusal:
            transaction.rollback()
            return self._refuse(turn, refusal)
        except Fault as fault:
            transaction.rollback()
            revision = self._log.commit(transaction, turn.attempt.denied(fault, call, self._new_id))
            return Outcome(Refused(turn.attempt.sentence(fault)), revision)
        return Outcome(found, self._log.commit(transaction, *events))

    def _waiting(self, turn: Turn, job: Job) -> Waiting:
        def go_on(result: object) -> Outcome | Waiting:
            turn.done[job] = result
            return self._go_on(turn)

        function, values = job
        return Waiting(partial(function, *values), go_on)

    def _refuse(self, turn: Turn, refusal: SignInRefused) -> Outcome:
        """The refusal, and its event where it may have one: it waits a second at most, as that of a read does."""
        if refusal.recorded and refusal.account_id:
            self._log.defer(sign_in_events.failure(refusal, turn.attempt.request, turn.now, self._new_id))
        return Outcome(Refused(str(refusal)), self._view.revision)
