"""An exchange on its way: what is known of a request so far, and how its answer is written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from keyreeve.access.bearer import Bearer
from keyreeve.access.caller import Caller
from keyreeve.faults import Fault, ServiceFailure
from keyreeve.operations import Job, Operation
from keyreeve.service import foreign
from keyreeve.service.routes import JSON, SERVICES, Route, targeted
from keyreeve.wire import aws_json, json_answer, model, query, xml
from keyreeve.wire.claim import Claim
from keyreeve.wire.exchange import Answer, Request
from keyreeve.wire.model import Operation as Asked
from keyreeve.wire.model import Service as Asking

_REGIONAL = re.compile(r"sts\.((?:[a-z0-9]+-)+[0-9]{1,2})\.", re.ASCII).match
_DISPATCH = frozenset({"InvalidAction", "MissingAction"})


class Exchange(msgspec.Struct, eq=False):
    """One request; each step of the way adds what it found."""

    request: Request
    request_id: str
    now: datetime
    parameters: dict[str, str] = {}
    claim: Claim | None = None
    route: Route | None = None
    caller: Caller | Bearer | None = None
    operation: Asked | None = None
    values: dict[str, Any] = {}
    done: dict[Job, Any] = {}
    content_type: str = "text/xml"

    @property
    def proven(self) -> Caller | Bearer:
        """The caller, once it is proven; before that it is a bug to ask."""
        if self.caller is None:
            raise ServiceFailure("The caller is not proven.")
        return self.caller

    @property
    def asked(self) -> Asked:
        """The operation in the model, once it is found; before that it is a bug to ask."""
        if self.operation is None:
            raise ServiceFailure("The operation is not known.")
        return self.operation

    @property
    def service(self) -> Asking | None:
        """The service that is asked or, before that is known, the one that the request is signed for, or targets."""
        if self.route is not None:
            return self.route.service
        if self.claim is not None and self.claim.service in SERVICES:
            return model.service(self.claim.service)
        target, _ = targeted(self.request)
        return None if target is None else model.service(target)

    @property
    def speaks_json(self) -> bool:
        """Whether the service speaks AWS's JSON protocol."""
        return self.service is not None and self.service.name in JSON

    @property
    def region(self) -> str:
        """The region that the request is signed for; of an unsigned one, the region of the endpoint that it names."""
        if self.claim is not None:
            return self.claim.region
        named = _REGIONAL(self.request.header("host") or "")
        return "us-east-1" if named is None else named[1]

    def read(self, operation: Asked) -> dict[str, Any]:
        """The operation's input."""
        if operation.service.name in JSON:
            return aws_json.read(operation, self.request.body)
        return query.read(operation, self.parameters)

    def write(self, built: Operation, result: Any) -> bytes:
        """The body of a result, by walking the output shape; IAM and STS write JSON to those who ask for it."""
        operation = self.asked
        if operation.service.name in JSON:
            self.content_type = aws_json.CONTENT_TYPE
            return aws_json.writer(operation, built.without)(result)
        if json_answer.wanted(self.request):
            self.content_type = json_answer.CONTENT_TYPE
            return json_answer.writer(operation, built.without)(result, self.request_id)
        return xml.writer(operation, built.without)(result, self.request_id)

    def answer(self, status: int, body: bytes, revision: int) -> Answer:
        """An answer with AWS's headers."""
        service = self.service
        return Answer(
            status=status,
            body=body,
            headers=(("content-type", self.content_type), ("x-amzn-requestid", self.request_id)),
            revision=revision,
            service="" if service is None else service.name,
            operation="" if self.operation is None else self.operation.name,
            proven=self.caller is not None,
        )

    def refusal(self, fault: Fault, revision: int = 0) -> Answer:
        """A Fault as AWS's error document."""
        if isinstance(fault, foreign.UnknownService) and self.claim is not None:
            return foreign.refusal(fault, self.request, self.claim.service, self.request_id)
        if self.speaks_json:
            self.content_type = aws_json.CONTENT_TYPE
            answer = self.answer(aws_json.status(fault), aws_json.error(fault), revision)
            named = (*answer.headers, ("x-amzn-errortype", aws_json.code(fault)))
            return replace(answer, headers=named, error_code=fault.code)
        at_home = self.service is not None and fault.code not in _DISPATCH
        namespace = self.service.namespace if self.service is not None and at_home else xml.DISPATCH
        if json_answer.wanted(self.request):
            self.content_type = json_answer.CONTENT_TYPE
            body = json_answer.error(fault, self.request_id)
        else:
            self.content_type = "text/xml"
            body = xml.error(namespace, fault, self.request_id)
        return replace(self.answer(fault.status, body, revision), error_code=fault.code)
