"""One statement of a policy against a request.

IAM User Guide, "IAM JSON policy elements: Effect", "…: Principal", "…: NotPrincipal", "…: Action", "…: NotAction",
"…: Resource", "…: NotResource", "…: Condition".
"""

from collections.abc import Iterator
from typing import Any

from .arn import action_matches, resource_matches
from .conditions import holds
from .logic import NO, OPEN, YES, Answer, all_of, any_of, negation
from .principals import ACCOUNT, FORMS, named, not_principal_matches
from .variables import UnresolvedError
from .variables import pattern as resolved

WITH_PRINCIPAL = {"resource_control", "endpoint", "resource"}


def some(
    effect: str, layer: str, found: list[dict[str, Any]], asked: dict[str, Any], forms: tuple[str, ...] = FORMS
) -> bool:
    """Whether a statement of this effect applies in one of these policies: an Allow surely, a Deny possibly.

    With `forms`, only statements whose Principal names the caller in one of them.
    """
    for document in found:
        for statement in listed(document["Statement"]):
            if statement["Effect"] == effect:
                answer = applies(statement, document.get("Version"), layer, asked, forms)
                if answer is YES or (answer is OPEN and effect == "Deny"):
                    return True
    return False


def applies(
    statement: dict[str, Any], version: str | None, layer: str, asked: dict[str, Any], forms: tuple[str, ...]
) -> Answer:
    """Whether a statement applies: every element of it fits the request."""
    return all_of(elements(statement, version, layer, asked, forms))


def elements(
    statement: dict[str, Any], version: str | None, layer: str, asked: dict[str, Any], forms: tuple[str, ...]
) -> Iterator[Answer]:
    """How each element of a statement fits the request."""
    yield action_fits(statement, asked["action"])
    yield principal_fits(statement, layer, asked, forms)
    yield resource_fits(statement, asked, version, identity=layer not in WITH_PRINCIPAL)
    yield holds(statement.get("Condition", {}), version, asked["context"])


def principal_fits(statement: dict[str, Any], layer: str, asked: dict[str, Any], forms: tuple[str, ...]) -> Answer:
    """Principal or NotPrincipal; policies without either are attached to those whom they concern.

    "NotPrincipal … with Allow" is "not supported": such a statement permits nothing.
    """
    caller = asked["principal"]
    if layer not in WITH_PRINCIPAL:
        return YES
    if layer != "resource" and statement.get("Principal") == "*":
        return YES  # RCPs know no other, and in the default endpoint policy it is "full access"
    if "NotPrincipal" in statement:
        answer = not_principal_matches(caller, statement["NotPrincipal"], bounded=asked["bounded"])
        return all_of([answer, OPEN]) if statement["Effect"] == "Allow" else answer
    return any_of(
        all_of([named(caller, statement.get("Principal", {}), form), certain(layer, asked, form)]) for form in forms
    )


def certain(layer: str, asked: dict[str, Any], form: str) -> Answer:
    """Whether naming a caller in this form reaches it, in a policy of this layer.

    AWS PrivateLink, "Principals for gateway endpoints": naming an account reaches its root user only. Interface
    endpoints know no such rule, and S3 and DynamoDB have both: open.
    """
    gateway = asked["action"].lower().startswith(("s3:", "dynamodb:"))
    if layer == "endpoint" and gateway and form == ACCOUNT and asked["principal"]["kind"] != "root":
        return OPEN
    return YES


def action_fits(statement: dict[str, Any], action: str) -> Answer:
    """Action or NotAction."""
    if "Action" in statement:
        return any_of(action_matches(action, wanted) for wanted in listed(statement["Action"]))
    return negation(any_of(action_matches(action, wanted) for wanted in listed(statement["NotAction"])))


def resource_fits(statement: dict[str, Any], asked: dict[str, Any], version: str | None, *, identity: bool) -> Answer:
    """Resource or NotResource; a trust policy has neither, for the resource is the role that holds it.

    A NotResource whose entry cannot be resolved covers more than its author wrote: right in a Deny, open in an Allow.
    """
    arn, context = asked["resource"], asked["context"]
    wanted = statement.get("Resource", statement.get("NotResource"))
    if wanted is None:
        return YES
    answers = [resource_matches(arn, text, version, context, identity=identity) for text in listed(wanted)]
    if "Resource" in statement:
        return any_of(answers)
    unresolved = [unresolved_entry(text, version, context) for text in listed(wanted)]
    return negation(any_of([*answers, OPEN if any(unresolved) else NO]))


def unresolved_entry(text: str, version: str | None, context: dict[str, Any]) -> bool:
    """Whether an entry holds a variable that has no value."""
    try:
        resolved(text, version, context)
    except UnresolvedError:
        return True
    return False


def listed(value: Any) -> list[str]:
    """A list of one and the one alone mean the same."""
    return value if isinstance(value, list) else [value]
