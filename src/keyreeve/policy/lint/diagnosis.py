"""Diagnosis: which rule a refusal is about. AWS says `Syntax errors in policy.` of many."""

from __future__ import annotations

from typing import Any

from keyreeve.policy.condition import name
from keyreeve.policy.grammar import PRINCIPAL_TYPES
from keyreeve.policy.places import Path
from keyreeve.policy.stages import LEGACY

_MEMBERS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_SENTENCES = (
    ("Policy document must be version", "INVALID_VERSION"),
    ("The policy must contain a valid version", "INVALID_VERSION"),
    ("Policy statement must contain actions", "MISSING_ACTION"),
    ("Missing required field Action", "MISSING_ACTION"),
    ("Policy statement must contain resources", "MISSING_RESOURCE"),
    ("Missing required field Principal", "MISSING_PRINCIPAL"),
    ("Missing required field Effect", "MISSING_EFFECT"),
    ("Missing required condition", "MISSING_TENANT_CLAIM"),
    ("A condition block must be present", "MISSING_TENANT_CLAIM"),
    ("Could not parse the policy: Statement is empty", "MISSING_STATEMENT"),
    ("Invalid effect", "INVALID_EFFECT"),
    ("Policy document should not specify a principal", "UNSUPPORTED_PRINCIPAL"),
    ("AssumeRole policy must not contain NotPrincipal", "UNSUPPORTED_PRINCIPAL"),
    ("Allow with NotPrincipal", "ALLOW_WITH_NOT_PRINCIPAL"),
    ("Principal must be a JSON object", "INVALID_PRINCIPAL_FORMAT"),
    ("AssumeRolepolicy contained an invalid principal", "INVALID_PRINCIPAL_FORMAT"),
    ("Invalid principal in policy", "INVALID_PRINCIPAL_FORMAT"),
    ("Federated principals must be", "INVALID_PRINCIPAL_FORMAT"),
    ("Statement IDs (SID) in a single policy", "UNIQUE_SIDS_REQUIRED"),
    ("The Statement Ids in the policy are not unique", "UNIQUE_SIDS_REQUIRED"),
    ("Statement IDs (SID) must be alpha-numeric", "UNSUPPORTED_SID"),
    ("Actions/Condition", "INVALID_ACTION"),
    ("Vendor ", "INVALID_SERVICE_IN_ACTION"),
    ("AssumeRole policy may only specify STS", "UNSUPPORTED_ACTION_IN_POLICY"),
    ("Has prohibited field Resource", "UNSUPPORTED_RESOURCE"),
    ("AssumeRole policy must not contain resources", "UNSUPPORTED_RESOURCE"),
    ("Partition ", "INVALID_PARTITION"),
    ("Resource vendor must be fully qualified", "INVALID_ARN_SERVICE"),
    ("IAM resource path must", "INVALID_ARN_RESOURCE"),
    ("The provided policy document does not meet", "UNSUPPORTED_ELEMENT_IN_POLICY_TYPE"),
)
_ENDINGS = (
    ('must be in ARN format or "*".', "INVALID_ARN_PREFIX"),
    ("contain region information.", "ARN_REGION_NOT_ALLOWED"),
)
_LEGACY = {
    "Effect": "INVALID_EFFECT",
    "Condition": "INVALID_DATE_VALUE",
    "Resource": "INVALID_ARN",
    "NotResource": "INVALID_ARN",
    "": "INVALID_VARIABLE",
}
_SYNTAX = {
    "Version": "INVALID_VERSION",
    "Statement": "MISSING_STATEMENT",
    "Effect": "INVALID_EFFECT",
}


def at(value: Any, path: Path) -> Any:
    """The value at a path of JSON."""
    for step in path:
        value = value[step]
    return value


