"""Nouns: how an operation's target is found, what is asked about it, and what is said when it is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from keyreeve.entities import (
    Group,
    InstanceProfile,
    ManagedPolicy,
    MFADevice,
    OpenIDConnectProvider,
    Record,
    Role,
    SAMLProvider,
    ServerCertificate,
    User,
)
from keyreeve.faults import NoSuchEntity, ValidationError
from keyreeve.operations import Ask, Asks, Call, Context, tag_context, tag_prefixes

R = TypeVar("R", bound=Record)
Movable = User | Group | ServerCertificate


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of entity: the member that names it, its word in ARNs and in refusals, the sentence when it is missing."""

    parameter: str
    arn_type: str
    words: str
    missing: str


NOUNS: dict[type[Record], Noun] = {
    User: Noun("user_name", "user", "user", "The user with name {} cannot be found."),
    Group: Noun("group_name", "group", "group", "The group with name {} cannot be found."),
    Role: Noun("role_name", "role", "role", "The role with name {} cannot be found."),
    InstanceProfile: Noun(
        "instance_profile_name", "instance-profile", "instance profile", "Instance Profile {} cannot be found."
    ),
    ManagedPolicy: Noun("policy_name", "policy", "policy", "Policy {} was not found."),
    MFADevice: Noun("serial_number", "mfa", "MFA device", "MFA Device with serial number {} does not exist."),
    ServerCertificate: Noun(
        "server_certificate_name",
        "server-certificate",
        "server certificate",
        "The Server Certificate with name {} cannot be found.",
    ),
    SAMLProvider: Noun("saml_provider_arn", "saml-provider", "SAML provider", "Manifest not found for arn {}"),
    OpenIDConnectProvider: Noun(
        "open_id_connect_provider_arn",
        "oidc-provider",
        "OpenID Connect provider",
        "OpenIDConnect Provider not found for arn {}",
    ),
}

# The actions for which the service authorisation reference lists iam:PermissionsBoundary.
BOUNDED = frozenset(
    f"iam:{verb}{kind}{noun}"
    for kind in ("User", "Role")
    for verb, noun in (
        ("Attach", "Policy"),
        ("Detach", "Policy"),
        ("Put", "Policy"),
        ("Delete", "Policy"),
        ("Put", "PermissionsBoundary"),
        ("Delete", "PermissionsBoundary"),
        ("Create", ""),
    )
) | {"iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription", "iam:DeleteRole", "iam:GetRole"}


is_policy_arn = re.compile(r"arn:aws[\w-]*:iam::(?:aws|\d{12}):policy/[\x21-\x7e]+", re.ASCII).fullmatch
"""Whether a text has the form of a managed policy's ARN."""


def named(call: Call, kind: type[R], name: str) -> R | None:
    """The account's entity with this name, without regard to case."""
    return call.tx.find(kind, call.account_id, "name", name.lower())


def the(call: Call, kind: type[R], name: str) -> R:
    """The account's entity with this name; NoSuchEntity if there is none."""
    found = named(call, kind, name)
    if found is None:
        raise NoSuchEntity(NOUNS[kind].missing.format(name))
    return found


def found_by_name(kind: type[R]) -> Callable[[Call, str], R]:
    """What finds an entity of this kind by its name."""

    def find(call: Call, name: str) -> R:
        return the(call, kind, name)

    return find


def user_or_own(call: Call, user_name: str | None) -> User:
    """The named user, or the caller's own where no name is given."""
    if user_name is not None:
        return the(call, User, user_name)
    own: User | None = call.caller.user
    if own is None:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return own


