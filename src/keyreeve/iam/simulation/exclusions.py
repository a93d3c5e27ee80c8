"""Exclusions: attached policies that a simulation leaves out (PolicyExclusionList)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from keyreeve.faults import InvalidInput
from keyreeve.iam.entities import Held, name_of
from keyreeve.iam.nouns import NOUNS, is_policy_arn
from keyreeve.policy.wildcard import matcher, tokens

Leaves = Callable[[Held], bool]

_AWS = re.compile(r"arn:aws[\w-]*:iam::aws:.*", re.ASCII)
_TYPES: dict[str, Leaves] = {
    "inline": lambda held: held.is_inline,
    "aws-managed": lambda held: not held.is_inline and _is_aws(held),
    "user-managed": lambda held: not held.is_inline and not _is_aws(held),
}


def _is_aws(held: Held) -> bool:
    return _AWS.fullmatch(held.policy.arn or "") is not None


class Exclusions:
    """What a list of exclusions leaves out. What it names and nobody holds, and control policies, are ignored."""

    def __init__(self, entries: Iterable[Mapping[str, Any]] | None) -> None:
        listed = list(entries or ())
        self.boundary = any(entry.get("policy_type") == "permission-boundary" for entry in listed)
        self._rules = [rule for entry in listed for rule in _rules(entry)]

    def kept(self, held: Iterable[Held]) -> list[Held]:
        """The policies that no entry excludes."""
        return [each for each in held if not any(rule(each) for rule in self._rules)]


def _rules(entry: Mapping[str, Any]) -> list[Leaves]:
    if len(entry) != 1:
        raise InvalidInput("Each entry of PolicyExclusionList names exactly one of type, ARN and inline policy.")
    if "policy_arn" in entry:
        return [_with_arn(entry["policy_arn"])]
    if "inline_policy_identifier" in entry:
        return [_inline(**entry["inline_policy_identifier"])]
    kind = entry["policy_type"]
    return [_TYPES[kind]] if kind in _TYPES else []


def _with_arn(arn: str) -> Leaves:
    path, _, _ = arn.rpartition("/")
    if is_policy_arn(arn) is None or "*" in path or "?" in path:
        raise InvalidInput(f"ARN {arn} is not valid.")
    match = _pattern(arn)
    return lambda held: not held.is_inline and match(held.policy.arn or "")


def _inline(policy_name: str, attachment_type: str, attachment_name: str) -> Leaves:
    holder = _pattern(attachment_name)

    def leaves(held: Held) -> bool:
        named = held.is_inline and held.name == policy_name
        return named and NOUNS[type(held.owner)].words == attachment_type and holder(name_of(held.owner))

    return leaves


def _pattern(text: str) -> Callable[[str], bool]:
    if text.count("*") > 1:
        raise InvalidInput(f"{text} has more than one wildcard for any run of characters.")
    return matcher(tokens(text))
