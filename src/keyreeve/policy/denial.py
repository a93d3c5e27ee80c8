"""The sentence of AccessDenied.

Source: IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from keyreeve.policy.decision import Decision
from keyreeve.policy.layer import Layer
from keyreeve.policy.principal import TOKEN_BEARERS, Caller
from keyreeve.policy.question import Request

_NONE_ALLOWS = {
    Layer.IDENTITY: "identity-based policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.TRUST: "role trust policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
    Layer.SERVICE_CONTROL: "service control policy",
    Layer.RESOURCE_CONTROL: "resource control policy",
    Layer.ENDPOINT: "VPC endpoint policy",
}
_NAMED = frozenset({Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL})
"""Layers of managed policies: one that denies is named by its ARN."""
_ARTICLES = {Layer.IDENTITY: "an", Layer.TRUST: "the"}


def denial(request: Request, decision: Decision, *, words: str | None = None, reason: bool = True) -> str:
    """AWS's sentence for a refusal.

    `words` stand in for the resource where IAM prints words (`user NAME`). Without `reason` the sentence ends before
    the clause that names the type of policy, as it does for AssumeRole across accounts.
    """
    caller = request.principal
    if caller.kind == Caller.ANONYMOUS:
        return "Access Denied"
    if caller.kind in TOKEN_BEARERS:
        return f"Not authorized to perform {request.action}"
    resource = words or request.resource
    subject = f"User: {caller.arn} is not authorized to perform: {request.action}"
    everything = resource == "*" and not request.action.lower().startswith("iam:")  # only IAM prints the asterisk
    target = "" if everything else f" on resource: {resource}"
    return subject + target + (f" {_reason(request, decision)}" if reason else "")


def _reason(request: Request, decision: Decision) -> str:
    kind = _NONE_ALLOWS.get(decision.layer, "identity-based policy")
    if decision.verdict != "explicit_deny":
        return f"because no {kind} allows the {request.action} action"
    return f"with an explicit deny in {_ARTICLES.get(decision.layer, 'a')} {kind}{_name(request, decision)}"


def _name(request: Request, decision: Decision) -> str:
    """The managed policy that denies; of what happens across accounts nothing is told."""
    abroad = request.resource_account not in (None, request.principal.account_id)
    if abroad or decision.layer not in _NAMED or not decision.because:
        return ""
    arn = decision.because[0].policy.arn
    return f": {arn}" if arn else ""
