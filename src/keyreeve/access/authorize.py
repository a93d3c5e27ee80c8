"""The gate of authorisation: may the caller do this? Everything that is refused for want of permission passes here.

It needs no operation: gateways and other services ask it the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from keyreeve import policy
from keyreeve.access import context, denials
from keyreeve.access.bearer import Bearer
from keyreeve.access.caller import Caller
from keyreeve.access.documents import parsed
from keyreeve.access.gather import PolicySets
from keyreeve.entities import Role
from keyreeve.faults import AccessDenied
from keyreeve.operations import Ask, Context
from keyreeve.seal import KeyRing
from keyreeve.store import Transaction

Made = Callable[[], Context]
"""The keys of a request, made when they are asked for."""

NOBODYS = policy.Policies()
"""The policies of those who have none of their own."""


def authorize(
    sets: PolicySets, tx: Transaction, ring: KeyRing, caller: Caller | Bearer, ask: Ask, request_context: Made
) -> None:
    """Return if the policies allow what is asked; raise AccessDenied with AWS's sentence if they do not.

    The refusal of a caller who is known brings its whole account along, sealed under the key ring when asked for.
    """
    asked = question(caller, ask, request_context)
    policies = _policies(sets, tx, caller, ask)
    decision = policy.decide(asked, policies)
    if decision.verdict == "allowed":
        return
    sentence = policy.denial(asked, decision, words=ask.words, reason=_may_know(caller, ask, decision))
    if isinstance(caller, Bearer):
        raise AccessDenied(sentence)
    abroad = _account_of(ask, caller) != caller.account_id
    raise AccessDenied(sentence, partial(denials.encoded, ring, asked, policies, caller.name, abroad=abroad))


def question(caller: Caller | Bearer, ask: Ask, request_context: Made) -> policy.Request:
    """The question for the evaluator: the caller, the action, the resource and every condition key."""
    account = _account_of(ask, caller)
    keys = context.Late(request_context, partial(_of_resource, ask, account), lambda: ask.context)
    return policy.Request(caller.principal, ask.action, ask.resource, keys, resource_account=account)


def _of_resource(ask: Ask, account: str) -> Context:
    return {"aws:resourceaccount": account} if ask.target is None else context.of_target(ask.target)


def _may_know(caller: Caller | Bearer, ask: Ask, decision: policy.Decision) -> bool:
    """Whether the caller is told which type of policy decided.

    A role that does not exist is refused in the same words as one that does not trust the caller, so that roles cannot
    be probed; across accounts nothing is told at all. What the caller's own policies deny it may know.
    """
    if not ask.by_trust:
        return True
    abroad = _account_of(ask, caller) != caller.account_id
    return decision.verdict == "explicit_deny" and decision.layer != policy.Layer.TRUST and not abroad


def _account_of(ask: Ask, caller: Caller | Bearer) -> str:
    """The account that owns the resource; a resource without one is the caller's own account's."""
    if ask.target is not None:
        return ask.target.account_id
    parts = ask.resource.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[4].isdigit() else caller.account_id  # noqa: PLR2004  the ARN's account


def _policies(sets: PolicySets, tx: Transaction, caller: Caller | Bearer, ask: Ask) -> policy.Policies:
    """The caller's policies and the resource's: where a role is asked about by STS, that is its trust policy."""
    own = NOBODYS if isinstance(caller, Bearer) else sets.of(tx, caller)
    levels = sets.resource_control(tx, _account_of(ask, caller))
    if levels:
        own = _within(own, levels) if own.session is None else replace(own, resource_control=levels)
    return beside(own, ask)


def beside(own: policy.Policies, ask: Ask) -> policy.Policies:
    """A caller's policies beside the policy of the resource that is asked about, if it has one."""
    if ask.grant is not None:
        granted = parsed(ask.grant, policy.Kind.RESOURCE)
        return replace(own, resource=policy.Policy(granted, "resource", ask.resource, ask.resource))
    if not ask.by_trust:
        return own
    text = ask.target.trust_policy if isinstance(ask.target, Role) else None
    document = policy.NOTHING if text is None else parsed(text, policy.Kind.TRUST)
    if own.session is not None:  # what is kept would keep the session's documents with it
        return replace(own, resource=policy.Policy(document, "trust", ask.resource, ask.resource))
    return _with_trust(own, document, ask.resource)


@lru_cache(maxsize=4096)
def _within(own: policy.Policies, levels: policy.Levels) -> policy.Policies:
    """A caller's policies beside the resource control policies of the resource's account."""
    return replace(own, resource_control=levels)


@lru_cache(maxsize=4096)
def _with_trust(own: policy.Policies, document: policy.Document, arn: str) -> policy.Policies:
    """A caller's policies beside a role's trust policy. Neither changes: what changed is another value."""
    return replace(own, resource=policy.Policy(document, "trust", arn, arn))
