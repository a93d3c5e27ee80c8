"""Federation: a session of a role for whom an identity provider vouches. What SAML and web identity have in common.

Sources: STS API reference, AssumeRoleWithSAML and AssumeRoleWithWebIdentity; IAM User Guide, "Pass session tags in AWS
STS" and "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.access.bearer import Bearer
from keyreeve.entities import Role
from keyreeve.faults import AccessDenied, InvalidIdentityToken, ValidationError
from keyreeve.operations import Ask, Call
from keyreeve.sts import session_tags
from keyreeve.sts.assume_role import role_of
from keyreeve.sts.issuing import issued, session_policies
from keyreeve.sts.packing import packed_size

DEFAULT_SECONDS = 3600


def asks(action: str, call: Call, values: Mapping[str, Any], session_name: str) -> Iterator[Ask]:
    """Ask the role's trust policy about the bearer, and about the tags and the source identity that its token brings.

    A role of another account than the provider's is asked nothing: a provider vouches for its own account alone.
    """
    bearer: Bearer = call.caller
    arn = values["role_arn"]
    role = _within(role_of(call, arn), bearer)
    passed = _passed(bearer)
    context = {"sts:rolesessionname": session_name, **bearer.keys, **passed.context}
    if bearer.source_identity is not None:
        context["sts:sourceidentity"] = bearer.source_identity
        yield Ask("sts:SetSourceIdentity", arn, context, target=role, by_trust=True)
    yield Ask(action, arn, context, target=role, by_trust=True)
    if passed.tags:
        yield Ask("sts:TagSession", arn, context, target=role, by_trust=True)


def _within(role: Role | None, bearer: Bearer) -> Role | None:
    return role if role is not None and role.account_id == bearer.account_id else None


def _passed(bearer: Bearer) -> session_tags.Passed:
    """The tags that the token brings, held to the rules of session tags."""
    keys = {tag.key.lower() for tag in bearer.tags}
    if len(keys) < len(bearer.tags):
        raise InvalidIdentityToken("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise InvalidIdentityToken("Tag keys that begin with aws: are reserved.")
    if any(tag.value.lower().startswith("aws:") for tag in bearer.tags):
        raise InvalidIdentityToken("Tag values that begin with aws: are reserved.")
    if any(key.lower() not in keys for key in bearer.transitive_tag_keys):
        raise InvalidIdentityToken("The specified transitive tag key must be included in the requested tags.")
    return session_tags.Passed(bearer.tags, bearer.transitive_tag_keys, ())


def session(
    call: Call,
    *,
    role_arn: str,
    session_name: str,
    policy: str | None,
    policy_arns: list[dict[str, str]] | None,
    asked_seconds: int | None,
    longest_seconds: int | None = None,
    minimum_size: int = 0,
) -> dict[str, Any]:
    """A session of the role, and what both operations answer of it.

    `longest_seconds` is how long the token lets a session last; it shortens one, and never lengthens it.
    """
    bearer: Bearer = call.caller
    role = _within(role_of(call, role_arn), bearer)
    if role is None:  # the gate has refused it already
        raise AccessDenied(f"Not authorized to perform {_ACTIONS[bearer.kind]}")
    seconds = _seconds(role, asked_seconds)
    texts, arns = session_policies(call, role.account_id, policy, policy_arns)
    packed = packed_size(texts, arns, bearer.tags)
    answer = _issued(
        call,
        role,
        seconds=seconds if longest_seconds is None else min(seconds, longest_seconds),
        minimum_size=minimum_size,
        session_name=session_name,
        policies=texts,
        policy_arns=arns,
    )
    return {**answer, "source_identity": bearer.source_identity, "packed_policy_size": packed or None}


def _issued(call: Call, role: Role, **members: Any) -> dict[str, Any]:
    """The session with what the token gives it, and the part of the answer that shows it."""
    bearer: Bearer = call.caller
    passed = _passed(bearer)
    made, answer = issued(
        call,
        kind="role_session",
        account_id=role.account_id,
        principal_id=role.role_id,
        tags=passed.tags,
        transitive_tag_keys=passed.transitive,
        source_identity=bearer.source_identity,
        provider_keys=bearer.kept,
        **members,
    )
    user = {
        "assumed_role_id": f"{role.role_id}:{made.session_name}",
        "arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.role_name}/{made.session_name}",
    }
    return {"assumed_role_user": user, **answer}


_ACTIONS = {"saml": "sts:AssumeRoleWithSAML", "web_identity": "sts:AssumeRoleWithWebIdentity"}


def _seconds(role: Role, asked: int | None) -> int:
    seconds = DEFAULT_SECONDS if asked is None else asked
    if seconds > role.max_session_duration:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds
