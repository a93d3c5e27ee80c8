"""Entities by ARN: the user, group or role that an operation names by its ARN, and the policies that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from keyreeve import policy
from keyreeve.access import control_policies
from keyreeve.access.gather import Gathering
from keyreeve.entities import Group, Role, User
from keyreeve.faults import InvalidInput, NoSuchEntity
from keyreeve.iam.groups import groups_of
from keyreeve.iam.nouns import NOUNS, named
from keyreeve.operations import Ask, Asks, Call

Entity = User | Group | Role

KINDS: dict[str, type[Entity]] = {"user": User, "group": Group, "role": Role}

entity_arn = re.compile(
    r"arn:aws[\w-]*:iam::(\d{12}):(user|group|role)((?:/[\x21-\x7e]*)?/[\w+=,.@-]+)", re.ASCII
).fullmatch
"""An entity's ARN in its parts: account, kind, path with name."""


class Held(NamedTuple):
    """A policy as a simulation names it, and who holds it: the entity itself, or a group of the user."""

    owner: Entity
    policy: policy.Policy
    name: str

    @property
    def is_inline(self) -> bool:
        """Whether it belongs to its holder alone."""
        return self.policy.arn is None


def find_entity(call: Call, arn: str) -> Entity | None:
    """The account's user, group or role with exactly this ARN."""
    parts = entity_arn(arn)
    if parts is None or parts[1] != call.account_id:
        return None
    found: Entity | None = named(call, KINDS[parts[2]], parts[3].rsplit("/", 1)[1])
    return found if found is not None and found.arn == arn else None


def the_entity(call: Call, arn: str) -> Entity:
    """The same; InvalidInput for what is no ARN of one, NoSuchEntity if there is none."""
    if entity_arn(arn) is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    found = find_entity(call, arn)
    if found is None:
        raise NoSuchEntity("Unable to retrieve specified IAM entity.")
    return found


def about(parameter: str) -> Asks:
    """Ask about the entity whose ARN is in this member, whether it exists or not."""

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        yield Ask(action, values[parameter], target=find_entity(call, values[parameter]))

    return asks


def name_of(entity: Entity) -> str:
    """The entity's name."""
    name: str = getattr(entity, NOUNS[type(entity)].parameter)
    return name


def held_by(call: Call, entity: Entity) -> list[Held]:
    """The policies that allow an entity something: its own, and those of a user's groups."""
    owners: list[Entity] = [entity, *(groups_of(call, entity) if isinstance(entity, User) else ())]
    gathering = Gathering(call.tx, call.catalogue)
    return [_named(owner, found) for owner in owners for found in gathering.held_by(call.account_id, owner.key)]


def _named(owner: Entity, found: policy.Policy) -> Held:
    if found.arn is not None:
        return Held(owner, found, found.name)
    label = f"{NOUNS[type(owner)].words}_{name_of(owner)}_{found.name}"
    return Held(owner, replace(found, name=label), found.name)


def granted_to_all(call: Call, entity: Entity) -> list[policy.Policy]:
    """What the account's password policy grants a user, without a policy that could be seen."""
    if not isinstance(entity, User):
        return []
    return list(Gathering(call.tx, call.catalogue).of_every_user(call.account_id, entity))


def boundary_of(call: Call, entity: Entity) -> policy.Policy | None:
    """The permissions boundary of a user or role; groups have none."""
    if isinstance(entity, Group) or entity.boundary_arn is None:
        return None
    return Gathering(call.tx, call.catalogue).managed(call.account_id, entity.boundary_arn, "boundary")


def service_control_of(call: Call) -> policy.Levels:
    """The service control policies that bind the account; the management account is bound by none."""
    if call.account_id == call.site.management_account:
        return ()
    return control_policies.levels(call.tx, call.account_id, control_policies.SCP)
