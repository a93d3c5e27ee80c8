"""Printing: a document as JSON again, from what it was compiled to.

Two documents that print alike say the same. A list of one is printed as the one, numbers and truths as text, an account
by its id, and the names of a principal element in their order: AWS tells none of these apart.
Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from typing import Any

from keyreeve.policy.condition import Condition
from keyreeve.policy.document import Document
from keyreeve.policy.principal import Principals
from keyreeve.policy.statement import Statement


def printed(document: Document) -> str:
    """The JSON of a document. Parsed and printed again it stays as it is."""
    identified = {"Id": document.id} if document.id else {}
    statements = [_statement(each) for each in document.statements]
    return json.dumps({"Version": document.version, **identified, "Statement": statements}, ensure_ascii=False)


def _statement(statement: Statement) -> dict[str, Any]:
    members: dict[str, Any] = {"Sid": statement.sid} if statement.sid else {}
    members["Effect"] = statement.effect
    if statement.principals is not None:
        name = "NotPrincipal" if statement.principals.negated else "Principal"
        members[name] = _principals(statement.principals)
    for name, texts in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if texts:
            members[name] = _one_or_all(texts)
    if statement.conditions:
        members["Condition"] = _conditions(statement.conditions)
    return members


def _principals(found: Principals) -> str | dict[str, Any]:
    if found.everyone:
        return "*"
    names = {
        "AWS": {*found.accounts, *found.aws, *(["*"] if found.every_aws else [])},
        "Service": found.services,
        "Federated": found.federated,
        "CanonicalUser": found.canonical,
    }
    return {kind: _one_or_all(tuple(sorted(listed))) for kind, listed in names.items() if listed}


def _conditions(conditions: tuple[Condition, ...]) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        block.setdefault(condition.operator, {})[condition.key] = _one_or_all(condition.values)
    return block


def _one_or_all(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)
