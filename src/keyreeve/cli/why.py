"""Why a request was decided as it was: the explanation as a tree for people."""

from __future__ import annotations

from itertools import groupby

from rich.text import Text
from rich.tree import Tree

from keyreeve.cli.tables import plain
from keyreeve.policy import Compared, Explanation, Layer, Match, Traced, denial

NAMES = {
    Layer.RESOURCE_CONTROL: "resource control policy",
    Layer.SERVICE_CONTROL: "service control policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.TRUST: "role trust policy",
    Layer.IDENTITY: "identity-based policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.ENDPOINT: "VPC endpoint policy",
    Layer.SESSION: "session policy",
    Layer.ROOT: "account root",
}
STYLES = {"allowed": "bold green", "explicit_deny": "bold red", "implicit_deny": "bold red"}


def tree(found: Explanation) -> Tree:
    """The explanation as a tree."""
    decision = found.decision
    top = Tree(Text(_verdict(found), STYLES[decision.verdict]))
    request = found.request
    asked = top.add(Text(plain(f"{request.action} on {request.resource}")))
    asked.add(Text(plain(f"by {request.principal.arn} ({request.principal.kind})")))
    if decision.because:
        because = top.add("because of")
        for match in decision.because:
            because.add(Text(plain(_where(match))))
    if decision.verdict != "allowed":
        top.add(Text(plain(denial(request, decision))))
    for (layer, name), traced in groupby(found.trace, lambda each: (each.match.layer, each.match.policy.name)):
        branch = top.add(Text(plain(f"{NAMES[layer]} {name}"), "bold"))
        for each in traced:
            _statement(branch, each)
    if found.missing_keys:
        top.add(Text(plain(f"keys that the request does not have: {', '.join(found.missing_keys)}")))
    return top


def _verdict(found: Explanation) -> str:
    decision = found.decision
    name = NAMES[decision.layer]
    if decision.verdict == "allowed":
        return f"ALLOWED by the {name}"
    if decision.verdict == "explicit_deny":
        return f"DENIED by the {name}"
    return f"DENIED: no {name} allows it"


def _where(match: Match) -> str:
    sid = f" {match.statement.sid!r}" if match.statement.sid else ""
    return f"{match.policy.name}: {match.statement.effect}{sid} at {match.place}"


def _statement(branch: Tree, traced: Traced) -> None:
    statement = traced.match.statement
    sid = f" {statement.sid!r}" if statement.sid else ""
    said = f"{statement.effect}{sid} at {traced.match.place}: {_said(traced)}"
    style = ("green" if statement.effect == "Allow" else "red") if traced.applies else ""
    node = branch.add(Text(plain(said), style))
    if traced.action:
        for failed in traced.failed:
            node.add(Text(plain(_failed(failed))))


def _said(traced: Traced) -> str:
    if traced.applies:
        return "applies"
    if not traced.action:
        return "about other actions"
    reasons = []
    if not traced.resource:
        reasons.append("about other resources")
    if traced.match.statement.principals is not None and traced.principal is None:
        reasons.append("about other principals")
    if traced.failed:
        reasons.append("a condition fails" if len(traced.failed) == 1 else f"{len(traced.failed)} conditions fail")
    return ", ".join(reasons) or "does not bind this principal"


def _failed(compared: Compared) -> str:
    condition = compared.condition
    has = "does not have the key" if compared.given is None else f"has {_values(compared.given)}"
    return f"{condition.operator} {condition.key}: the policy wants {_values(condition.values)}, the request {has}"


def _values(given: str | tuple[str, ...]) -> str:
    if isinstance(given, str):
        return repr(given)
    return " or ".join(map(repr, given)) if given else "nothing"
