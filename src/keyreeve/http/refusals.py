"""Refusals: the error documents that the door writes itself, before or instead of the service."""

from __future__ import annotations

import uuid

from keyreeve.faults import Fault
from keyreeve.wire import xml
from keyreeve.wire.exchange import Answer


class HeadTooLarge(Fault):
    """A request line or header section over the limits (RFC 6585, section 5)."""

    status = 431

    @property
    def code(self) -> str:
        """The code that AWS gives for requests over its limits."""
        return "RequestEntityTooLarge"


class RequestTimeout(Fault):
    """The request did not arrive whole in time; a common code of AWS services."""

    status = 408


class BadRequest(Fault):
    """Bytes that are not an HTTP request."""


def answer(fault: Fault, request_id: str | None = None) -> Answer:
    """AWS's error document for this fault, with a RequestId of its own unless one is given.

    Its namespace is that of faults found before the service is known.
    """
    request_id = request_id or str(uuid.uuid4())
    headers = (("content-type", "text/xml"), ("x-amzn-requestid", request_id))
    return Answer(fault.status, xml.error(xml.DISPATCH, fault, request_id), headers, error_code=fault.code)


def empty(status: int, code: str) -> Answer:
    """An answer without a body, which AWS gives to oversize bodies and query strings."""
    return Answer(status, b"", (("x-amzn-requestid", str(uuid.uuid4())),), error_code=code)


def request_id(answer: Answer) -> str:
    """The request id that an answer carries; empty if none."""
    return next((value for name, value in answer.headers if name.lower() == "x-amzn-requestid"), "")
