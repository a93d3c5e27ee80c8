"""Notifications: what delegation partners are to be told. The operator fetches it and hands it on to their channels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from keyreeve.entities import DelegationNotification
from keyreeve.faults import NoSuchEntity
from keyreeve.service.commands import Done, event

if TYPE_CHECKING:
    from keyreeve.service.node import Node


def list_all(node: Node) -> Done:
    """`notifications list`: every message that waits, oldest first. Exchange tokens in them are secret."""
    waiting = sorted(node.view.begin().everywhere(DelegationNotification), key=lambda each: each.create_date)
    return Done([_shown(node, each) for each in waiting], node.view.revision)


def _shown(node: Node, each: DelegationNotification) -> dict[str, object]:
    return {
        "notification_id": each.notification_id,
        "channel": each.channel,
        "message": json.loads(node.ring.unseal(each.sealed_message, each.notification_id)),
    }


def forget(node: Node, notification_id: str) -> Done:
    """`notifications forget`: a message has arrived, and waits no longer."""
    tx = node.view.begin()
    found = [each for each in tx.everywhere(DelegationNotification) if each.notification_id == notification_id]
    if not found:
        raise NoSuchEntity(f"No notification {notification_id} waits.")
    tx.delete(found[0])
    done = event(
        node,
        "notifications forget",
        "iam",
        "ForgetDelegationNotification",
        account_id=found[0].account_id,
        parameters={"notificationId": notification_id},
    )
    return Done({"notification_id": notification_id}, node.log.commit(tx, done))
