"""Parsing: text to a document, with AWS's refusals for each kind of policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keyreeve.policy import grammar, stages, trust
from keyreeve.policy.document import Document, Kind, document
from keyreeve.policy.grammar import Located, Refusal, Wording
from keyreeve.policy.places import PolicyError, place
from keyreeve.policy.reader import read

_NO_PRINCIPAL = "Policy document should not specify a principal."
_WRONG_TYPE = "The provided policy document does not meet the requirements of the specified policy type."

Statements = tuple[Located, ...]
Rules = Callable[[dict[str, Any], Statements, Kind], None]
"""Raises Refusal for what a kind of policy may not say."""


def parse(text: str, kind: Kind) -> Document:
    """Document of a text that is being written. Raises PolicyError for everything that AWS refuses in that kind."""
    return _document(text, kind, _CHECKS[kind])


def stored(text: str, kind: Kind) -> Document:
    """Document of a text that was accepted before.

    Its form is looked at, not the rules of writing, which may have changed since. Raises PolicyError for other text.
    """
    return _document(text, kind, _form)


def check(text: str, kind: Kind) -> None:
    """Raise the PolicyError that `parse` would; nothing is compiled, for where a text is kept and not asked yet."""
    _checked(text, kind, _CHECKS[kind])


def _document(text: str, kind: Kind, rules: Rules) -> Document:
    return document(text, kind, _checked(text, kind, rules))


def _checked(text: str, kind: Kind, rules: Rules) -> dict[str, Any]:
    """The JSON of a text that the grammar and the rules accept."""
    wording = _wording(kind)
    value = read(text, wording.refusals)
    try:
        found = grammar.statements(value, wording)
        rules(value, found, kind)
    except Refusal as refusal:
        raise PolicyError(place(text, refusal.path), refusal.sentence) from None
    accepted: dict[str, Any] = value
    return accepted


def _wording(kind: Kind) -> Wording:
    return grammar.TRUST if kind is Kind.TRUST else grammar.PLAIN


_NAMING = frozenset({Kind.TRUST, Kind.RESOURCE, Kind.RCP, Kind.ENDPOINT})
"""Kinds whose statements name principals."""


def _form(value: dict[str, Any], found: Statements, kind: Kind) -> None:  # noqa: ARG001  a check like the others
    for each in found:
        if kind in _NAMING:
            _principal_required(each)
            grammar.principal_form(each, _wording(kind))
    if kind not in _NAMING:
        stages.no_principal(found, _NO_PRINCIPAL)


def _principal_required(found: Located) -> None:
    if "Principal" not in found.value and "NotPrincipal" not in found.value:
        raise Refusal(found.path, "Missing required field Principal")


def _identity(value: dict[str, Any], found: Statements, kind: Kind) -> None:
    stages.no_principal(found, _NO_PRINCIPAL)
    if kind is Kind.IDENTITY:
        stages.managed_version(value)
    stages.check(found, whole_arns=kind is Kind.SESSION)


def _trust(value: dict[str, Any], found: Statements, kind: Kind) -> None:  # noqa: ARG001  a check like the others
    trust.check(found)


def _resource(value: dict[str, Any], found: Statements, kind: Kind) -> None:
    _form(value, found, kind)
    for each in found:
        if "NotPrincipal" in each.value and each.value["Effect"].lower() == "allow":
            each.refuse("NotPrincipal", "Allow with NotPrincipal is not allowed.")
        trust.principal_names(each)
    stages.check(found)


def _service_control(value: dict[str, Any], found: Statements, kind: Kind) -> None:  # noqa: ARG001  a check like the others
    stages.no_principal(found, _WRONG_TYPE)
    if "Id" in value:
        raise Refusal(("Id",), _WRONG_TYPE)
    stages.check(found)


_RCP_FULL_AWS_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
"""The statement of the RCP that AWS attaches everywhere. Nobody else's may allow."""


def _resource_control(value: dict[str, Any], found: Statements, kind: Kind) -> None:  # noqa: ARG001  a check like the others
    if (
        value.keys() == {"Version", "Statement"}
        and value["Version"] == "2012-10-17"
        and [each.value for each in found] == [_RCP_FULL_AWS_ACCESS]
    ):
        return
    if value.get("Version") != "2012-10-17" or "Id" in value:
        raise Refusal(("Version",), _WRONG_TYPE)
    for each in found:
        given = each.value
        if given["Effect"] != "Deny" or given.get("Principal") != "*" or "NotAction" in given:
            raise Refusal(each.path, _WRONG_TYPE)
        if "*" in grammar.listed(given.get("Action", [])):
            each.refuse("Action", _WRONG_TYPE)
    stages.check(found)


_CHECKS: dict[Kind, Rules] = {
    Kind.IDENTITY: _identity,
    Kind.INLINE: _identity,
    Kind.SESSION: _identity,
    Kind.TRUST: _trust,
    Kind.RESOURCE: _resource,
    Kind.ENDPOINT: _resource,
    Kind.SCP: _service_control,
    Kind.RCP: _resource_control,
}
