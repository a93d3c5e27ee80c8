"""Denials: the full account of a refusal, sealed for those who may read it with DecodeAuthorizationMessage.

The sentence of AccessDenied says which type of policy decided. The sealed message says all: the request with every
condition key, the statements that denied, and of each statement about the action what held and what did not. It opens
in the account of the caller alone. What another account's policies say stays theirs: a role's trust policy, say; so do
the tags and owners of what it has, for which a statement of the caller's own can ask.
Source: STS API reference, DecodeAuthorizationMessage.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from keyreeve import policy
from keyreeve.policy.variables import names
from keyreeve.seal import KeyRing, SealBroken

LONGEST_MESSAGE = 3_072
"""Characters of a message. DecodeAuthorizationMessage takes 10,240; but proxies, nginx for one, hold the head of an
answer to 4 KB unless told otherwise, and make a refusal past it a 502, which clients try again.
"""

LONGEST_TEXT = 65_536
"""Characters of a message as JSON: what would be longer is told without its explanation."""

THEIRS = frozenset({policy.Layer.TRUST, policy.Layer.RESOURCE, policy.Layer.RESOURCE_CONTROL})
"""Layers that belong to the account of the resource."""

_THEIR_KEYS = ("aws:resourcetag/", "iam:resourcetag/", "iam:delegationrequestowner")
"""How the condition keys begin that tell of the resource what only its account knows."""

OMITTED = {"omitted": True}


class MessageBroken(Exception):
    """A message that is no sealed one of this account's."""


def encoded(
    ring: KeyRing, request: policy.Request, policies: policy.Policies, name: str, *, abroad: bool
) -> str | None:
    """The sealed message about a refused request of a caller with this name; None where not even that fits into one.

    `abroad` says that the resource is another account's.
    """
    principal = request.principal
    explained = policy.explain(request, policies, acting=True)
    shown = {**_request(request, name, abroad=abroad), **_matched(explained, abroad=abroad)}
    whole = {**shown, "explanation": _explanation(explained, abroad=abroad)}
    for content in (whole, {**shown, "explanation": OMITTED}):
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        if len(text) <= LONGEST_TEXT:
            sealed = ring.seal(zlib.compress(text.encode()), _bound_to(principal.account_id or ""))
            message = urlsafe_b64encode(sealed).rstrip(b"=").decode()
            if len(message) <= LONGEST_MESSAGE:
                return message
    return None


def decoded(ring: KeyRing, message: str, account_id: str) -> str:
    """The JSON text of a message, for a caller of this account. Raises MessageBroken."""
    try:
        sealed = urlsafe_b64decode(message + "=" * (-len(message) % 4))
        text = zlib.decompress(ring.unseal(sealed, _bound_to(account_id)))
    except (ValueError, SealBroken, zlib.error) as error:
        raise MessageBroken(str(error)) from None
    if urlsafe_b64encode(sealed).rstrip(b"=").decode() != message:
        raise MessageBroken("not written as we write it")
    return text.decode()


def _bound_to(account_id: str) -> str:
    return f"authorization message {account_id}"


def _request(request: policy.Request, name: str, *, abroad: bool) -> dict[str, Any]:
    principal = {"id": request.principal.unique_id, "name": name, "arn": request.principal.arn}
    keys = [
        {"key": key, "values": _items(_listed(value))}
        for key, value in sorted(request.context.items())
        if not (abroad and key.startswith(_THEIR_KEYS))
    ]
    return {
        "allowed": False,
        "context": {
            "principal": principal,
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": keys},
        },
    }


def _matched(explained: policy.Explanation, *, abroad: bool) -> dict[str, Any]:
    """The statements that denied, as far as they are the caller's to know."""
    decision = explained.decision
    known = [match for match in decision.because if _is_known(match, abroad=abroad)]
    statements = [_statement(match.statement, explained.request.principal.unique_id or "") for match in known]
    return {
        "explicitDeny": bool(known) and decision.verdict == "explicit_deny",
        "matchedStatements": {"items": statements if decision.verdict == "explicit_deny" else []},
        "failures": {"items": []},
    }


def _statement(statement: policy.Statement, caller: str) -> dict[str, Any]:
    return {
        "statementId": statement.sid,
        "effect": statement.effect.upper(),
        "principals": _items([caller]),
        "principalGroups": {"items": []},
        "actions": _items(statement.actions),
        "notActions": _items(statement.not_actions),
        "resources": _items(statement.resources),
        "notResources": _items(statement.not_resources),
        "conditions": {
            "items": [
                {"key": each.key, "operator": each.operator, "values": _items(each.values)}
                for each in statement.conditions
            ]
        },
    }


def _explanation(explained: policy.Explanation, *, abroad: bool) -> dict[str, Any]:
    if not abroad:
        return policy.told(explained)
    because = tuple(match for match in explained.decision.because if _is_known(match, abroad=abroad))
    trace = tuple(each for each in explained.trace if _is_known(each.match, abroad=abroad))
    told = policy.told(explained._replace(decision=replace(explained.decision, because=because), trace=trace))
    # Which side refused is not said: it would tell whether the other account has the resource, and whom it trusts.
    return {part: told[part] for part in ("because", "statements")}


def _is_known(match: policy.Match, *, abroad: bool) -> bool:
    """Whether what a statement said is the caller's to know. Whether one about their keys applied would tell these."""
    if not abroad:
        return True
    theirs = match.layer in THEIRS or any(key.lower().startswith(_THEIR_KEYS) for key in _keys(match.statement))
    return not theirs


def _keys(statement: policy.Statement) -> Iterator[str]:
    """The condition keys that a statement asks for, in its conditions and by its variables."""
    texts = [*statement.resources, *statement.not_resources]
    for condition in statement.conditions:
        yield condition.key
        texts += condition.values
    for text in texts:
        yield from names(text)


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _items(values: Any) -> dict[str, Any]:
    return {"items": [{"value": value} for value in values]}
