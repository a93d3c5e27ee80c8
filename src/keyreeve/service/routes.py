"""Routes: which service and operation a request is for. A route that is not in the table does not exist."""

from __future__ import annotations

import msgspec

from keyreeve import cloudtrail, iam, sts  # noqa: F401  importing them registers their operations
from keyreeve.cloudtrail.faults import UnsupportedOperationException
from keyreeve.faults import Fault, InvalidAction, MissingAction, NotImplemented_
from keyreeve.operations import REGISTRY, Operation
from keyreeve.service.missing import NOT_BUILT
from keyreeve.wire import aws_json, model, query
from keyreeve.wire.exchange import Request

SERVICES = frozenset({"cloudtrail", "iam", "sts"})

JSON = frozenset({"cloudtrail"})
"""The services that speak AWS's JSON protocol; the others speak the Query protocol."""

TARGETS = {
    "CloudTrail_20131101": "cloudtrail",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101": "cloudtrail",
}
"""The services by what stands before an operation in X-Amz-Target: the short form, and the one that SDKs send."""

VERSIONS = {"2010-05-08": "iam", "2011-06-15": "sts"}

SHAPE_FIRST = {"cloudtrail": False, "iam": False, "sts": True}
"""Where the constraints of members stand: after authorisation in IAM, before it in STS, as recorded of AWS.

Of CloudTrail nothing is recorded: it tells nothing to those who may not ask.
"""

MISSING: dict[str, type[Fault]] = {
    "cloudtrail": UnsupportedOperationException,
    "iam": NotImplemented_,
    "sts": NotImplemented_,
}
"""What a service says of an operation that its model has and Keyreeve does not."""

DEFAULT = "sts"
"""The service of a request that names none, neither by its version nor by its signature."""

UNSIGNED_BYTES = 131_072
"""The largest body that is read without a signature: a SAML assertion, a session policy and room to spare."""

UNSIGNED_MARK = b"AssumeRoleWith"
"""What a body or query must hold to be read without a signature: all operations of the table begin so."""

UNSIGNED_METHODS = frozenset({"GET", "POST"})

UNSIGNED = frozenset({("sts", "AssumeRoleWithSAML"), ("sts", "AssumeRoleWithWebIdentity")})
"""The operations that carry another proof than a signature. Everything else is refused without one."""


class Route(msgspec.Struct, frozen=True):
    """A service, and the name and version as they were asked for."""

    service: model.Service
    name: str
    version: str

    def operation(self) -> model.Operation:
        """The operation in the service's model; InvalidAction if the model has none of this name and version."""
        found = self.service.operations.get(self.name)
        if found is None or self.version != self.service.version:
            version = self.version or "NO_VERSION_SPECIFIED"
            raise InvalidAction(f"Could not find operation {self.name} for version {version}")
        return found

    def built(self) -> Operation:
        """The operation as built; a clean refusal for what the model has and Keyreeve does not have yet."""
        found = REGISTRY.get((self.service.name, self.name))
        if found is None or self.name in NOT_BUILT[self.service.name]:
            raise MISSING[self.service.name](f"The operation {self.name} is not implemented by this server.")
        return found


def route(parameters: dict[str, str], scope_service: str | None) -> Route:
    """The route of a request by its Version or, where that is unknown, by the service it is signed for."""
    if "Action" not in parameters:
        raise MissingAction("The request is missing an action or a required parameter.")
    version = parameters.get("Version", "")
    service = VERSIONS.get(version) or (scope_service or DEFAULT)
    return Route(model.service(service), parameters["Action"], version)


def targeted(request: Request) -> tuple[str | None, str]:
    """The service and the operation that X-Amz-Target names; no service where it names none of ours."""
    prefix, _, name = (request.header(aws_json.TARGET) or "").rpartition(".")
    return TARGETS.get(prefix), name


def asked_for(request: Request) -> str | None:
    """The service that a request asks for, whatever it is signed for; None for none of ours."""
    if request.header(aws_json.TARGET) is not None:
        return targeted(request)[0]
    sent = request.query.encode("latin-1") if request.method == "GET" else request.body
    return next((service for version, service in VERSIONS.items() if f"Version={version}".encode() in sent), None)


def by_target(request: Request, scope_service: str) -> Route:
    """The route of a request to a service that speaks JSON."""
    service, name = targeted(request)
    if service != scope_service:
        raise MissingAction("The request names no operation of the service that it is signed for.")
    found = model.service(service)
    return Route(found, name, found.version)


def unsigned(request: Request) -> dict[str, str] | None:
    """The parameters of a request for an operation that brings its own proof; None for all other requests.

    This is all that is read of what a stranger sends before the proof: one small form, and only if it holds the mark.
    """
    sent = request.query.encode("latin-1") if request.method == "GET" else request.body
    if len(sent) > UNSIGNED_BYTES or UNSIGNED_MARK not in sent or request.method not in UNSIGNED_METHODS:
        return None
    if request.header(aws_json.TARGET) is not None:
        return None  # that is no form
    parameters = query.form(request)
    service = VERSIONS.get(parameters.get("Version", ""))
    return parameters if service is not None and (service, parameters.get("Action", "")) in UNSIGNED else None
