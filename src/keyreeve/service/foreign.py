"""Foreign services: what is answered to requests that are signed for a service that this server does not have.

A client with one endpoint for everything asks here for S3 or EC2 too. It is told so in the protocol that it reads, as
far as the head says which one that is, before anything else of the signature is looked at.
"""

from __future__ import annotations

from keyreeve.faults import Fault
from keyreeve.service import routes
from keyreeve.wire import aws_json, xml
from keyreeve.wire.claim import Claim
from keyreeve.wire.exchange import Answer, Request

SENTENCE = (
    "This server has IAM, STS and CloudTrail only. For a client to ask it for these alone, set AWS_ENDPOINT_URL_IAM,"
    " AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_CLOUDTRAIL instead of AWS_ENDPOINT_URL."
)
S3 = "s3"
"""The service whose error documents have a form of their own ("REST Error Responses")."""


class UnknownService(Fault):
    """A request for a service that is none of ours. AWS has no code for it: decisions/0006."""


def meant(claim: Claim, request: Request) -> str:
    """The service that a request is signed for or, if that is none of ours, asks for: then its scope is at fault.

    UnknownService for what is not meant for us at all.
    """
    service = claim.service if claim.service in routes.SERVICES else routes.asked_for(request)
    if service is None:
        raise UnknownService(SENTENCE)
    return service


def refusal(fault: UnknownService, request: Request, service: str, request_id: str) -> Answer:
    """The error document, as clients of the service read it. It tells of nothing that was stored."""
    content_type, body = "text/xml", xml.error(xml.DISPATCH, fault, request_id)
    if service == S3:
        content_type, body = "application/xml", _of_s3(fault, request_id)
    elif _speaks_json(request):
        content_type, body = aws_json.CONTENT_TYPE, aws_json.error(fault)
    headers = (
        ("content-type", content_type),
        ("x-amzn-requestid", request_id),
        ("x-amz-request-id", request_id),  # S3's name for it
        ("x-amzn-errortype", fault.code),
    )
    return Answer(fault.status, body, headers, error_code=fault.code)


def _of_s3(fault: Fault, request_id: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{fault.code}</Code>'
        f"<Message>{xml.escape(fault.message or '')}</Message><RequestId>{request_id}</RequestId></Error>\n"
    ).encode()


def _speaks_json(request: Request) -> bool:
    content_type = request.header("content-type") or ""
    return request.header(aws_json.TARGET) is not None and content_type.startswith("application/x-amz-json-")
