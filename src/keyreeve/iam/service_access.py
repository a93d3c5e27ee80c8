"""ListPoliciesGrantingServiceAccess: which policies of a user, group or role let it use a service at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from keyreeve import policy
from keyreeve.faults import ValidationError
from keyreeve.iam.entities import Held, about, held_by, name_of, the_entity
from keyreeve.iam.nouns import NOUNS
from keyreeve.iam.pages import page, position_of
from keyreeve.operations import Call, operation
from keyreeve.policy.wildcard import matcher, tokens


@operation("ListPoliciesGrantingServiceAccess", on=about("arn"))
def list_policies_granting_service_access(
    call: Call, arn: str, service_namespaces: list[str], marker: str | None = None
) -> dict[str, Any]:
    """For each service the policies that allow something of it. What a Deny or the boundary says is not asked."""
    held = held_by(call, the_entity(call, arn))
    position = position_of(marker) or "0"
    if not position.isdecimal():
        raise ValidationError("Invalid Marker.")
    following = list(enumerate(service_namespaces, 1))[int(position) :]
    listed, rest = page(following, lambda item: str(item[0]), None)
    return {
        "policies_granting_service_access": [
            {
                "service_namespace": service,
                "policies": [_shown(each) for each in held if grants(each.policy.document, service)],
            }
            for _, service in listed
        ],
        **rest,
    }


def grants(document: policy.Document, service: str) -> bool:
    """Whether a document allows any action of a service, given by its prefix."""
    prefix = service.lower()
    allows = (statement for statement in document.statements if statement.effect == "Allow")
    return any(_prefixes(statement).touch(prefix) for statement in allows)


class _Prefixes(NamedTuple):
    """The services that a statement speaks of; `spared`: it speaks of all but these."""

    named: frozenset[str]
    patterns: tuple[Callable[[str], bool], ...]
    spared: bool

    def touch(self, prefix: str) -> bool:
        return (prefix in self.named or any(matches(prefix) for matches in self.patterns)) is not self.spared


@lru_cache(maxsize=4096)
def _prefixes(statement: policy.Statement) -> _Prefixes:
    listed = (action.lower().partition(":") for action in statement.actions or statement.not_actions)
    spared = not statement.actions
    # A NotAction spares a service when it spares all of its actions.
    found = {prefix for prefix, _, action in listed if not spared or (action or "*") == "*"}
    patterns = {prefix for prefix in found if "*" in prefix or "?" in prefix}
    return _Prefixes(frozenset(found - patterns), tuple(matcher(tokens(each)) for each in sorted(patterns)), spared)


def _shown(held: Held) -> dict[str, Any]:
    if not held.is_inline:
        return {"policy_name": held.name, "policy_type": "MANAGED", "policy_arn": held.policy.arn}
    return {
        "policy_name": held.name,
        "policy_type": "INLINE",
        "entity_type": NOUNS[type(held.owner)].words.upper(),
        "entity_name": name_of(held.owner),
    }
