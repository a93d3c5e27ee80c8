"""SARIF 2.1.0, the form in which code scanners take findings.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF)".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from keyreeve import __version__
from keyreeve.policy.lint import CODES, Finding, Group

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Group.ERROR: "error",
    Group.SECURITY_WARNING: "error",
    Group.WARNING: "warning",
    Group.SUGGESTION: "note",
}


def log(found: Sequence[tuple[str, Finding]]) -> dict[str, Any]:
    """A log of one run: findings with the names of their files. Every code is a rule, found or not."""
    rules = list(CODES)
    driver = {"name": "keyreeve lint", "semanticVersion": __version__, "rules": [_rule(code) for code in rules]}
    results = [_result(file, finding, rules.index(finding.code)) for file, finding in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    group, advice = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": code.replace("_", " ").capitalize()},
        "help": {"text": advice},
        "defaultConfiguration": {"level": LEVELS[group]},
        "properties": {"tags": [group.value]},
    }


def _result(file: str, finding: Finding, rule: int) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.group],
        "message": {"text": f"{finding.sentence} {finding.advice}"},
        "locations": [location],
    }