def request_context(
    action: str, values: Mapping[str, Any], target: Record | None = None, *, makes: type[Record] | None = None
) -> Context:
    """The condition keys that an IAM request itself brings: tags, policy ARN, permissions boundary.

    `makes` is the kind of what it is to make: its tags are the resource's too.
    """
    context = tag_context(values.get("tags"), *(() if makes is None else tag_prefixes(makes)))
    if values.get("tag_keys"):
        context["aws:tagkeys"] = tuple(values["tag_keys"])
    if values.get("policy_arn"):
        context["iam:policyarn"] = values["policy_arn"]
    if action in BOUNDED:
        current = target.boundary_arn if isinstance(target, User | Role) else None
        boundary = values.get("permissions_boundary") or current
        if boundary:
            context["iam:permissionsboundary"] = boundary
    return context


def _own(action: str, call: Call, values: Mapping[str, Any]) -> Ask:
    """Ask about the caller itself: operations that may leave the user's name out."""
    target = call.caller.user
    if target is None:
        return Ask(action, call.caller.identity.arn if call.caller.kind == "root" else "*")
    return Ask(action, target.arn, request_context(action, values, target), f"user {target.user_name}", target)


def existing(kind: type[Record]) -> Asks:
    """Ask about an entity that is named by the request, whether it exists or not."""
    noun = NOUNS[kind]

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        name = values.get(noun.parameter)
        if name is None:
            yield _own(action, call, values) if kind is User else Ask(action)
            return
        target = named(call, kind, name)
        arn = target.arn if target is not None else f"arn:aws:iam::{call.account_id}:{noun.arn_type}/{name}"  # type: ignore[attr-defined]
        yield Ask(action, arn, request_context(action, values, target), f"{noun.words} {name}", target)

    return asks


def new(kind: type[Record], *, tag: str | None = None) -> Asks:
    """Ask about an entity that is about to be made; tags on create need their own permission."""
    noun = NOUNS[kind]

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        name, path = values.get(noun.parameter, ""), values.get("path") or "/"
        arn = f"arn:aws:iam::{call.account_id}:{noun.arn_type}{path}{name}"
        context = request_context(action, values, makes=kind)
        words = f"policy {name}" if kind is ManagedPolicy else None
        yield Ask(action, arn, context, words)
        if tag is not None and values.get("tags"):
            yield Ask(f"iam:{tag}", arn, context, words)

    return asks


def listed(arn_type: str | None = None) -> Asks:
    """Ask about everything (`*`): listings and what concerns the whole account.

    A refusal names the listing's ARN prefix, as AWS prints it, though policies must say `*`.
    """

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        prefix = values.get("path_prefix") or "/"
        if arn_type is None:
            yield Ask(action)
        elif arn_type == "policy":
            yield Ask(action, words=f"policy path {prefix}")
        else:
            yield Ask(action, words=f"arn:aws:iam::{call.account_id}:{arn_type}{prefix}")

    return asks


def existing_policy(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the managed policy that the request names by its ARN."""
    arn = values.get("policy_arn")
    if arn is None:
        yield Ask(action)
        return
    target = call.tx.find(ManagedPolicy, call.account_id, "arn", arn)
    yield Ask(action, arn, request_context(action, {**values, "policy_arn": None}), f"policy {arn}", target)


def moved(record: Movable, name: str | None, path: str | None) -> Movable:
    """A user, group or server certificate under a new name, path or both: what is asked about is what is kept."""
    parameter = NOUNS[type(record)].parameter
    members = {parameter: name or getattr(record, parameter), "path": path or record.path}
    return msgspec.structs.replace(record, **members)


def renamed(kind: type[Movable], parameter: str) -> Asks:
    """Ask about an entity and about what it is to become: a new name or path needs the permission on both ARNs."""
    noun, first = NOUNS[kind], existing(kind)

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        yield from first(action, call, values)
        name = values.get(noun.parameter)
        target = None if name is None else named(call, kind, name)
        if target is None or not (values.get(parameter) or values.get("new_path")):
            return
        becoming = moved(target, values.get(parameter), values.get("new_path"))
        yield Ask(action, becoming.arn, {}, f"{noun.words} {getattr(becoming, noun.parameter)}", target)

    return asks
