"""Control policies as the operator attaches them, until there is an Organizations API to do it.

Source: AWS Organizations API Reference, AttachPolicy, UpdatePolicy, DetachPolicy; the sentences are AWS's where known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from keyreeve import policy
from keyreeve.access.control_policies import KINDS, LEVELS, RCP, SCP
from keyreeve.entities import Account, ControlPolicy
from keyreeve.faults import EntityAlreadyExists, LimitExceeded, MalformedPolicyDocument, NoSuchEntity, ValidationError
from keyreeve.service.commands import Done, event

if TYPE_CHECKING:
    from keyreeve.service.node import Node
    from keyreeve.store import Transaction

FULL_ACCESS = {
    SCP: (
        "FullAWSAccess",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    ),
    RCP: (
        "RCPFullAWSAccess",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    ),
}
"""The policies that AWS attaches to every level by itself, by type: name and content."""

MOST_ATTACHED = {SCP: 10, RCP: 5}
LONGEST_CONTENT = {SCP: 10_240, RCP: 5_120}
"""Quotas of AWS: policies of a type on one level, and characters of one."""

_NAME = re.compile(r"[ -~]{1,128}").fullmatch


def attach_policy(
    node: Node, target_id: str, policy_type: str, name: str, content: str, level: str = "account"
) -> Done:
    """`organizations attach-policy`: a policy that binds the account from the next request on.

    The first one on a level comes beside AWS's own that allows everything; detach that for a list of what is allowed.
    """
    tx = _target(node, target_id, policy_type, level)
    _checked(policy_type, name, content)
    own, full = FULL_ACCESS[policy_type]
    held = _on_level(tx, target_id, policy_type, level)
    made = [(name, content)] if held or name == own else [(own, full), (name, content)]
    if name in held:
        raise EntityAlreadyExists("The selected policy is already attached to the specified target.")
    if len(held) + len(made) > MOST_ATTACHED[policy_type]:
        raise LimitExceeded(f"You can attach at most {MOST_ATTACHED[policy_type]} policies of this type to one level.")
    for title, text in made:
        tx.put(_record(target_id, policy_type, level, title, text))
    return _done(node, tx, "attach-policy", "AttachPolicy", _record(target_id, policy_type, level, name, content))


def update_policy(
    node: Node, target_id: str, policy_type: str, name: str, content: str, level: str = "account"
) -> Done:
    """`organizations update-policy`: other content for an attached policy, with no moment in between."""
    tx = _target(node, target_id, policy_type, level)
    _checked(policy_type, name, content)
    _attached(tx, target_id, policy_type, level, name)
    record = _record(target_id, policy_type, level, name, content)
    tx.put(record)
    return _done(node, tx, "update-policy", "UpdatePolicy", record)


def detach_policy(node: Node, target_id: str, policy_type: str, name: str, level: str = "account") -> Done:
    """`organizations detach-policy`: it binds no longer. The last one of a level stays, as in AWS."""
    tx = _target(node, target_id, policy_type, level, bound=False)
    record = _attached(tx, target_id, policy_type, level, name)
    if name == FULL_ACCESS[RCP][0] and policy_type == RCP:
        raise ValidationError(f"The {name} policy cannot be detached.")
    if len(_on_level(tx, target_id, policy_type, level)) == 1:
        own = FULL_ACCESS[policy_type][0]
        raise LimitExceeded(f"Every level has a policy of each type. Attach another one first, such as {own}.")
    tx.delete(record)
    return _done(node, tx, "detach-policy", "DetachPolicy", record)


def list_policies(node: Node, target_id: str | None = None) -> Done:
    """`organizations list-policies`: what is attached, from the root down."""
    tx = node.view.begin()
    order = {level: place for place, level in enumerate(LEVELS)}
    found = [each for each in tx.everywhere(ControlPolicy) if target_id in (None, each.account_id)]
    found.sort(key=lambda each: (each.account_id, each.policy_type, order[each.level], each.policy_name))
    return Done([_shown(each) for each in found], node.view.revision)


def _target(node: Node, target_id: str, policy_type: str, level: str, *, bound: bool = True) -> Transaction:
    """A transaction about a level of an account that is there, and that control policies bind."""
    if policy_type not in KINDS:
        raise ValidationError(f"The type is {SCP} or {RCP}.")
    if level not in LEVELS:
        raise ValidationError(f"The level is one of {', '.join(LEVELS)}.")
    tx = node.view.begin()
    if tx.get(Account, target_id, target_id) is None:
        raise NoSuchEntity("We can't find a root, OU, account, or policy with the TargetId that you specified.")
    if bound and target_id == node.config.management_account:
        raise ValidationError("Control policies do not bind the management account, nor what belongs to it.")
    return tx


def _checked(policy_type: str, name: str, content: str) -> None:
    if not _NAME(name):
        raise ValidationError("A policy's name has 1 to 128 characters of ASCII.")
    if len(content) > LONGEST_CONTENT[policy_type]:
        raise LimitExceeded(f"A policy has at most {LONGEST_CONTENT[policy_type]} characters.")
    if name in {own for own, _ in FULL_ACCESS.values()} and (name, content) != FULL_ACCESS[policy_type]:
        raise ValidationError(f"{name} is AWS's own policy, with its own content.")
    try:
        policy.parse(content, KINDS[policy_type])
    except policy.PolicyError as error:
        raise MalformedPolicyDocument(f"{error.sentence} ({error.place})") from None


def _on_level(tx: Transaction, target_id: str, policy_type: str, level: str) -> set[str]:
    found: Iterable[ControlPolicy] = tx.where(ControlPolicy, target_id, "type", policy_type)
    return {each.policy_name for each in found if each.level == level}


def _attached(tx: Transaction, target_id: str, policy_type: str, level: str, name: str) -> ControlPolicy:
    found = tx.get(ControlPolicy, target_id, f"{policy_type}/{level}/{name}")
    if found is None:
        raise NoSuchEntity("The policy isn't attached to the specified target in the specified root.")
    return found


def _record(target_id: str, policy_type: str, level: str, name: str, content: str) -> ControlPolicy:
    return ControlPolicy(account_id=target_id, policy_type=policy_type, level=level, policy_name=name, content=content)


def _done(node: Node, tx: Transaction, command: str, name: str, record: ControlPolicy) -> Done:
    shown = _shown(record)
    told = {
        "targetId": record.account_id,
        "type": record.policy_type,
        "level": record.level,
        "name": record.policy_name,
        "content": record.content,
    }
    made = event(node, f"organizations {command}", "organizations", name, account_id=record.account_id, parameters=told)
    return Done(shown, node.log.commit(tx, made))


def _shown(record: ControlPolicy) -> dict[str, str]:
    return {
        "target_id": record.account_id,
        "type": record.policy_type,
        "level": record.level,
        "name": record.policy_name,
        "content": record.content,
    }
