"""Resource ARNs that no resource has."""

from __future__ import annotations

import re

from keyreeve.policy.arn import FIELDS
from keyreeve.policy.lint.comparisons import VARIABLE
from keyreeve.policy.lint.seen import Note, Notes, Seen, Stated
from keyreeve.policy.places import Path

_BLANK = "\0"
_ACCOUNT = re.compile(r"[0-9]{12}|[a-z][a-z0-9-]*|", re.ASCII)
"""An account's id, none, or an owner such as `aws`."""

_S3_OF_AN_ACCOUNT = ("accesspoint", "async-request", "access-grants", "job", "storage-lens", "*")


def resources(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """ARNs of Resource and NotResource, field by field."""
    for member in ("Resource", "NotResource"):
        for path, text in stated.located(member):
            if text != "*":
                yield from _arn(path, text)


def _arn(path: Path, text: str) -> Notes:
    fields = VARIABLE.sub(_BLANK, text).split(":", FIELDS - 1)
    if len(fields) < FIELDS:
        yield Note("MISSING_ARN_FIELD", path, f"{text} has {len(fields)} fields; an ARN has {FIELDS}.")
        return
    _, _, service, _, account, resource = fields
    if any(_BLANK in field for field in fields[:-1]):
        yield Note("VARIABLE_UNSUPPORTED_IN_ELEMENT", path, f"{text} has a variable before its last field.")
        return
    if service != service.lower():
        yield Note("INVALID_ARN_SERVICE_CASE", path, f"No ARN has the service {service}: it is {service.lower()}.")
    if not ("*" in account or "?" in account or _ACCOUNT.fullmatch(account)):
        yield Note("INVALID_ARN_ACCOUNT", path, f"{account} is no account id.")
    elif service == "s3" and account.isdigit() and not resource.startswith(_S3_OF_AN_ACCOUNT):
        yield Note("ARN_ACCOUNT_NOT_ALLOWED", path, "The ARNs of buckets and objects have no account.")
