"""moto's evaluator, `IAMPolicy.is_action_permitted`, over the principal's policies as moto asks it.

It knows neither conditions on requests, variables, boundaries, session policies nor SCPs: conditions are left out,
variables have the caller's value written in, and (d) cannot be asked.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from bench.decisions.timed import run
from moto.iam.access_control import IAMPolicy, PermissionResult


def bare(document: dict[str, Any]) -> str:
    """A policy without its conditions and variables."""
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    kept = [{name: value for name, value in each.items() if name != "Condition"} for each in statements]
    # A Deny that holds under a condition alone would deny always.
    kept = [each for each, whole in zip(kept, statements, strict=True) if each["Effect"] == "Allow" or each == whole]
    return json.dumps({**document, "Statement": kept}).replace("${aws:username}", "alice")


class Moto:
    """The policies of a work."""

    def __init__(self, work: dict[str, Any]) -> None:
        self.policies = [IAMPolicy(bare(each)) for each in work["policies"]]
        self.holders = work["holders"]

    def request(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Plain data it is."""
        return plain

    def decide(self, request: dict[str, Any]) -> str:
        """The answer of all policies, a Deny first."""
        permitted = False
        for number in self.holders[request["principal"]["arn"]]:
            found = self.policies[number].is_action_permitted(request["action"], request["resource"])
            if found is PermissionResult.DENIED:
                return "denied"
            permitted = permitted or found is PermissionResult.PERMITTED
        return "allowed" if permitted else "denied"


if __name__ == "__main__":
    run("moto", version("moto"), Moto)
