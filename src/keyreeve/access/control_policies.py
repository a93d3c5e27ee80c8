"""Control policies as the evaluator takes them: those of one account, level by level.

Source: AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from keyreeve import policy
from keyreeve.access.documents import parsed
from keyreeve.entities import ControlPolicy
from keyreeve.store import Transaction

LEVELS = ("root", "ou1", "ou2", "ou3", "ou4", "ou5", "account")
"""From the organization's root down to the account. AWS nests organizational units five deep."""

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
KINDS = {SCP: policy.Kind.SCP, RCP: policy.Kind.RCP}


def levels(tx: Transaction, account_id: str, policy_type: str) -> policy.Levels:
    """The policies of a type that bind an account.

    A level that holds none is left out: in AWS it has a policy that allows everything.
    """
    held: dict[str, list[policy.Policy]] = {}
    for each in tx.where(ControlPolicy, account_id, "type", policy_type):
        document = parsed(each.content, KINDS[policy_type])
        held.setdefault(each.level, []).append(policy.Policy(document, policy_type, each.policy_name, None))
    return tuple(tuple(held[level]) for level in LEVELS if level in held)
