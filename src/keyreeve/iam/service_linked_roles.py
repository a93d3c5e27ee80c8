"""Service-linked roles: one that a service has in the account, with the name and the policy that AWS gives it.

Source: IAM User Guide, "Create a service-linked role".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from keyreeve.access.credentials import unique_id
from keyreeve.catalogue import ServiceLinkedRole, service_linked_roles
from keyreeve.entities import Attachment, DeletionTask, Role
from keyreeve.entities.identity import SERVICE_LINKED_PATH
from keyreeve.faults import InvalidInput, NoSuchEntity
from keyreeve.iam.nouns import existing, named
from keyreeve.iam.quotas import hold_account
from keyreeve.iam.roles import shown
from keyreeve.operations import Ask, Call, operation
from keyreeve.wire import identifiers

KEPT = timedelta(days=30)
"""How long the task of a deletion can be asked about."""

LONGEST_NAME = 64
_TASK = re.compile(r"task/aws-service-role/([\w+=,.@-]+)/([\w+=,.@-]+)/[0-9a-f-]{36}", re.ASCII).fullmatch


def _role_name(known: ServiceLinkedRole, suffix: str | None) -> str:
    return known.role_name if suffix is None else f"{known.role_name}_{suffix}"


def _new(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the role that is to be made; of a service that has none, about all of its roles."""
    service = values.get("aws_service_name", "")
    known = service_linked_roles().get(service)
    name = "*" if known is None else _role_name(known, values.get("custom_suffix"))
    arn = f"arn:aws:iam::{call.account_id}:role{SERVICE_LINKED_PATH}{service}/{name}"
    yield Ask(action, arn, {"iam:awsservicename": service})


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


@operation("CreateServiceLinkedRole", on=_new)
def create_service_linked_role(
    call: Call, aws_service_name: str, description: str | None = None, custom_suffix: str | None = None
) -> dict[str, Any]:
    """Make the role of a service. From then on only the service can assume or change it."""
    known = service_linked_roles().get(aws_service_name)
    if known is None:
        raise InvalidInput(f"Service linked role is not known for {aws_service_name}")
    if custom_suffix is not None and not known.takes_suffix:
        raise InvalidInput(f"Custom suffix is not allowed for {aws_service_name}")
    name = _role_name(known, custom_suffix)
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"The role name {name} is longer than {LONGEST_NAME} characters.")
    if named(call, Role, name) is not None:
        raise InvalidInput(f"Service role name {name} has been taken in this account, please try a different suffix.")
    hold_account(call, Role)
    role = Role(
        account_id=call.account_id,
        role_id=call.new_id(Role, unique_id, "AROA"),
        role_name=name,
        path=f"{SERVICE_LINKED_PATH}{aws_service_name}/",
        create_date=call.moment(),
        trust_policy=_trust(aws_service_name),
        description=description,
    )
    call.tx.put(role)
    call.tx.put(Attachment(account_id=call.account_id, principal_id=role.role_id, policy_arn=known.policy_arn))
    return {"role": {**shown(call, role), "description": None, "max_session_duration": None}}


@operation("DeleteServiceLinkedRole", on=existing(Role))
def delete_service_linked_role(call: Call, role_name: str) -> dict[str, Any]:
    """Delete the role of a service, with its policy; its sessions end. Ordinary roles are not found here."""
    role = named(call, Role, role_name)
    if role is None or role.linked_service is None:
        raise NoSuchEntity(f"The role with name {role_name} cannot be found.")
    for attachment in call.tx.where(Attachment, call.account_id, "principal", role.role_id):
        call.tx.delete(attachment)
    call.tx.delete(role)
    for old in call.tx.all(DeletionTask, call.account_id):
        if old.create_date < call.now - KEPT:
            call.tx.delete(old)
    unique = identifiers.uuid(call.chance(identifiers.RANDOM_BYTES))
    task = DeletionTask(
        account_id=call.account_id,
        deletion_task_id=f"task{SERVICE_LINKED_PATH}{role.linked_service}/{role.role_name}/{unique}",
        create_date=call.moment(),
    )
    call.tx.put(task)
    return {"deletion_task_id": task.deletion_task_id}


def _of_task(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the role that a task's id names; of an id that names none, about all roles."""
    parts = _TASK(values.get("deletion_task_id", ""))
    name = "*" if parts is None else f"aws-service-role/{parts[1]}/{parts[2]}"
    yield Ask(action, f"arn:aws:iam::{call.account_id}:role/{name}")


@operation("GetServiceLinkedRoleDeletionStatus", on=_of_task)
def get_service_linked_role_deletion_status(call: Call, deletion_task_id: str) -> dict[str, Any]:
    """How a deletion went. Here it is done when it is asked for, so what there is a task for has succeeded."""
    if _TASK(deletion_task_id) is None:
        raise InvalidInput(f"DeletionTaskId {deletion_task_id} is not valid.")
    if call.tx.get(DeletionTask, call.account_id, deletion_task_id) is None:
        raise NoSuchEntity(f"Deletion task {deletion_task_id} cannot be found.")
    return {"status": "SUCCEEDED"}
