"""Last accessed information: when the services were last used that an entity's policies allow.

Facts of the event log, as they are when the report is made: every authenticated attempt counts, allowed or denied, of
the last 400 days. Source: IAM User Guide, "Refine permissions in AWS using last accessed information".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from keyreeve.catalogue import services
from keyreeve.entities import LastAccessedReport
from keyreeve.faults import InvalidInput, NoSuchEntity
from keyreeve.iam.entities import find_entity
from keyreeve.iam.last_use import Content, Entity, content_of
from keyreeve.iam.nouns import existing_policy, is_policy_arn, listed
from keyreeve.iam.pages import page, position_of, sorted_page
from keyreeve.operations import Ask, Call, operation
from keyreeve.wire import identifiers

KEPT = timedelta(days=1)
KEPT_PER_ACCOUNT = 1000
"""Reports that an account keeps; past it the oldest goes."""

KEPT_BYTES = 1 << 24
"""Bytes that they may take together: a report on a policy of thousands of users has some hundred thousand."""


def _target(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the entity or policy whose ARN is given, whether it exists or not."""
    arn = values["arn"]
    if is_policy_arn(arn):
        yield from existing_policy(action, call, {"policy_arn": arn})
    else:
        yield Ask(action, arn, target=find_entity(call, arn))


@operation("GenerateServiceLastAccessedDetails", on=_target)
def generate_service_last_accessed_details(call: Call, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, Any]:
    """Make a report and say its number. It is complete at once: nothing runs behind."""
    found = content_of(call, arn)
    if found is None:
        raise NoSuchEntity(f"ARN {arn} cannot be found.")
    job_id = identifiers.uuid(call.chance(identifiers.RANDOM_BYTES))
    content = zlib.compress(msgspec.msgpack.encode(found))
    _make_room(call, len(content))
    call.tx.put(
        LastAccessedReport(
            account_id=call.account_id,
            job_id=job_id,
            caller_id=call.caller.user_id,
            granularity=granularity,
            created=call.moment(),
            content=content,
        )
    )
    return {"job_id": job_id}


@operation("GetServiceLastAccessedDetails", on=listed())
def get_service_last_accessed_details(
    call: Call, job_id: str, max_items: int | None = None, marker: str | None = None
) -> dict[str, Any]:
    """The services of a report, in the order of their prefixes; those never used stand there without a date."""
    report = _the_report(call, job_id)
    content = _content(report)
    with_actions = report.granularity == "ACTION_LEVEL"
    shown, rest = sorted_page(content.namespaces, str, marker, max_items)
    return {
        **_state(report),
        "job_type": report.granularity,
        "services_last_accessed": [_service(content, namespace, with_actions) for namespace in shown],
        **rest,
    }


@operation("GetServiceLastAccessedDetailsWithEntities", on=listed())
def get_service_last_accessed_details_with_entities(
    call: Call, job_id: str, service_namespace: str, max_items: int | None = None, marker: str | None = None
) -> dict[str, Any]:
    """Who could have used a service by what the report is about, and when each last tried; the latest come first."""
    report = _the_report(call, job_id)
    position = position_of(marker) or "0"
    if not position.isdecimal():
        raise InvalidInput("Invalid Marker.")
    ordered = list(enumerate(_entities_of_service(_content(report), service_namespace), 1))[int(position) :]
    shown, rest = page(ordered, lambda item: str(item[0]), max_items)
    return {**_state(report), "entity_details_list": [details for _, details in shown], **rest}


def _the_report(call: Call, job_id: str) -> LastAccessedReport:
    """The report, for the caller that had it made."""
    found = call.tx.get(LastAccessedReport, call.account_id, job_id)
    if found is None or found.caller_id != call.caller.user_id or call.now - found.created > KEPT:
        raise NoSuchEntity(f"Job with id {job_id} cannot be found.")
    return found


def _content(report: LastAccessedReport) -> Content:
    return msgspec.msgpack.decode(zlib.decompress(report.content), type=Content)


def _state(report: LastAccessedReport) -> dict[str, Any]:
    return {
        "job_status": "COMPLETED",
        "job_creation_date": report.created,
        "job_completion_date": report.created,
    }


def _service(content: Content, namespace: str, with_actions: bool) -> dict[str, Any]:
    uses = content.uses.get(namespace, ())
    shown: dict[str, Any] = {
        "service_name": services()[namespace],
        "service_namespace": namespace,
        "total_authenticated_entities": len(uses),
    }
    if uses:
        last = uses[0]
        shown["last_authenticated"] = last.time
        shown["last_authenticated_entity"] = content.entities[last.entity].arn
        shown["last_authenticated_region"] = last.region
        if with_actions:
            shown["tracked_actions_last_accessed"] = _tracked(content, namespace)
    return shown


def _tracked(content: Content, namespace: str) -> list[dict[str, Any]]:
    prefix = f"{namespace}:"
    return [
        {
            "action_name": action.removeprefix(prefix),
            "last_accessed_entity": content.entities[use.entity].arn,
            "last_accessed_time": use.time,
            "last_accessed_region": use.region,
        }
        for action, use in sorted(content.actions.items())
        if action.startswith(prefix)
    ]


def _entities_of_service(content: Content, namespace: str) -> list[dict[str, Any]]:
    if namespace not in content.namespaces:
        return []  # nobody could have used it by what the report is about
    uses = content.uses.get(namespace, ())
    used = {use.entity for use in uses}
    details = [_details(content.entities[use.entity], use.time) for use in uses]
    unused = (entity for number, entity in enumerate(content.entities) if number not in used)
    return details + [_details(entity, None) for entity in unused]


def _details(entity: Entity, last: datetime | None) -> dict[str, Any]:
    return {"entity_info": msgspec.structs.asdict(entity), "last_authenticated": last}


def _make_room(call: Call, size: int) -> None:
    """Drop reports that are past their time, and the oldest where there are too many, or too large together."""
    held = sorted(call.tx.all(LastAccessedReport, call.account_id), key=lambda report: report.created, reverse=True)
    for number, report in enumerate(held, 2):
        size += len(report.content)
        if number > KEPT_PER_ACCOUNT or size > KEPT_BYTES or call.now - report.created > KEPT:
            call.tx.delete(report)
