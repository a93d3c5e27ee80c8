"""The AWS wire: what the door itself decides around `service.handle`.

No answer leaves before the revision it saw is durable: neither a change nor a reading of one can be taken back.
"""

from __future__ import annotations

import json
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from keyreeve import faults
from keyreeve.http import refusals
from keyreeve.http.durability import Durability
from keyreeve.http.limits import FailureGate
from keyreeve.http.pool import Full, Pool
from keyreeve.logs import Seldom, logger
from keyreeve.store import StoreFailure
from keyreeve.wire.exchange import Answer, Later, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keyreeve.http.door import Door
    from keyreeve.http.metrics import Metrics
    from keyreeve.http.proxies import Proxies

    Reply = Callable[[Answer], None]

LOG = logger("http")
ACCESS = logger("access")
PROBES = {
    "/healthz": "health",
    "/readyz": "ready",
    "/_keyreeve/healthz": "health",
    "/_keyreeve/readyz": "ready",
}


class App:
    """Answers the requests of all connections; holds nothing of a request but its wait for durability."""

    def __init__(
        self,
        door: Door,
        durability: Durability,
        gate: FailureGate,
        pool: Pool,
        strangers: Mapping[str, Pool],
        *,
        proxies: Proxies | None = None,
        metrics: Metrics | None = None,
        access_log: bool = False,
    ) -> None:
        self.door = door
        self.durability = durability
        self.gate = gate
        self.pool = pool
        self.strangers = strangers
        self.proxies = proxies
        self.metrics = metrics
        self.access_log = access_log
        self.seldom = Seldom(LOG)
        self.watched = metrics is not None or access_log

    def serve(self, request: Request, reply: Reply) -> None:
        """Answer a request: at once, or when what its answer saw is durable."""
        if request.path in PROBES and request.method in {"GET", "HEAD"}:
            reply(self._probe(request.path))
            return
        if self.proxies:
            source = self.proxies.source(request.source_ip, request.secure, request.headers)
            if source is None:
                reply(refusals.answer(faults.AccessDenied("This server takes plain HTTP only from its proxy.")))
                return
            request = replace(request, source_ip=source.address, secure=source.secure)
        if self.watched:
            reply = partial(self._watch, request, time.perf_counter(), reply)
        self._release(request, reply, self._answer(request))

    def _release(self, request: Request, reply: Reply, answer: Answer | Later) -> None:
        """Reply when what the answer saw is durable; first have done the slow work that it needs."""
        if isinstance(answer, Later):
            try:
                pool = self.pool if answer.proven else self.strangers[answer.operation]
                resume = partial(self._worked, request, reply, answer)
                pool.run(answer.work, resume, request.source_ip, answer.account_id, answer.same)
            except Full:
                reply(refusals.answer(faults.Throttling("Rate exceeded")))
        elif answer.revision <= self.door.durable:
            reply(answer)
        else:
            self.durability.then(answer.revision, partial(self._stored, answer, reply))

    def _worked(self, request: Request, reply: Reply, later: Later, result: Callable[[], object]) -> None:
        """Go on with what slow work gave, or with the bug that it raised."""
        self._release(request, reply, self._handle(request, lambda: later.go_on(result())))

    def _answer(self, request: Request) -> Answer | Later:
        if self.gate.closed(request.source_ip):
            return refusals.answer(faults.Throttling("Rate exceeded"))
        return self._handle(request, lambda: self.door.handle(request))

    def _handle(self, request: Request, handle: Callable[[], Answer | Later]) -> Answer | Later:
        """What was found, with a failed authentication noted, or with a bug that was met told as one."""
        answer = self._tried(request, handle)
        if isinstance(answer, Answer) and not answer.proven and 400 <= answer.status < 500:  # noqa: PLR2004  a stranger's fault, whatever its code
            self.gate.failed(request.source_ip)
        return answer

    def _tried(self, request: Request, handle: Callable[[], Answer | Later]) -> Answer | Later:
        try:
            return handle()
        except Exception:
            request_id = str(uuid.uuid4())
            LOG.exception("request failed", request_id=request_id, method=request.method, path=request.path)
            return refusals.answer(faults.ServiceFailure("The request failed for an internal reason."), request_id)

    def _stored(self, answer: Answer, reply: Reply, error: BaseException | None) -> None:
        """Release the answer, or say 503 if what it saw is not durable, or not known to be."""
        if error is not None:
            refusal = refusals.answer(faults.ServiceUnavailable("The change could not be stored; try again."))
            if not isinstance(error, StoreFailure):  # that one the store has logged
                self.seldom.error(
                    "revision is not durable",
                    request_id=refusals.request_id(refusal),
                    revision=answer.revision,
                    operation=answer.operation,
                    reason=repr(error),
                )
            answer = refusal
        reply(answer)

    def _probe(self, path: str) -> Answer:
        if PROBES[path] == "ready":
            ready = self.door.ready()
            return _json(200 if ready else 503, {"ready": ready})
        return _json(200, {"status": "ok", **self.door.health()})

    def _watch(self, request: Request, started: float, reply: Reply, answer: Answer) -> None:
        reply(answer)
        seconds = time.perf_counter() - started
        if self.metrics is not None:
            self.metrics.count(answer, seconds)
        if self.access_log:
            ACCESS.info(
                "request",
                request_id=refusals.request_id(answer),
                source_ip=request.source_ip,
                method=request.method,
                path=request.path,
                status=answer.status,
                service=answer.service,
                operation=answer.operation,
                error_code=answer.error_code,
                seconds=round(seconds, 6),
            )


def _json(status: int, content: dict[str, object]) -> Answer:
    headers = (("content-type", "application/json"), ("cache-control", "no-store"))
    return Answer(status, json.dumps(content).encode() + b"\n", headers)
