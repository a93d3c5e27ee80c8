"""Answering: a request becomes an answer, and what it changed becomes the next revision.

One thread runs `handle` to completion. It never waits: the answer names the revision that must be durable before it
may be sent, and whoever holds the socket waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from keyreeve.access import context, reach
from keyreeve.access.attempts import Attempts
from keyreeve.access.authenticate import Authenticator
from keyreeve.access.authorize import authorize
from keyreeve.access.bearer import Bearer
from keyreeve.access.caller import Caller
from keyreeve.access.gather import PolicySets
from keyreeve.catalogue import Catalogue
from keyreeve.cloudtrail.deliveries import Deliveries
from keyreeve.entities import Account
from keyreeve.events import Event, EventLog
from keyreeve.faults import (
    AccessDenied,
    Fault,
    MissingAuthenticationToken,
    ServiceFailure,
    ServiceUnavailable,
    ValidationError,
)
from keyreeve.logs import Seldom, logger
from keyreeve.openid import Client, Issuers
from keyreeve.operations import Ask, Asks, Call, Operation, Site, Slow
from keyreeve.seal import KeyRing
from keyreeve.seal.chance import draw
from keyreeve.service import foreign, routes, trail
from keyreeve.service.exchange import Exchange
from keyreeve.service.signing_in import Attempt, SignIns, Turn
from keyreeve.store import StoreFailure, Transaction, View
from keyreeve.wire import check, query, sigv4
from keyreeve.wire.exchange import Answer, Later, Request
from keyreeve.wire.identifiers import UUIDs

_log = logger("service")
_seldom = Seldom(_log)

ACCOUNT_HEADER = "x-keyreeve-encoded-authorization-message"
"""Where a refusal has its whole account, for DecodeAuthorizationMessage."""

JOBS = 8
"""Slow jobs that one request may need; more are a handler that never ends."""


LONGEST_QUESTION = 65_536
"""Characters of a resource and its condition keys that policies are held to. No sound request has as many; a name of
ten megabytes is refused for its shape, which tells nothing, before patterns are tried on it.
"""

NOWHERE = Site()
"""A server of which the operator has said nothing: no organization, no partners, no templates."""


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Service:
    """IAM and STS over a view of the store. `now` and `chance` come in, so that a conversation can be replayed."""

    def __init__(
        self,
        view: View,
        ring: KeyRing,
        log: EventLog,
        catalogue: Catalogue,
        *,
        now: Callable[[], datetime] = clock,
        chance: Callable[[int], bytes] = draw,
        site: Site = NOWHERE,
        public_url: str = "http://127.0.0.1:4566",
        deliveries: Deliveries | None = None,
        issuers: Issuers | None = None,
    ) -> None:
        self._view, self._ring, self._log, self._catalogue = view, ring, log, catalogue
        self._now, self._chance, self._site = now, chance, site
        self._new_id = UUIDs(chance).draw
        self._authenticator = Authenticator(ring)
        self._sets = PolicySets(view, catalogue, site.management_account)
        self._attempts = Attempts()
        self._records = trail.Records()
        self._issuers = issuers or Issuers(Client())
        self.sign_ins = SignIns(view, log, self._sets, self._call, now=now, chance=chance)
        self.public_url = public_url
        """Where clients reach this server; whoever listens says so, once the port is known."""
        self._deliveries = deliveries or Deliveries()

    def handle(self, request: Request) -> Answer:
        """The answer to a request, with any slow work done on the spot."""
        found = self.begin(request)
        while isinstance(found, Later):
            found = found.go_on(found.work())
        return found

    def begin(self, request: Request) -> Answer | Later:
        """The answer to a request, or the slow work that comes first; what is proven and allowed already may need some.

        A Fault is AWS's error document; a bug is logged and leaves as ServiceFailure.
        """
        return self._go_on(Exchange(request, self._new_id(), self._now()))

    def _go_on(self, exchange: Exchange) -> Answer | Later:
        try:
            transaction = self._view.begin()
            try:
                return self._answer(exchange, transaction)
            except Slow as slow:
                transaction.rollback()
                return self._later(exchange, slow)
            except Fault as fault:
                transaction.rollback()
                return self._refuse(exchange, fault, transaction)
        except StoreFailure as failure:
            if failure is not self._view.writer.failure:  # that one is logged
                _seldom.error("the store failed", request_id=exchange.request_id, reason=str(failure))
            return exchange.refusal(ServiceUnavailable("The store cannot confirm the request. Try again."))
        except Exception:  # noqa: BLE001  a bug must not take the server along, and never allows anything
            _log.exception("a request met a bug", request_id=exchange.request_id)
            return exchange.refusal(ServiceFailure("The request processing has failed because of an unknown error."))

    def _later(self, exchange: Exchange, slow: Slow) -> Later:
        """A job to be done; then the request is handled anew from its beginning, with what the job gave."""
        if len(exchange.done) >= JOBS:
            raise ServiceFailure(f"{exchange.asked.name} asks for one slow job after the other.")

        def go_on(result: object) -> Answer | Later:
            exchange.done[slow.job] = result
            return self._go_on(exchange)

        function, values = slow.job
        return Later(
            partial(function, *values),
            go_on,
            proven=exchange.caller is not None,
            operation=exchange.asked.name,
            account_id=slow.account_id,
            same=slow.job if slow.shared else None,
        )

    def _answer(self, exchange: Exchange, transaction: Transaction) -> Answer:
        parameters = routes.unsigned(exchange.request)
        if parameters is None:
            route = self._signed(exchange, transaction)
        else:
            exchange.caller, exchange.parameters = None, parameters  # who bears the token is proven anew each time
            exchange.route = route = routes.route(parameters, None)
        exchange.operation = operation = route.operation()
        if isinstance(exchange.caller, Caller):
            reach.check(exchange.caller, route.service.name, route.name)
        built = route.built()
        if built.bearer is not None and exchange.caller is not None:
            # Signed, but too large or by another method than those that are read for a token: it has none to us.
            raise MissingAuthenticationToken("Request is missing Authentication Token")
        exchange.values = exchange.read(operation)
        call = self._call(exchange, transaction, built)
        misshapen = check.faults(operation, exchange.values)
        if exchange.caller is None:
            if misshapen is not None:
                raise misshapen
            self._bear(exchange, call, built)
        if misshapen is not None and routes.SHAPE_FIRST[route.service.name]:
            raise misshapen
        self._authorize(exchange, call, built, misshapen)
        if misshapen is not None:
            raise misshapen
        result = built.handler(call, **exchange.values)
        body = exchange.write(built, result)
        return self._commit(exchange, call, result, body)

    def _signed(self, exchange: Exchange, transaction: Transaction) -> routes.Route:
        """The route of a signed request, whose caller is proven here.

        Proven first, and read afterwards: only the head and a hash of the body are looked at for a stranger.
        """
        request = exchange.request
        exchange.claim = claim = sigv4.read(request)
        service = foreign.meant(claim, request)
        exchange.caller = self._authenticator.prove(transaction, request, claim, service, exchange.now)
        exchange.route = route = self._route(exchange, claim)
        return route

    def _route(self, exchange: Exchange, claim: sigv4.Claim) -> routes.Route:
        if claim.service in routes.JSON:
            return routes.by_target(exchange.request, claim.service)
        exchange.parameters = query.form(exchange.request)
        route = routes.route(exchange.parameters, claim.service)
        if route.service.name != claim.service:
            sigv4.check_scope(claim, route.service.name, exchange.now)  # refuses: it is signed for another service
        return route

    def _bear(self, exchange: Exchange, call: Call, built: Operation) -> None:
        """Prove the caller of an unsigned request by the token that it brings."""
        if built.bearer is None:
            raise ServiceFailure(f"{built.name} has no proof of its own.")
        exchange.caller = call.caller = bearer = built.bearer(call, exchange.values)
        call.account_id = bearer.account_id

    def _call(self, exchange: Exchange | Turn, transaction: Transaction, built: Operation | Attempt) -> Call:
        return Call(
            tx=transaction,
            caller=exchange.caller,
            account_id="" if exchange.caller is None else exchange.caller.account_id,
            now=exchange.now,
            request_id=exchange.request_id,
            region=exchange.region,
            chance=self._chance,
            ring=self._ring,
            log=self._log,
            catalogue=self._catalogue,
            attempts=self._attempts,
            site=self._site,
            issuers=self._issuers,
            public_url=self.public_url,
            deliveries=self._deliveries,
            slow_functions=built.slow,
            done=exchange.done,
        )

    def _authorize(self, exchange: Exchange, call: Call, built: Operation, misshapen: Fault | None) -> None:
        """Every question that the operation asks must be allowed; an operation that asks nothing is refused.

        Where a wrong shape keeps the question from being put, it is about everything: the request is refused anyway.
        """
        if built.asks is None:
            return
        caller, action = exchange.proven, built.action
        keys = partial(context.of_request, exchange.request, caller, exchange.region, exchange.now)
        asks = _asks(built.asks, action, call, exchange.values, misshapen)
        if len(exchange.request.body) > LONGEST_QUESTION and any(_size(ask) > LONGEST_QUESTION for ask in asks):
            raise misshapen or ValidationError("The request names more than can be judged.")
        if not asks:
            raise AccessDenied(f"User: {caller.arn} is not authorized to perform: {action}")
        for ask in asks:
            authorize(self._sets, call.tx, self._ring, caller, ask, keys)

    def _commit(self, exchange: Exchange, call: Call, result: Any, body: bytes) -> Answer:
        """Commit what changed with its event, or note the read. The event of issued credentials is durable too."""
        written = self._records.of(exchange, result, self._new_id)
        if call.issued and written and not call.tx.changed:
            return exchange.answer(200, body, self._log.pledge(written))
        if call.tx.changed or call.issued:
            events = (written,) if written else trail.copies(self._event(exchange, result), self._new_id)
            return exchange.answer(200, body, self._log.commit(call.tx, *events))
        self._log.defer(written or self._event(exchange, result))
        return exchange.answer(200, body, self._view.revision)

    def _refuse(self, exchange: Exchange, fault: Fault, transaction: Transaction) -> Answer:
        """The error document; of a proven principal's denial there is a durable event, of its other faults one soon."""
        if exchange.caller is None or exchange.operation is None:
            return exchange.refusal(fault, self._view.revision)
        event = self._event(exchange, fault=fault)
        if not isinstance(fault, AccessDenied):
            self._log.defer(event)
            return exchange.refusal(fault, self._view.revision)
        answer = exchange.refusal(fault, self._log.commit(transaction, event))
        account = None if fault.account is None else fault.account()
        return answer if account is None else replace(answer, headers=(*answer.headers, (ACCOUNT_HEADER, account)))

    def _event(self, exchange: Exchange, result: Any = None, fault: Fault | None = None) -> Event:
        alias = self._alias(exchange.proven) if exchange.proven.kind == "root" else None
        return trail.event(exchange, self._new_id(), alias=alias, result=result, fault=fault)

    def _alias(self, caller: Caller | Bearer) -> str | None:
        """The name that CloudTrail has for a root user: the account's alias, where it has one."""
        # Not `begin`: loaded anew, the view would be durable, whatever this request saw before.
        account = self._view.look().get(Account, caller.account_id, caller.account_id)
        return None if account is None else account.account_alias


def _asks(asks: Asks, action: str, call: Call, values: Mapping[str, Any], misshapen: Fault | None) -> list[Ask]:
    try:
        return list(asks(action, call, values))
    except (AttributeError, KeyError, TypeError, Fault):
        if misshapen is None:
            raise
        return [Ask(action)]


def _size(ask: Ask) -> int:
    return len(ask.resource) + sum(len(key) + sum(map(len, value)) for key, value in ask.context.items())
