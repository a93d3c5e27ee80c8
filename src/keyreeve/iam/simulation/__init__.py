"""Simulation: what policies would decide, asked without doing it. The evaluator is the one that enforces.

Sources: IAM API reference, "SimulateCustomPolicy", "SimulatePrincipalPolicy"; IAM User Guide, "IAM policy testing with
the IAM policy simulator"; recorded answers.
"""

from keyreeve.iam.simulation.context_keys import (
    get_context_keys_for_custom_policy,
    get_context_keys_for_principal_policy,
)
from keyreeve.iam.simulation.simulate import simulate_custom_policy, simulate_principal_policy

__all__ = [
    "get_context_keys_for_custom_policy",
    "get_context_keys_for_principal_policy",
    "simulate_custom_policy",
    "simulate_principal_policy",
]
