"""The gate of authorisation: may the caller do this? Everything that is refused for want of permission passes here.

It needs no operation: gateways and other services ask it the same way.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from keyreeve import policy
from keyreeve.access import context
from keyreeve.access.caller import Caller
from keyreeve.access.gather import PolicySets, parsed
from keyreeve.entities import Role
from keyreeve.faults import AccessDenied
from keyreeve.operations import Ask, Context
from keyreeve.store import Transaction

_TRUSTED = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"})


def authorize(sets: PolicySets, tx: Transaction, caller: Caller, ask: Ask, request_context: Context) -> None:
    """Return if the policies allow what is asked; raise AccessDenied with AWS's sentence if they do not."""
    asked = question(caller, ask, request_context)
    decision = policy.decide(asked, _policies(sets, tx, caller, ask))
    if decision.verdict == "allowed":
        return
    reason = not (_is_role_question(ask) and (ask.target is None or ask.target.account_id != caller.account_id))
    raise AccessDenied(policy.denial(asked, decision, words=ask.words, reason=reason))


def question(caller: Caller, ask: Ask, request_context: Context) -> policy.Request:
    """The question for the evaluator: the caller, the action, the resource and every condition key."""
    keys = {**request_context, **ask.context}
    account = _account_of(ask, caller)
    if account is not None:
        keys["aws:resourceaccount"] = account
    if ask.target is not None:
        keys.update(context.of_target(ask.target))
    return policy.Request(caller.principal, ask.action, ask.resource, keys, resource_account=account)


def _is_role_question(ask: Ask) -> bool:
    return ask.action in _TRUSTED


def _account_of(ask: Ask, caller: Caller) -> str | None:
    """The account that owns the resource; a resource without one is the caller's own account's."""
    if ask.target is not None:
        return ask.target.account_id
    parts = ask.resource.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[4].isdigit() else caller.account_id  # noqa: PLR2004  the ARN's account


def _policies(sets: PolicySets, tx: Transaction, caller: Caller, ask: Ask) -> policy.Policies:
    """The caller's policies and, where a role is asked about by STS, the role's trust policy as the resource's."""
    own = sets.of(tx, caller)
    if not _is_role_question(ask):
        return own
    text = ask.target.trust_policy if isinstance(ask.target, Role) else None
    document = policy.NOTHING if text is None else parsed(text, policy.Kind.TRUST)
    return _with_trust(own, document, ask.resource)


@lru_cache(maxsize=4096)
def _with_trust(own: policy.Policies, document: policy.Document, arn: str) -> policy.Policies:
    """A caller's policies beside a role's trust policy. Neither changes: what changed is another value."""
    return replace(own, resource=policy.Policy(document, "trust", arn, arn))