def diagnosis(sentence: str, path: Path, value: Any) -> tuple[str, str]:
    """The code of a refusal and a sentence for it, from AWS's sentence and the path in a document."""
    for beginning, code in _SENTENCES:
        if sentence.startswith(beginning):
            return code, f"AWS refuses it: {sentence}"
    for ending, code in _ENDINGS:
        if sentence.endswith(ending):
            return code, f"AWS refuses it: {sentence}"
    member = path[2] if len(path) > 2 else ""  # noqa: PLR2004  Statement, its index, the member
    if sentence == LEGACY:
        return _LEGACY.get(str(member), "POLICY_REFUSED"), _legacy(str(member))
    return _syntax(path, value)


def _legacy(member: str) -> str:
    what = {"Effect": "the effect's case", "Condition": "a date that is none", "": "a variable that is not closed"}
    return f"AWS refuses it ({LEGACY}): {what.get(member, 'an ARN that lacks fields')}."


def _syntax(path: Path, value: Any) -> tuple[str, str]:
    """Which rule of the grammar is broken at a path: AWS says `Syntax errors in policy.` of all."""
    if len(path) == 0:
        return _unknown(value, frozenset(("Version", "Id", "Statement")))
    if len(path) == 1:
        return _SYNTAX.get(str(path[0]), "DATA_TYPE_MISMATCH"), f"{path[0]} has no value that AWS accepts."
    return _syntax_of_statement(path, at(value, path[:2]))


def _syntax_of_statement(path: Path, found: Any) -> tuple[str, str]:
    if len(path) > 2:  # noqa: PLR2004  a member
        opposite = str(path[2]).removeprefix("Not")
        if opposite != path[2] and opposite in found:
            return "UNSUPPORTED_ELEMENT_COMBINATION", f"{path[2]} stands beside {opposite}."
        return _syntax_of_member(path, found[path[2]])
    if not isinstance(found, dict):
        return "DATA_TYPE_MISMATCH", "A statement is a JSON object."
    if not found.keys() <= _MEMBERS:
        return _unknown(found, _MEMBERS)
    if "Effect" in found:
        return "INVALID_VARIABLE", "It has a variable that is not closed, or not well formed."
    return "MISSING_EFFECT", "The statement has no Effect."


def _unknown(found: dict[str, Any], known: frozenset[str]) -> tuple[str, str]:
    extra = ", ".join(sorted(found.keys() - known))
    return "INVALID_POLICY_ELEMENT", f"There is no such element here: {extra}."


def _syntax_of_member(path: Path, given: Any) -> tuple[str, str]:
    member = str(path[2])
    if member == "Condition":
        return _syntax_of_condition(path[3:], given)
    if member in ("Principal", "NotPrincipal"):
        return _syntax_of_principal(member, given)
    if member in _SYNTAX:
        return _SYNTAX[member], f"{member} cannot stand here, or not with this value."
    return "DATA_TYPE_MISMATCH", f"{member} has a value of another JSON type than AWS takes."


def _syntax_of_principal(member: str, given: Any) -> tuple[str, str]:
    if isinstance(given, dict) and not given.keys() <= PRINCIPAL_TYPES:
        extra = ", ".join(sorted(given.keys() - PRINCIPAL_TYPES))
        return "INVALID_PRINCIPAL_KEY", f"There is no such type of principal: {extra}."
    return "INVALID_PRINCIPAL_FORMAT", f'{member} is "*" alone, or an object of names by type.'


def _syntax_of_condition(path: Path, block: Any) -> tuple[str, str]:
    if not path:
        return "DATA_TYPE_MISMATCH", "Condition is an object of operators."
    operator = str(path[0])
    keys = block[operator]
    if name(operator) is None:
        if name(operator.removesuffix("IfExists")) is not None:
            return "NULL_WITH_IF_EXISTS", f"{operator} does not exist."
        return "INVALID_CONDITION_OPERATOR", f"There is no operator {operator}."
    if len(path) > 1 and operator.rpartition(":")[2].startswith("Date"):
        return "INVALID_DATE_VALUE", f"{operator} has a value that is no date."
    if len(path) > 1 or not isinstance(keys, dict):
        return "DATA_TYPE_MISMATCH", "A condition is an object of keys, each with a text or a list of texts."
    return "DUPLICATE_KEYS_WITH_DIFFERENT_CASE", f"{operator} has the same key twice, in different case."
