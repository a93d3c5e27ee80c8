"""Checks of permissions: how they are granted, what is granted too widely, and what nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from keyreeve import policy
from keyreeve.entities import Role, ServerCertificate, User
from keyreeve.iam.last_use import allowed
from keyreeve.posture.reading import USED_OFTEN_ENOUGH, Held, Reading

SUPPORT = "arn:aws:iam::aws:policy/AWSSupportAccess"
CLOUDSHELL = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"
GIVING = ("iam:attachuserpolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putrolepolicy")
"""Actions by which a principal gives itself what it has not."""

ANY_NAME = "Xq7vJ0zW9kT2"
"""The name of a role that no pattern means: what matches it matches every role."""

NAMED = 3
"""Services that are named in a sentence; the others are counted."""


def on_users(reading: Reading) -> Iterator[tuple[str, str]]:
    """Users who hold policies themselves."""
    for user in reading.users:
        held = reading.held_by(user)
        if held:
            yield user.arn, f"holds {', '.join(sorted(each.policy.name for each in held))} itself"


def inline_administrators(reading: Reading) -> Iterator[tuple[str, str]]:
    """Inline policies that allow everything."""
    for held in reading.every_policy():
        allows = everything(held.policy.document) if held.inline else None
        if allows:
            yield held.holder.arn, f"its inline policy {held.policy.name} allows {allows}"


def customer_administrators(reading: Reading) -> Iterator[tuple[str, str]]:
    """Customer managed policies that allow everything and are attached, each once."""
    found: dict[str, list[Held]] = {}
    for held in reading.every_policy():
        if held.policy.arn and reading.catalogue.get(held.policy.arn) is None:
            found.setdefault(held.policy.arn, []).append(held)
    for arn, holders in found.items():
        allows = everything(holders[0].policy.document)
        if allows:
            yield arn, f"allows {allows}, to {', '.join(each.holder.arn for each in holders)}"


def everything(document: policy.Document) -> str | None:
    """What a statement allows without a condition that comes to everything; None where none does.

    All actions but a few count as all, as long as their holder may give itself the few.
    """
    for statement in document.statements:
        if statement.effect == "Allow" and not statement.conditions and "*" in statement.resources:
            if {"*", "*:*"} & set(statement.actions):
                return "every action on every resource"
            if statement.not_actions and all(statement.acts(action) for action in GIVING):
                return f"every action but {', '.join(statement.not_actions)} on every resource"
    return None


def pass_any_role(reading: Reading) -> Iterator[tuple[str, str]]:
    """Policies, AWS's aside, that let their holder pass any role to any service."""
    any_role = f"arn:aws:iam::{reading.account_id}:role/{ANY_NAME}"
    for held in reading.every_policy():
        if held.policy.arn and reading.catalogue.get(held.policy.arn) is not None:
            continue
        if everything(held.policy.document):
            continue  # found as such
        if any(_passes(statement, any_role) for statement in held.policy.document.statements):
            yield held.holder.arn, f"{held.name} allows iam:PassRole on every role, to any service"


def _passes(statement: policy.Statement, role_arn: str) -> bool:
    return (
        statement.effect == "Allow"
        and statement.acts("iam:passrole")
        and statement.covers(role_arn, {}) is True
        and not any(condition.key.lower() == "iam:passedtoservice" for condition in statement.conditions)
    )


def support(reading: Reading) -> Iterator[tuple[str, str]]:
    """An account in which nobody may turn to AWS Support."""
    if not reading.is_held(SUPPORT):
        yield f"arn:aws:iam::{reading.account_id}:root", f"nobody in the account holds {SUPPORT}"


def cloudshell(reading: Reading) -> Iterator[tuple[str, str]]:
    """Those who hold AWSCloudShellFullAccess."""
    for held in reading.every_policy():
        if held.policy.arn == CLOUDSHELL:
            yield held.holder.arn, f"holds {CLOUDSHELL}"


def expired_certificates(reading: Reading) -> Iterator[tuple[str, str]]:
    """Server certificates past their end."""
    for certificate in reading.tx.page(ServerCertificate, reading.account_id, "name"):
        if certificate.expiration < reading.now:
            yield certificate.arn, f"expired on {certificate.expiration:%Y-%m-%d}"


def unused(reading: Reading) -> Iterator[tuple[str, str]]:
    """Users and roles that did not use a service of those they are granted, and are used themselves.

    Of one that is not there for so long it is not known yet.
    """
    holders: list[User | Role] = [*reading.users, *reading.roles]
    for holder in holders:
        last = reading.last_use(holder)
        if (
            last is None
            or reading.now - last > USED_OFTEN_ENOUGH
            or reading.now - holder.create_date < USED_OFTEN_ENOUGH
        ):
            continue
        granted = {service for held in reading.granted_to(holder) for service in allowed(held.policy.document)}
        accesses = reading.facts.services_last_accessed(holder.key).items()
        used = {service for service, access in accesses if reading.now - access.time <= USED_OFTEN_ENOUGH}
        idle = sorted(granted - used)
        if idle:
            others = f" and {len(idle) - NAMED} more" if len(idle) > NAMED else ""
            yield holder.arn, f"did not use {', '.join(idle[:NAMED])}{others} for 90 days"
