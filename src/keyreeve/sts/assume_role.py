"""AssumeRole: a session of a role, for those whom its trust policy names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from keyreeve.entities import Role
from keyreeve.faults import AccessDenied, ValidationError
from keyreeve.operations import Ask, Call, Context, operation, tag_keys
from keyreeve.sts import session_tags
from keyreeve.sts.issuing import issued, session_policies
from keyreeve.sts.packing import packed_size
from keyreeve.sts.second_factor import proven

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/(?:[\x21-\x7e]*/)?([\w+=,.@-]+)", re.ASCII)
CHAINED_SECONDS = 3600


def role_of(call: Call, arn: str) -> Role | None:
    """The role that an ARN names, case and path exactly, in whichever account."""
    named = _named(arn)
    role = None if named is None else call.tx.find(Role, *named)
    return role if role is not None and role.arn == arn else None


@lru_cache(maxsize=1024)
def _named(arn: str) -> tuple[str, str, str] | None:
    """Where a role's ARN says that it is to be found: the account, the index and the value; None for other texts."""
    form = _ROLE_ARN.fullmatch(arn)
    return None if form is None else (form[1], "name", form[2].lower())


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the role, and about tagging the session and setting its source identity where the call does so."""
    arn = values["role_arn"]
    if _named(arn) is None and not _ARN.fullmatch(arn):
        raise ValidationError(f"{arn} is invalid")
    if call.caller.kind == "root":
        raise AccessDenied("Roles may not be assumed by root accounts.")
    calling = call.caller.session
    passed = session_tags.passed(calling, values.get("tags"), values.get("transitive_tag_keys"))
    source = session_tags.source_identity(calling, values.get("source_identity"))
    role = role_of(call, arn)
    context = _context(call, values, passed, source, role)
    # A wrong source identity is refused under its own action, a missing one under AssumeRole.
    if source is not None:
        yield Ask("sts:SetSourceIdentity", arn, context, target=role, by_trust=True)
    yield Ask(action, arn, context, target=role, by_trust=True)
    if passed.tags:
        yield Ask("sts:TagSession", arn, context, target=role, by_trust=True)


def _context(
    call: Call, values: Mapping[str, Any], passed: session_tags.Passed, source: str | None, role: Role | None
) -> Context:
    context: Context = {"sts:rolesessionname": values["role_session_name"], **passed.context}
    if values.get("external_id") is not None:
        context["sts:externalid"] = values["external_id"]
    if source is not None:
        context["sts:sourceidentity"] = source
    # A tag that travels stands beside the role's own: who passes it must not choose what the role is judged by.
    # decisions/0042
    if passed.inherited and role is not None:
        beside = [(tag.key, tag.value) for tag in (*role.tags, *passed.inherited)]
        context |= tag_keys("aws:resourcetag/", beside) | tag_keys("iam:resourcetag/", beside)
    return {**context, **proven(call, values.get("serial_number"), values.get("token_code"))}


def _seconds(call: Call, role: Role, asked: int | None) -> int:
    """How long the session may be, in AWS's order of refusals."""
    seconds = 3600 if asked is None else asked
    if seconds > role.max_session_duration:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if call.caller.kind == "role_session" and seconds > CHAINED_SECONDS:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    return seconds


@operation("AssumeRole", on=_asks)
def assume_role(
    call: Call,
    role_arn: str,
    role_session_name: str,
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
    tags: list[dict[str, str]] | None = None,
    transitive_tag_keys: list[str] | None = None,
    external_id: str | None = None,  # noqa: ARG001  judged as a condition key
    serial_number: str | None = None,  # noqa: ARG001  judged with the second factor
    token_code: str | None = None,  # noqa: ARG001  same
    source_identity: str | None = None,
    provided_contexts: list[dict[str, str]] | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Temporary credentials of a role. What the caller was is gone from them, but for what a chain carries on."""
    if provided_contexts:
        raise ValidationError("ProvidedContexts need a context provider, and this server has none.")
    role = role_of(call, role_arn)
    if role is None:
        start = f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole"
        raise AccessDenied(f"{start} on resource: {role_arn}")
    seconds = _seconds(call, role, duration_seconds)
    passed = session_tags.passed(call.caller.session, tags, transitive_tag_keys)
    source = session_tags.source_identity(call.caller.session, source_identity)
    texts, arns = session_policies(call, role.account_id, policy, policy_arns)
    packed = packed_size(texts, arns, passed.tags)
    members = {"session_name": role_session_name, "policies": texts, "policy_arns": arns, "source_identity": source}
    answer = _session(call, role, passed, seconds=seconds, minimum_size=minimum_session_token_size, **members)
    return {**answer, "source_identity": source, "packed_policy_size": packed or None}


def _session(call: Call, role: Role, passed: session_tags.Passed, **members: Any) -> dict[str, Any]:
    """A session of the role, and the part of the answer that shows it."""
    session, answer = issued(
        call,
        kind="role_session",
        account_id=role.account_id,
        principal_id=role.role_id,
        tags=passed.tags,
        transitive_tag_keys=passed.transitive,
        chained=call.caller.kind == "role_session",
        **members,
    )
    user = {
        "assumed_role_id": f"{role.role_id}:{session.session_name}",
        "arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.role_name}/{session.session_name}",
    }
    return {"assumed_role_user": user, **answer}
