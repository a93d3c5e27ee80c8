"""Exports: a newer catalogue in a file.

It is what `aws iam get-account-authorization-details --filter AWSManagedPolicy` prints:

    {"Source": "…",                                       may be left out
     "Policies": [{"PolicyName": "…", "Arn": "arn:aws:iam::aws:policy/…", "Path": "/", "DefaultVersionId": "v3",
                   "CreateDate": "2015-02-06T18:39:46Z", "UpdateDate": "…",
                   "PolicyVersionList": [{"VersionId": "v3", "CreateDate": "…", "Document": {…} or its text}]}]}

Other members are left aside. tools/managed_policies.py writes one of the installed moto. It is read as a whole, or
refused as a whole.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import msgspec

from keyreeve import policy
from keyreeve.catalogue.managed import ARN, AwsPolicyVersion, UpdatedPolicy, number, unique_id

VERSION_ID = r"^v[1-9][0-9]{0,8}$"

_ARN = re.compile(rf"{ARN}((?:/[\x21-\x2e\x30-\x7e]+)*/)([\w+=,.@-]{{1,128}})", re.ASCII).fullmatch


class BadExport(Exception):
    """A file that is no export, or a damaged one. The sentence says where."""


class _Version(msgspec.Struct, rename="pascal"):
    version_id: str = msgspec.field()
    document: Any = None
    create_date: datetime | None = None


class _Policy(msgspec.Struct, rename="pascal"):
    policy_name: str
    arn: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    policy_version_list: list[_Version]
    path: str | None = None


class _Export(msgspec.Struct, rename="pascal"):
    policies: list[_Policy]
    source: str | None = None


class Export(msgspec.Struct, frozen=True):
    """What a file holds: where it is from, and its policies by name without regard to case."""

    source: str
    policies: tuple[UpdatedPolicy, ...]


def read(text: bytes) -> Export:
    """The export in a file. Raises BadExport: nothing of a damaged file is taken."""
    try:
        found = msgspec.json.decode(text, type=_Export)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadExport(f"This is no export of managed policies: {error}") from None
    if not found.policies:
        raise BadExport("The export holds no policies.")
    policies = sorted((_policy(each) for each in found.policies), key=lambda each: each.policy_name.lower())
    for first, second in pairwise(policies):
        if first.policy_name.lower() == second.policy_name.lower():
            raise BadExport(f"{second.policy_name}: there are two policies of this name.")
    return Export(found.source or "an export of AWS", tuple(policies))


def _policy(found: _Policy) -> UpdatedPolicy:
    parts = _ARN(found.arn)
    if parts is None or parts[2] != found.policy_name or found.path not in {None, parts[1]}:
        raise BadExport(f"{found.policy_name}: {found.arn} is not the ARN of an AWS managed policy of this name.")
    versions = sorted((_version(found, each) for each in found.policy_version_list), key=_newest_first)
    if len({each.version_id for each in versions}) < len(versions):
        raise BadExport(f"{found.policy_name}: a version comes twice.")
    if sum(each.is_default_version for each in versions) != 1:
        raise BadExport(
            f"{found.policy_name}: the default version {found.default_version_id} is not among its versions."
        )
    return UpdatedPolicy(
        found.policy_name,
        parts[1],
        unique_id(found.arn),
        found.default_version_id,
        _second(found.create_date),
        _second(found.update_date),
        held=tuple(versions),
    )


def _version(found: _Policy, each: _Version) -> AwsPolicyVersion:
    place = f"{found.policy_name} {each.version_id}"
    if re.match(VERSION_ID, each.version_id, re.ASCII) is None:
        raise BadExport(f"{place}: this is not the id of a version.")
    text = _text(each.document, place)
    try:
        policy.parse(text, policy.Kind.IDENTITY)
    except policy.PolicyError as error:
        raise BadExport(f"{place}: {error.sentence} ({error.place})") from None
    return AwsPolicyVersion(
        text,
        each.version_id,
        _second(each.create_date or found.update_date),
        is_default_version=each.version_id == found.default_version_id,
    )


def _text(document: Any, place: str) -> str:
    """A document's text: as it is given, decoded where it is percent-encoded, or as AWS writes it."""
    if isinstance(document, dict):
        return json.dumps(document, indent=2, ensure_ascii=False)
    if not isinstance(document, str):
        raise BadExport(f"{place}: there is no document.")
    return unquote(document) if document.lstrip().startswith("%") else document


def _newest_first(each: AwsPolicyVersion) -> int:
    return -number(each.version_id)


def _second(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
