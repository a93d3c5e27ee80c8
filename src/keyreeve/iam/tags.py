"""Tags on users, roles, customer managed policies, instance profiles, server certificates and identity providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keyreeve.entities import (
    InstanceProfile,
    ManagedPolicy,
    OpenIDConnectProvider,
    Record,
    Role,
    SAMLProvider,
    ServerCertificate,
    User,
)
from keyreeve.iam.nouns import NOUNS, existing, existing_policy, found_by_name
from keyreeve.iam.pages import sorted_page
from keyreeve.iam.policies import the_customer_policy, the_policy
from keyreeve.iam.providers import existing_provider, the_provider
from keyreeve.iam.tag_rules import accepted, fold, merged
from keyreeve.operations import Asks, Call, operation


def taggable(
    kind: type[Record],
    find: Callable[[Call, Any], Any],
    change: Callable[[Call, Any], Any],
    on: Asks,
    *,
    tag: str,
    untag: str,
    list_: str,
) -> None:
    """Declare the three tag operations of a kind: `find` looks one up to list, `change` to alter."""
    parameter = "policy_arn" if kind is ManagedPolicy else NOUNS[kind].parameter

    @operation(tag, on=on, parameters=(parameter, "tags"))
    def add(call: Call, tags: list[dict[str, str]], **name: str) -> None:
        record = change(call, name[parameter])
        given = merged(kind, record.tags, accepted(kind, tags))
        call.tx.put(msgspec.structs.replace(record, tags=given))

    @operation(untag, on=on, parameters=(parameter, "tag_keys"))
    def remove(call: Call, tag_keys: list[str], **name: str) -> None:
        record = change(call, name[parameter])
        gone = {fold(kind, key) for key in tag_keys}
        kept = tuple(tag for tag in record.tags if fold(kind, tag.key) not in gone)
        call.tx.put(msgspec.structs.replace(record, tags=kept))

    @operation(list_, on=on, parameters=(parameter, "marker", "max_items"))
    def show(call: Call, marker: str | None = None, max_items: int | None = None, **name: str) -> dict[str, Any]:
        record = find(call, name[parameter])
        # An AWS managed policy has no tags, and can be asked for them.
        tags, rest = sorted_page(getattr(record, "tags", ()), lambda tag: tag.key, marker, max_items)
        return {"tags": tags, **rest}


def _taggable_by_name(kind: type[Record], *, tag: str, untag: str, list_: str) -> None:
    taggable(kind, found_by_name(kind), found_by_name(kind), existing(kind), tag=tag, untag=untag, list_=list_)


def _taggable_by_arn(kind: type[SAMLProvider | OpenIDConnectProvider], *, tag: str, untag: str, list_: str) -> None:
    def find(call: Call, arn: str) -> SAMLProvider | OpenIDConnectProvider:
        return the_provider(call, kind, arn)

    taggable(kind, find, find, existing_provider(kind), tag=tag, untag=untag, list_=list_)


_taggable_by_name(User, tag="TagUser", untag="UntagUser", list_="ListUserTags")
_taggable_by_name(Role, tag="TagRole", untag="UntagRole", list_="ListRoleTags")
_taggable_by_name(
    InstanceProfile, tag="TagInstanceProfile", untag="UntagInstanceProfile", list_="ListInstanceProfileTags"
)
_taggable_by_name(
    ServerCertificate, tag="TagServerCertificate", untag="UntagServerCertificate", list_="ListServerCertificateTags"
)
_taggable_by_arn(SAMLProvider, tag="TagSAMLProvider", untag="UntagSAMLProvider", list_="ListSAMLProviderTags")
_taggable_by_arn(
    OpenIDConnectProvider,
    tag="TagOpenIDConnectProvider",
    untag="UntagOpenIDConnectProvider",
    list_="ListOpenIDConnectProviderTags",
)
taggable(
    ManagedPolicy,
    the_policy,
    the_customer_policy,
    existing_policy,
    tag="TagPolicy",
    untag="UntagPolicy",
    list_="ListPolicyTags",
)
