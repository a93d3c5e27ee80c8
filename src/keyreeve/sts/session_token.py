"""GetSessionToken and GetFederationToken: temporary credentials made from long-term ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.faults import AccessDenied
from keyreeve.operations import Ask, Call, operation
from keyreeve.sts import session_tags
from keyreeve.sts.issuing import issued, session_policies
from keyreeve.sts.packing import packed_size
from keyreeve.sts.second_factor import given

DEFAULT_SECONDS = 43200
ROOT_SECONDS = 3600


def _seconds(call: Call, asked: int | None) -> int:
    """Twelve hours unless said otherwise; root's sessions are cut to one hour without a word, as on AWS."""
    seconds = DEFAULT_SECONDS if asked is None else asked
    return min(seconds, ROOT_SECONDS) if call.caller.kind == "root" else seconds


def _long_term_only(call: Call, name: str) -> None:
    if call.caller.session is not None:
        raise AccessDenied(f"Cannot call {name} with session credentials")


@operation("GetSessionToken", on=None)
def get_session_token(
    call: Call,
    duration_seconds: int | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Credentials that act as the caller itself, with the second factor in them if one was given."""
    _long_term_only(call, "GetSessionToken")
    factor = given(call, serial_number, token_code)
    _, answer = issued(
        call,
        seconds=_seconds(call, duration_seconds),
        minimum_size=minimum_session_token_size,
        kind="root_session" if call.caller.kind == "root" else "user_session",
        account_id=call.account_id,
        principal_id=call.caller.identity.key,
        mfa_time=call.moment() if factor else None,
    )
    return answer


def _asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    _long_term_only(call, "GetFederationToken")
    passed = session_tags.passed(None, values.get("tags"), None)
    arn = f"arn:aws:sts::{call.account_id}:federated-user/{values['name']}"
    yield Ask(action, arn, passed.context)
    if passed.tags:
        yield Ask("sts:TagSession", arn, passed.context)


@operation("GetFederationToken", on=_asks)
def get_federation_token(
    call: Call,
    name: str,
    policy: str | None = None,
    policy_arns: list[dict[str, str]] | None = None,
    duration_seconds: int | None = None,
    tags: list[dict[str, str]] | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Credentials for somebody known elsewhere: the caller's permissions, cut down to the session policies."""
    passed = session_tags.passed(None, tags, None)
    texts, arns = session_policies(call, call.account_id, policy, policy_arns)
    packed = packed_size(texts, arns, passed.tags)
    _, answer = issued(
        call,
        seconds=_seconds(call, duration_seconds),
        minimum_size=minimum_session_token_size,
        kind="federated_user",
        account_id=call.account_id,
        principal_id=call.caller.identity.key,
        session_name=name,
        policies=texts,
        policy_arns=arns,
        tags=passed.tags,
    )
    arn = f"arn:aws:sts::{call.account_id}:federated-user/{name}"
    user = {"federated_user_id": f"{call.account_id}:{name}", "arn": arn}
    return {**answer, "federated_user": user, "packed_policy_size": packed}
