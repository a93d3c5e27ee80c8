"""Events: what happened, as CloudTrail records it.

Source: CloudTrail User Guide, "CloudTrail record contents" (version 1.11) and "CloudTrail userIdentity element".
Attributes are snake_case; on the wire and in the log they have CloudTrail's names. What CloudTrail always shows has no
default here and is always written, null included; what it calls optional is left out when absent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from keyreeve.faults import Fault

IdentityType = Literal[
    "Root",
    "IAMUser",
    "AssumedRole",
    "FederatedUser",
    "AWSAccount",
    "AWSService",
    "SAMLUser",
    "WebIdentityUser",
    "Unknown",
]
"""The kinds of caller that Keyreeve has; CloudTrail has a few more."""

EventType = Literal["AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn"]

LONGEST_TEXT = 1024
"""CloudTrail's bound for user agents and error messages."""

NO_RECORD = (UnicodeDecodeError, RecursionError)
"""What msgspec raises besides its own errors: for bytes that are no text, and for values too deep in each other."""

_SPELT_OTHERWISE = {
    "source_ip_address": "sourceIPAddress",
    "request_id": "requestID",
    "event_id": "eventID",
    "shared_event_id": "sharedEventID",
    "resource_arn": "ARN",
    "resource_type": "type",
}


def _wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return _SPELT_OTHERWISE.get(name) or first + "".join(word.capitalize() for word in rest)


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_wire_name, gc=False):
    """A part of a record. Records hold no cycles, so the collector need not look at them."""


class SessionIssuer(_Part, frozen=True, kw_only=True):
    """Who issued temporary credentials: a Role, an IAMUser or Root."""

    type: Literal["Role", "IAMUser", "Root"]
    principal_id: str
    arn: str
    account_id: str
    user_name: str | None = None


class SessionAttributes(_Part, frozen=True, kw_only=True):
    """When temporary credentials were issued and whether with MFA; both are text, as in AWS's records."""

    creation_date: str
    mfa_authenticated: Literal["true", "false"]


class SessionContext(_Part, frozen=True, kw_only=True):
    """Where temporary credentials come from."""

    session_issuer: SessionIssuer | None = None
    web_id_federation_data: dict[str, Any] | None = None
    attributes: SessionAttributes | None = None
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    assumed_root: str | None = None


class UserIdentity(_Part, frozen=True, kw_only=True):
    """Who called. Which members are there depends on `type`: see the table on AWS's page."""

    type: IdentityType
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    identity_provider: str | None = None
    invoked_by: str | None = None
    invoked_by_delegate: dict[str, str] | None = None
    session_context: SessionContext | None = None

    @property
    def entity_id(self) -> str | None:
        """The unique id of the user, role or root user behind the call: a session counts for what issued it."""
        issuer = self.session_context.session_issuer if self.session_context else None
        return issuer.principal_id if issuer else self.principal_id

    @property
    def display_name(self) -> str | None:
        """The name LookupEvents shows: the user's, a role session's, or `root`."""
        if self.type == "Root":
            return "root"
        if self.type in ("AssumedRole", "FederatedUser"):
            return (self.principal_id or "").partition(":")[2]
        return self.user_name


class Resource(_Part, frozen=True, kw_only=True):
    """Something the call was about; `resource_type` is like `AWS::IAM::Role`."""

    account_id: str
    resource_type: str
    resource_arn: str


class Event(_Part, frozen=True, kw_only=True, tag_field="eventVersion", tag="1.11"):
    """One record. `event_time` is aware UTC; like CloudTrail's it keeps whole seconds only.

    CloudTrail cuts user agent and error message off at 1 KB, and so do we.
    """

    user_identity: UserIdentity
    event_time: Annotated[datetime, msgspec.Meta(tz=True)]
    event_source: str
    event_name: str
    aws_region: str
    source_ip_address: str
    user_agent: str
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: dict[str, Any] | None
    response_elements: dict[str, Any] | None
    additional_event_data: dict[str, Any] | None = None
    request_id: str | None = None
    event_id: str
    read_only: bool
    resources: tuple[Resource, ...] = ()
    event_type: EventType
    api_version: str | None = None
    management_event: bool
    recipient_account_id: str
    shared_event_id: str | None = None
    vpc_endpoint_id: str | None = None
    event_category: Literal["Management", "Data"]
    session_credential_from_console: str | None = None
    tls_details: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.event_time.microsecond:
            msgspec.structs.force_setattr(self, "event_time", self.event_time.replace(microsecond=0))
        if len(self.user_agent) > LONGEST_TEXT:
            msgspec.structs.force_setattr(self, "user_agent", self.user_agent[:LONGEST_TEXT])
        if self.error_message is not None and len(self.error_message) > LONGEST_TEXT:
            msgspec.structs.force_setattr(self, "error_message", self.error_message[:LONGEST_TEXT])

    def encode(self) -> bytes:
        """The record as JSON (UTF-8), as LookupEvents and log files show it."""
        return _encode(self)

    @classmethod
    def decode(cls, record: bytes | memoryview) -> Event:
        """The event in a record; msgspec.MsgspecError when it is none."""
        try:
            return _decode(record)
        except NO_RECORD as error:
            raise msgspec.DecodeError(f"{error}") from None


class Outline(_Part, frozen=True, kw_only=True, tag_field="eventVersion", tag="1.11"):
    """The members of an event that it is looked up by: read from a record in half the time."""

    user_identity: UserIdentity
    event_time: Annotated[datetime, msgspec.Meta(tz=True)]
    event_source: str
    event_name: str
    aws_region: str
    error_code: str | None = None
    request_parameters: dict[str, Any] | None
    response_elements: dict[str, Any] | None
    event_id: str
    read_only: bool
    resources: tuple[Resource, ...] = ()
    recipient_account_id: str

    @classmethod
    def decode(cls, record: bytes | memoryview) -> Outline:
        """The outline of the event in a record; msgspec.MsgspecError when these members are none of an event's."""
        try:
            return _decode_outline(record)
        except NO_RECORD as error:
            raise msgspec.DecodeError(f"{error}") from None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_decode_outline = msgspec.json.Decoder(Outline).decode


def error_code(fault: Fault) -> str:
    """CloudTrail's name for a fault: the exception's name, where the answer has the code without its suffix.

    AccessDenied keeps its name; ValidationError is the ValidationException of the other services.
    """
    return recorded_code(fault.code)


def recorded_code(code: str) -> str:
    """CloudTrail's name for an error, whether clients call it with the suffix or without."""
    name = code.removesuffix("Exception")
    if name == "AccessDenied":
        return name
    return "ValidationException" if name == "ValidationError" else f"{name}Exception"


def read_only(event_name: str) -> bool:
    """Whether CloudTrail calls an operation a read: it does so for those that issue credentials too."""
    return event_name.startswith(("Get", "List", "Generate", "Simulate", "Assume", "Decode", "Describe", "Lookup"))
