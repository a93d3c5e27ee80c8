"""Last use: who could use which services by a policy or as an entity, and when each last tried, as facts of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

import msgspec

from keyreeve import policy
from keyreeve.access.gather import Gathering
from keyreeve.catalogue import services
from keyreeve.entities import Group, Membership, Role, User
from keyreeve.events.facts import TRACKED, Access
from keyreeve.faults import InvalidInput
from keyreeve.iam.entities import entity_arn, find_entity, held_by
from keyreeve.iam.nouns import is_policy_arn
from keyreeve.iam.policies import attachments_of, find_policy
from keyreeve.iam.service_access import grants
from keyreeve.operations import Call


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """A user or role as the report shows it: EntityInfo of the model."""

    arn: str
    name: str
    type: str
    id: str
    path: str


class Use(msgspec.Struct, frozen=True, array_like=True):
    """A last attempt: when, where, and by which of the report's entities (its number)."""

    time: datetime
    region: str
    entity: int


class Content(msgspec.Struct, frozen=True, array_like=True):
    """What a report found: the services that are allowed, who could use them, and each entity's last use of a service.

    `actions` has the last use of each action by any of the entities.
    """

    namespaces: tuple[str, ...]
    entities: tuple[Entity, ...]
    uses: dict[str, tuple[Use, ...]]
    actions: dict[str, Use]


def content_of(call: Call, arn: str) -> Content | None:
    """What is known about an entity or policy; None where there is none of this ARN."""
    found = _of_policy(call, arn) if is_policy_arn(arn) else _of_entity(call, arn)
    if found is None:
        return None
    namespaces, principals = found
    ordered = sorted(principals, key=lambda each: each.arn)
    return Content(
        namespaces,
        tuple(_entity(each) for each in ordered),
        _uses(call, ordered, frozenset(namespaces)),
        _actions(call, ordered),
    )


Found = tuple[tuple[str, ...], list[User | Role]]


def _of_policy(call: Call, arn: str) -> Found | None:
    found = find_policy(call, arn)
    if found is None:
        return None
    holders = [attachment.principal_id for attachment in attachments_of(call, arn)]
    document = Gathering(call.tx, call.catalogue).managed(call.account_id, arn, "identity").document
    return allowed(document), list(_principals(call, holders))


def _of_entity(call: Call, arn: str) -> Found | None:
    if entity_arn(arn) is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    entity = find_entity(call, arn)
    if entity is None:
        return None
    documents = [held.policy.document for held in held_by(call, entity)]
    namespaces = {namespace for document in documents for namespace in allowed(document)}
    return tuple(sorted(namespaces)), list(_principals(call, [entity.key]))


@lru_cache(maxsize=1024)
def allowed(document: policy.Document) -> tuple[str, ...]:
    """The services of which a policy allows anything, by their prefixes."""
    return tuple(namespace for namespace in services() if grants(document, namespace))


def _principals(call: Call, ids: Iterable[str]) -> Iterator[User | Role]:
    """The users and roles with these unique ids, each once; a group stands for its users."""
    seen: set[str] = set()
    for unique_id in ids:
        group = call.tx.get(Group, call.account_id, unique_id)
        members = [] if group is None else call.tx.where(Membership, call.account_id, "group", unique_id)
        for each in (unique_id, *(member.user_id for member in members)):
            found = call.tx.get(User, call.account_id, each) or call.tx.get(Role, call.account_id, each)
            if found is not None and each not in seen:
                seen.add(each)
                yield found


def _entity(found: User | Role) -> Entity:
    name, word = (found.user_name, "USER") if isinstance(found, User) else (found.role_name, "ROLE")
    return Entity(found.arn, name, word, found.key, found.path)


def _uses(call: Call, principals: list[User | Role], namespaces: frozenset[str]) -> dict[str, tuple[Use, ...]]:
    """Who tried to use each of the services, the latest first."""
    found: dict[str, list[Use]] = {}
    for number, each in enumerate(principals):
        for namespace, access in call.facts.services_last_accessed(each.key).items():
            if namespace in namespaces and _tracked_still(call, access):
                found.setdefault(namespace, []).append(_use(access, number))
    return {namespace: tuple(sorted(uses, key=lambda use: use.time, reverse=True)) for namespace, uses in found.items()}


def _actions(call: Call, principals: list[User | Role]) -> dict[str, Use]:
    last: dict[str, Use] = {}
    for number, each in enumerate(principals):
        for action, access in call.facts.actions_last_accessed(each.key).items():
            if _tracked_still(call, access) and (action not in last or access.time > last[action].time):
                last[action] = _use(access, number)
    return last


def _use(access: Access, entity: int) -> Use:
    return Use(access.time.replace(microsecond=0), access.region, entity)


def _tracked_still(call: Call, access: Access) -> bool:
    return access.time >= call.now - TRACKED
