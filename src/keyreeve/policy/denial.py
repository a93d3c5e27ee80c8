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
_ARTICLES = {Layer.IDENTITY: "an", Layer.TRUST: "the"}


def denial(
    request: Request, decision: Decision, *, words: str | None = None, reason: bool = True, name_policy: bool = False
) -> str:
    """AWS's sentence for a refusal.

    `words` stand in for the resource where IAM prints words (`user NAME`). Without `reason` the sentence ends before
    the clause that names the type of policy, as it does for AssumeRole across accounts. `name_policy` adds the ARN of
    the managed policy that denies.
    """
    caller = request.principal
    if caller.kind == Caller.ANONYMOUS:
        return "Access Denied"
    if caller.kind in TOKEN_BEARERS:
        return f"Not authorized to perform {request.action}"
    resource = words or request.resource
    subject = f"User: {caller.arn} is not authorized to perform: {request.action}"
    target = "" if resource == "*" else f" on resource: {resource}"
    return subject + target + (f" {_reason(request, decision, name_policy)}" if reason else "")


def _reason(request: Request, decision: Decision, name_policy: bool) -> str:
    kind = _NONE_ALLOWS.get(decision.layer, "identity-based policy")
    if decision.verdict != "explicit_deny":
        return f"because no {kind} allows the {request.action} action"
    arn = decision.because[0].policy.arn if name_policy and decision.layer is not Layer.TRUST else None
    return f"with an explicit deny in {_ARTICLES.get(decision.layer, 'a')} {kind}" + (f": {arn}" if arn else "")
