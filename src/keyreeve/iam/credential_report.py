"""The credential report: every user of the account with the state of its credentials, as CSV.

Every cell is a fact of the store or of the event log. Source: IAM User Guide, "Generate credential reports for your AWS
account".
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from keyreeve.access import devices
from keyreeve.entities import (
    AccessKey,
    CredentialReport,
    LoginProfile,
    PasswordPolicy,
    RootUser,
    SigningCertificate,
    User,
)
from keyreeve.faults import ReportExpired, ReportNotPresent, ServiceFailure
from keyreeve.iam.nouns import listed
from keyreeve.operations import Call, operation

FRESH = timedelta(hours=4)
"""How long a report is the account's report; a younger one is not made again."""

NONE = "N/A"
NO_INFORMATION = "no_information"
NOT_SUPPORTED = "not_supported"

_KEYS_SHOWN = 2
_CERTIFICATES_SHOWN = 2
_KEY_COLUMNS = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{number}_{column}" for number in (1, 2) for column in _KEY_COLUMNS),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
    "additional_credentials_info",
)

_STARTED = "No report exists. Starting a new report generation task"


class _Password(NamedTuple):
    """The cells about a password."""

    enabled: str
    last_used: str
    last_changed: str
    next_rotation: str


@operation("GenerateCredentialReport", on=listed())
def generate_credential_report(call: Call) -> dict[str, Any]:
    """Make the report, unless there is a fresh one. It is there as soon as this is answered: nothing runs behind."""
    if _fresh(call, call.tx.get(CredentialReport, call.account_id, call.account_id)):
        return {"state": "COMPLETE"}
    content = zlib.compress(_csv(call).encode())
    call.tx.put(CredentialReport(account_id=call.account_id, generated_time=call.moment(), content=content))
    return {"state": "STARTED", "description": _STARTED}


@operation("GetCredentialReport", on=listed())
def get_credential_report(call: Call) -> dict[str, Any]:
    """The account's report while it is fresh."""
    report = call.tx.get(CredentialReport, call.account_id, call.account_id)
    if report is None:
        raise ReportNotPresent
    if not _fresh(call, report):
        raise ReportExpired
    return {
        "content": zlib.decompress(report.content),
        "report_format": "text/csv",
        "generated_time": report.generated_time,
    }


def _fresh(call: Call, report: CredentialReport | None) -> bool:
    return report is not None and call.now - report.generated_time < FRESH


def _csv(call: Call) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows((COLUMNS, *_rows(call)))
    return text.getvalue()


def _rows(call: Call) -> Iterator[Sequence[str]]:
    root = call.tx.get(RootUser, call.account_id, call.account_id)
    if root is None:
        raise ServiceFailure(f"The account {call.account_id} has no root user.")
    yield _row(call, "<root_account>", root, _root_password(call, root))
    policy = call.tx.get(PasswordPolicy, call.account_id, call.account_id)
    for user in call.tx.page(User, call.account_id, "name", None):
        yield _row(call, user.user_name, user, _user_password(call, user, policy))


def _row(call: Call, name: str, identity: User | RootUser, password: _Password) -> Sequence[str]:
    return (
        name,
        identity.arn,
        _date(identity.create_date),
        *password,
        _flag(bool(devices.held(call.tx, call.account_id, identity.key))),
        *_keys(call, identity.key),
        *_certificates(call, identity.key),
        "",  # tells of more than two keys or certificates, which nobody here has
    )


def _root_password(call: Call, root: RootUser) -> _Password:
    used = call.facts.password_last_used(root.key)
    return _Password(
        _flag(root.password_hash is not None),
        NO_INFORMATION if used is None else _date(used),
        NOT_SUPPORTED,
        NOT_SUPPORTED,
    )


def _user_password(call: Call, user: User, policy: PasswordPolicy | None) -> _Password:
    profile = call.tx.get(LoginProfile, call.account_id, user.user_id)
    if profile is None:
        return _Password("false", NONE, NONE, NONE)
    used, changed = call.facts.password_last_used(user.user_id), profile.password_last_changed
    age = None if policy is None else policy.max_password_age
    return _Password(
        "true",
        NO_INFORMATION if used is None else _date(used),
        _date(changed),
        NONE if age is None else _date(changed + timedelta(days=age)),
    )


def _keys(call: Call, principal_id: str) -> Iterator[str]:
    held = call.tx.where(AccessKey, call.account_id, "principal", principal_id)
    keys = sorted(held, key=lambda key: (key.create_date, key.access_key_id))
    for key in islice((*keys, *[None] * _KEYS_SHOWN), _KEYS_SHOWN):
        if key is None:
            yield from ("false", NONE, NONE, NONE, NONE)
            continue
        used = call.facts.access_key_last_used(key.access_key_id)
        yield from (_flag(key.status == "Active"), _date(key.status_date or key.create_date))
        yield from (NONE, NONE, NONE) if used is None else (_date(used.time), used.region, used.service)


def _certificates(call: Call, principal_id: str) -> Iterator[str]:
    held = call.tx.where(SigningCertificate, call.account_id, "principal", principal_id)
    ordered = sorted(held, key=lambda certificate: (certificate.upload_date, certificate.certificate_id))
    for each in islice((*ordered, *[None] * _CERTIFICATES_SHOWN), _CERTIFICATES_SHOWN):
        yield from (
            ("false", NONE)
            if each is None
            else (
                _flag(each.status == "Active"),
                _date(each.status_date or each.upload_date),
            )
        )


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _date(value: datetime) -> str:
    return value.replace(microsecond=0).isoformat()
