"""SARIF 2.1.0, the form in which code scanners take findings.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF)".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from keyreeve import __version__, posture
from keyreeve.policy.lint import CODES, Finding, Group

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Group.ERROR: "error",
    Group.SECURITY_WARNING: "error",
    Group.WARNING: "warning",
    Group.SUGGESTION: "note",
}

AUDIT_LEVELS = {
    posture.Severity.CRITICAL: "error",
    posture.Severity.HIGH: "error",
    posture.Severity.MEDIUM: "warning",
    posture.Severity.LOW: "note",
}


def log(found: Sequence[tuple[str, Finding]]) -> dict[str, Any]:
    """A log of one run: findings with the names of their files. Every code is a rule, found or not."""
    rules = list(CODES)
    driver = {"name": "keyreeve lint", "semanticVersion": __version__, "rules": [_rule(code) for code in rules]}
    results = [_result(file, finding, rules.index(finding.code)) for file, finding in found]
    return _of_one_run(driver, results)


def audit_log(found: Sequence[posture.Finding]) -> dict[str, Any]:
    """A log of an audit. Findings are about resources by their ARNs; every check is a rule, kept or not."""
    checks = list(posture.CHECKS.values())
    rules = [_practice(check) for check in checks]
    driver = {"name": "keyreeve audit", "semanticVersion": __version__, "rules": rules}
    return _of_one_run(driver, [_breach(each, checks.index(each.check)) for each in found])


def _of_one_run(driver: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _practice(check: posture.Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "help": {"text": check.advice},
        "defaultConfiguration": {"level": AUDIT_LEVELS[check.severity]},
        "properties": {"tags": [check.severity.value, check.source]},
    }


def _breach(finding: posture.Finding, rule: int) -> dict[str, Any]:
    location = {"fullyQualifiedName": finding.resource, "kind": "resource"}
    return {
        "ruleId": finding.check.id,
        "ruleIndex": rule,
        "level": AUDIT_LEVELS[finding.check.severity],
        "message": {"text": f"{finding.resource} {finding.sentence}. {finding.check.advice}"},
        "locations": [{"logicalLocations": [location]}],
    }


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
