"""GetContextKeysForCustomPolicy and …PrincipalPolicy: which keys a simulation of policies can need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keyreeve import policy
from keyreeve.iam.entities import about, held_by, the_entity
from keyreeve.iam.nouns import listed
from keyreeve.iam.simulation import inputs
from keyreeve.operations import Call, operation


@operation("GetContextKeysForCustomPolicy", on=listed(), slow=(inputs.read,))
def get_context_keys_for_custom_policy(call: Call, policy_input_list: list[str]) -> dict[str, Any]:
    """The keys that the policies of the request ask for, in conditions and variables."""
    return _keys(inputs.identity(call, policy_input_list))


@operation("GetContextKeysForPrincipalPolicy", on=about("policy_source_arn"), slow=(inputs.read,))
def get_context_keys_for_principal_policy(
    call: Call, policy_source_arn: str, policy_input_list: list[str] | None = None
) -> dict[str, Any]:
    """The keys that the policies of a user (with its groups), group or role ask for, and those of the request."""
    held = (each.policy for each in held_by(call, the_entity(call, policy_source_arn)))
    return _keys((*held, *inputs.identity(call, policy_input_list)))


def _keys(policies: Iterable[policy.Policy]) -> dict[str, Any]:
    """Keys as first written, without regard to case."""
    found: dict[str, str] = {}
    for each in policies:
        for key in policy.context_keys(each.document):
            found.setdefault(key.lower(), key)
    return {"context_key_names": tuple(found.values())}
