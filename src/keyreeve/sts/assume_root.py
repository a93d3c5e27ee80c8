"""AssumeRoot: for a quarter of an hour a member's root user, for one task.

Source: IAM User Guide, "Perform a privileged task on an AWS Organizations member account".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.entities import OrganizationFeatures, RootUser
from keyreeve.faults import AccessDenied, ValidationError
from keyreeve.operations import Ask, Call, operation
from keyreeve.sts.issuing import issued

LONGEST_SECONDS = 900

_TASK = "arn:aws:iam::aws:policy/root-task/"
TASKS: Mapping[str, str] = {
    f"{_TASK}IAMAuditRootUserCredentials": "RootCredentialsManagement",
    f"{_TASK}IAMCreateRootUserPassword": "RootCredentialsManagement",
    f"{_TASK}IAMDeleteRootUserCredentials": "RootCredentialsManagement",
    f"{_TASK}S3UnlockBucketPolicy": "RootSessions",
    f"{_TASK}SQSUnlockQueuePolicy": "RootSessions",
}
"""The task policies, each with the feature that the organization must have switched on."""

_TARGET = re.compile(r"(?P<arn>arn:aws[\w-]*:iam::)?(\d{12})(?(arn):root)", re.ASCII).fullmatch
_NO_TASK = (
    "1 validation error detected: Value null at 'taskPolicyArn.arn' failed to satisfy constraint: "
    "Member must not be null"
)


def _member(call: Call, target: str) -> RootUser | None:
    """The root user of another account of this server."""
    found = _TARGET(target)
    if found is None or found[2] == call.account_id:
        return None
    return call.tx.get(RootUser, found[2], found[2])


def _is_on(call: Call, task: str) -> bool:
    """Whether the caller's account manages the organization, and has switched on what the task needs."""
    if call.account_id != call.site.management_account:
        return False
    held = call.tx.get(OrganizationFeatures, call.account_id, call.account_id)
    return held is not None and TASKS.get(task) in held.enabled


def _trust(call: Call, arn: str) -> str:
    """What an organization lets its management account do with a member's root user, as a policy of that user."""
    principal = {"AWS": call.account_id}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoot", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    target, task = values["target_principal"], values["task_policy_arn"].get("arn")
    if task is None:
        raise ValidationError(_NO_TASK)
    if call.caller.kind == "root":
        raise AccessDenied("Root users may not be assumed by root accounts.")
    named, member = _TARGET(target), _member(call, target)
    arn = target if named is None else f"arn:aws:iam::{named[2]}:root"
    trust = _trust(call, arn) if member is not None and _is_on(call, task) else None
    yield Ask(action, arn, {"sts:taskpolicyarn": task}, grant=trust)


@operation("AssumeRoot", on=_asks)
def assume_root(
    call: Call,
    target_principal: str,
    task_policy_arn: dict[str, str],
    duration_seconds: int | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Credentials of the root user of a member account, which may do what the task's policy leaves."""
    member = _member(call, target_principal)
    if member is None or not _is_on(call, task_policy_arn["arn"]):
        raise AccessDenied(f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRoot")
    calling = call.caller.session
    source = None if calling is None else calling.source_identity
    _, answer = issued(
        call,
        seconds=LONGEST_SECONDS if duration_seconds is None else duration_seconds,
        minimum_size=minimum_session_token_size,
        kind="root_session",
        account_id=member.account_id,
        principal_id=member.account_id,
        policy_arns=(task_policy_arn["arn"],),
        source_identity=source,
        assumed_root=True,
    )
    return {**answer, "source_identity": source}
