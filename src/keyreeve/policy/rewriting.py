"""Looking into documents and changing the names of their principals, without touching anything else."""

from __future__ import annotations

import json
from collections.abc import Callable

from keyreeve.policy.document import Document
from keyreeve.policy.places import spans
from keyreeve.policy.principal import Principals
from keyreeve.policy.variables import names

_WHITE_SPACE = str.maketrans("", "", " \t\r\n")


def rewrite_principals(text: str, mapping: Callable[[str], str | None]) -> str:
    """The text with every `AWS` principal replaced by what `mapping` answers; None keeps it.

    An accepted text is expected. Everything else in it, white space included, stays as it was written.
    """
    pieces: list[str] = []
    kept_from = 0
    for span in sorted(spans(text), key=lambda span: span.start):
        names_principal = _is_aws_principal(span.path) and text[span.start] == '"'
        given = json.loads(text[span.start : span.end]) if names_principal else None
        wanted = mapping(given) if given is not None else None
        if wanted is not None and wanted != given:
            pieces += [text[kept_from : span.start], json.dumps(wanted)]
            kept_from = span.end
    return "".join([*pieces, text[kept_from:]])


def _is_aws_principal(path: tuple[str | int, ...]) -> bool:
    steps = [step for step in path if isinstance(step, str)]
    return steps in (["Statement", "Principal", "AWS"], ["Statement", "NotPrincipal", "AWS"])


def principals(document: Document) -> tuple[tuple[str, str], ...]:
    """Principals that a document names, as (type, name) in a fixed order; `("AWS", "*")` for everyone."""
    found: set[tuple[str, str]] = set()
    for statement in document.statements:
        if statement.principals is not None:
            found.update(_listed(statement.principals))
    return tuple(sorted(found))


def _listed(element: Principals) -> list[tuple[str, str]]:
    everyone = ["*"] if element.everyone or element.every_aws else []
    return [
        *(("AWS", name) for name in (*everyone, *element.accounts, *element.aws)),
        *(("Service", name) for name in element.services),
        *(("Federated", name) for name in element.federated),
        *(("CanonicalUser", name) for name in element.canonical),
    ]


def context_keys(document: Document) -> tuple[str, ...]:
    """Condition keys that a document asks for in conditions and variables, as first written, without repetition."""
    found: dict[str, str] = {}
    for statement in document.statements:
        values = [value for condition in statement.conditions for value in condition.values]
        texts = (*statement.resources, *statement.not_resources, *values) if document.version == "2012-10-17" else ()
        asked = [condition.key for condition in statement.conditions]
        for key in (*asked, *(key for text in texts for key in names(text))):
            found.setdefault(key.lower(), key)
    return tuple(found.values())


def size_without_white_space(text: str) -> int:
    """Characters of a policy as IAM counts them against its quotas: without white space."""
    return len(text.translate(_WHITE_SPACE))
