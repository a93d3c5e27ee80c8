"""Scenarios of ec2:RunInstances (ResourceHandlingOption): the resources that a simulation of each has to name."""

from __future__ import annotations

from collections.abc import Iterable

from keyreeve.faults import InvalidInput

_ALWAYS = ("instance", "image", "security-group")
SCENARIOS = {
    "EC2-Classic-InstanceStore": _ALWAYS,
    "EC2-Classic-EBS": (*_ALWAYS, "volume"),
    "EC2-VPC-InstanceStore": (*_ALWAYS, "network-interface"),
    "EC2-VPC-InstanceStore-Subnet": (*_ALWAYS, "network-interface", "subnet"),
    "EC2-VPC-EBS": (*_ALWAYS, "network-interface", "volume"),
    "EC2-VPC-EBS-Subnet": (*_ALWAYS, "network-interface", "subnet", "volume"),
}
"""Each scenario of the API reference with the types of EC2 resource that it takes."""


def check(scenario: str | None, actions: Iterable[str], resources: Iterable[str]) -> None:
    """Return if the scenario exists and its resources are there; InvalidInput if not. Other actions have none."""
    if scenario is None:
        return
    if scenario not in SCENARIOS:
        raise InvalidInput(f"Invalid Resource Handling Option: {scenario}")
    if not any(action.lower() == "ec2:runinstances" for action in actions):
        return
    there = {arn.split(":", 5)[5].partition("/")[0] for arn in resources if arn.startswith("arn:")}
    missing = [kind for kind in SCENARIOS[scenario] if kind not in there]
    if missing:
        raise InvalidInput(f"The scenario {scenario} needs resources of these types: {', '.join(missing)}")
