"""Least privilege from the log: the smallest policy that covers what was used, and what it would take away."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from keyreeve.entities import Role, User
from keyreeve.events import Event
from keyreeve.iam.last_use import allowed
from keyreeve.operations import REGISTRY
from keyreeve.posture.asked import Asked, asked_of
from keyreeve.posture.reading import Reading

SPELT_OUT = 10
"""Resources of an action that are named; where there are more, what they have in common stands for them."""

EVERYTHING = "*"


class Advice(NamedTuple):
    """What the log says of a user or role.

    `policy` is None where nothing was used. `unread` are actions of calls whose events do not tell what they were
    about: the policy does not cover them. `unused_services` and `unused_actions` are what the policies allow now and
    nobody used; actions are told of the services that this server has.
    """

    holder: User | Role
    since: datetime
    calls: int
    policy: dict[str, Any] | None
    unread: tuple[str, ...]
    unused_services: tuple[str, ...]
    unused_actions: tuple[str, ...]


def advise(reading: Reading, holder: User | Role, days: int) -> Advice:
    """Advice for a user or role by the events of so many days."""
    since = reading.now - timedelta(days=days)
    calls = sum(1 for _ in events_of(reading, holder, since))
    questions, unread = every_asked(reading, holder, since)
    used = defaultdict[str, set[str]](set)
    for asked in questions:
        used[asked.ask.action].add(asked.ask.resource)
    services, actions = _unused(reading, holder, {*used, *unread})
    return Advice(holder, since, calls, _policy(used) if used else None, unread, services, actions)


def events_of(reading: Reading, holder: User | Role, since: datetime) -> Iterator[Event]:
    """The calls that a user, or sessions of a role, made."""
    kinds = {"IAMUser"} if isinstance(holder, User) else {"AssumedRole"}
    for event in reading.events(since):
        if event.user_identity.entity_id == holder.key and event.user_identity.type in kinds:
            yield event


def every_asked(reading: Reading, holder: User | Role, since: datetime) -> tuple[list[Asked], tuple[str, ...]]:
    """Every question that was put for it, newest first, and the actions of which an event does not tell enough."""
    questions: list[Asked] = []
    unread: set[str] = set()
    for event in events_of(reading, holder, since):
        found = asked_of(reading, holder, event)
        if found is None:
            unread.add(f"{event.event_source.partition('.')[0]}:{event.event_name}")
        questions += found or ()
    return questions, tuple(sorted(unread))


def _policy(used: dict[str, set[str]]) -> dict[str, Any]:
    """A statement for each set of resources, with the actions that were used on just these."""
    together: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, resources in sorted(used.items()):
        together[_resources(resources)].append(action)
    statements = [
        {"Effect": "Allow", "Action": _one_or_all(actions), "Resource": _one_or_all(resources)}
        for resources, actions in sorted(together.items(), key=lambda item: item[1])
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _resources(used: set[str]) -> tuple[str, ...]:
    """The resources as a policy names them."""
    if EVERYTHING in used:
        return (EVERYTHING,)
    literal = {_literal(resource) for resource in used}
    if len(literal) <= SPELT_OUT:
        return tuple(sorted(literal))
    return tuple(
        sorted({f"{resource.rpartition('/')[0]}/*" if "/" in resource else EVERYTHING for resource in literal})
    )


def _literal(resource: str) -> str:
    """A resource as it was named by a caller, who may have named it so that it reads as a pattern or a variable."""
    return re.sub(r"[*?$]", r"${\g<0>}", resource)


def _one_or_all(values: Iterable[str]) -> str | list[str]:
    listed = list(values)
    return listed[0] if len(listed) == 1 else listed


def _unused(reading: Reading, holder: User | Role, used: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    documents = [held.policy.document for held in reading.granted_to(holder)]
    services = {action.partition(":")[0] for action in used}
    granted = {service for document in documents for service in allowed(document)}
    ours = (built.action for built in REGISTRY.values() if built.asks is not None)
    allows = [statement for document in documents for statement in document.statements if statement.effect == "Allow"]
    idle = (action for action in ours if action not in used and any(each.acts(action.lower()) for each in allows))
    return tuple(sorted(granted - services)), tuple(sorted(idle))
