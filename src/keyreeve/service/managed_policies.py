"""AWS managed policies as the operator keeps them up to date: a newer catalogue over the one that ships.

What came or changed is kept in the store, with the versions before it. Attachments name policies by ARN, so they stay,
and the new default versions are in force from the next request on.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keyreeve.catalogue import AwsManagedPolicy, AwsPolicyVersion, UpdatedPolicy
from keyreeve.catalogue.export import BadExport, read
from keyreeve.catalogue.managed import number
from keyreeve.entities import AwsPolicyUpdate
from keyreeve.faults import NoSuchEntity, ValidationError
from keyreeve.service.commands import NO_ACCOUNT, Done, event

if TYPE_CHECKING:
    from keyreeve.service.node import Node
    from keyreeve.store import View

LARGEST = 1 << 26
"""Bytes of an export, opened: several times the whole catalogue of AWS."""

TOLD = 100
"""Policies that the event names; the others it counts."""


class Kept:
    """The updates that a store keeps."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get(self, arn: str) -> UpdatedPolicy | None:
        """The policy with this ARN, where it came or changed."""
        found = self._view.look().get(AwsPolicyUpdate, NO_ACCOUNT, arn)
        return None if found is None else _policy(found)

    def after(self, name: str) -> Iterator[UpdatedPolicy]:
        """Those whose names come after this one, in the order of names in lower case."""
        return map(_policy, self._view.look().page(AwsPolicyUpdate, NO_ACCOUNT, "name", name))


def update(node: Node, packed: str, dry_run: bool = False) -> Done:
    """`managed-policies update`: take what is newer in an export (base64 of its zlib), or only say what that is."""
    try:
        export = read(_opened(packed))
        changes = [change for each in export.policies if (change := _change(node, each)) is not None]
    except BadExport as error:
        raise ValidationError(str(error)) from None
    result = {
        "source": export.source,
        "policies": len(export.policies),
        "changes": [_told(policy, before) for policy, before in changes],
    }
    if dry_run or not changes:
        return Done({**result, "taken": False}, node.view.revision)
    tx = node.view.begin()
    for policy, _ in changes:
        tx.put(_record(policy))
    named = [{"arn": policy.arn, "versionId": policy.default_version_id} for policy, _ in changes[:TOLD]]
    more = {"source": export.source, "changed": len(changes), "policies": named}
    done = event(node, "managed-policies update", "iam", "UpdateAwsManagedPolicies", more=more)
    return Done({**result, "taken": True}, node.log.commit(tx, done))


def list_all(node: Node, changed: bool = False) -> Done:
    """`managed-policies list`: every AWS managed policy, or those that were updated."""
    rows = [_row(policy) for policy in node.catalogue if not changed or isinstance(policy, UpdatedPolicy)]
    return Done(rows, node.view.revision)


def show(node: Node, name: str) -> Done:
    """`managed-policies show`: one policy, by its ARN or name, with all versions that are known."""
    found = node.catalogue.get(name) or next((each for each in node.catalogue if each.policy_name == name), None)
    if found is None:
        raise NoSuchEntity(f"There is no AWS managed policy {name}.")
    versions = [
        {
            "version_id": each.version_id,
            "is_default_version": each.is_default_version,
            "create_date": f"{each.create_date:%Y-%m-%dT%H:%M:%SZ}",
            "document": json.loads(each.document),
        }
        for each in found.versions
    ]
    return Done({**_row(found), "versions": versions}, node.view.revision)


def _opened(packed: str) -> bytes:
    try:
        opener = zlib.decompressobj()
        text = opener.decompress(b64decode(packed, validate=True), LARGEST)
    except (ValueError, zlib.error):
        raise BadExport("The export did not arrive whole.") from None
    if not opener.eof:
        raise BadExport(f"An export has at most {LARGEST} bytes.")
    return text


def _change(node: Node, new: UpdatedPolicy) -> tuple[UpdatedPolicy, AwsManagedPolicy | None] | None:
    """The policy as it will be and as it is; None where what is known is as new. Raises BadExport."""
    known = node.catalogue.get(new.arn)
    if known is None:
        _refuse_twin(node, new)
        return new, None
    held = {each.version_id: each for each in known.versions}
    for each in new.versions:
        if each.version_id in held and json.loads(held[each.version_id].document) != json.loads(each.document):
            raise BadExport(f"{new.policy_name} {each.version_id}: AWS never changes a version, and this one differs.")
    if number(new.default_version_id) <= number(known.default_version_id):
        return None
    return _with_older(new, known), known


def _refuse_twin(node: Node, new: UpdatedPolicy) -> None:
    lower = new.policy_name.lower()
    twin = next((each for each in node.catalogue.after(lower[:-1]) if each.policy_name.lower() >= lower), None)
    if twin is not None and twin.policy_name.lower() == lower:
        raise BadExport(f"{new.policy_name}: there is {twin.arn} of this name.")


def _with_older(new: UpdatedPolicy, known: AwsManagedPolicy) -> UpdatedPolicy:
    """The new policy with the versions that were known before, which the export may not have."""
    versions = {each.version_id: each for each in known.versions}
    versions.update({each.version_id: each for each in new.versions})
    newest_first = sorted(versions.values(), key=lambda each: -number(each.version_id))
    held = tuple(
        AwsPolicyVersion(each.document, each.version_id, each.create_date, each.version_id == new.default_version_id)
        for each in newest_first
    )
    return UpdatedPolicy(
        known.policy_name,
        known.path,
        known.policy_id,
        new.default_version_id,
        known.create_date,
        new.update_date,
        held=held,
    )


def _record(policy: UpdatedPolicy) -> AwsPolicyUpdate:
    return AwsPolicyUpdate(
        account_id=NO_ACCOUNT,
        arn=policy.arn,
        policy_name=policy.policy_name,
        path=policy.path,
        policy_id=policy.policy_id,
        default_version_id=policy.default_version_id,
        create_date=policy.create_date,
        update_date=policy.update_date,
        versions=tuple((each.version_id, each.document, each.create_date) for each in policy.versions),
    )


def _policy(record: AwsPolicyUpdate) -> UpdatedPolicy:
    held = (
        AwsPolicyVersion(document, version_id, date, version_id == record.default_version_id)
        for version_id, document, date in record.versions
    )
    return UpdatedPolicy(
        record.policy_name,
        record.path,
        record.policy_id,
        record.default_version_id,
        record.create_date,
        record.update_date,
        held=tuple(held),
    )


def _told(policy: UpdatedPolicy, before: AwsManagedPolicy | None) -> dict[str, Any]:
    return {
        "arn": policy.arn,
        "policy_name": policy.policy_name,
        "before": None if before is None else before.default_version_id,
        "after": policy.default_version_id,
    }


def _row(policy: AwsManagedPolicy) -> dict[str, Any]:
    return {
        "arn": policy.arn,
        "policy_name": policy.policy_name,
        "default_version_id": policy.default_version_id,
        "update_date": f"{policy.update_date:%Y-%m-%dT%H:%M:%SZ}",
        "updated_here": isinstance(policy, UpdatedPolicy),
    }
