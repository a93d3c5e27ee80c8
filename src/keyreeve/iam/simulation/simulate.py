"""SimulateCustomPolicy and SimulatePrincipalPolicy: policies of the request, or those that somebody holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyreeve import policy
from keyreeve.faults import InvalidInput, ValidationError
from keyreeve.iam.entities import about, boundary_of, granted_to_all, held_by, service_control_of, the_entity
from keyreeve.iam.nouns import listed
from keyreeve.iam.pages import MAX_ITEMS, page, position_of
from keyreeve.iam.simulation import inputs, scenarios
from keyreeve.iam.simulation.exclusions import Exclusions
from keyreeve.iam.simulation.verdicts import Scene, result, verdict
from keyreeve.iam.simulation.work import PAGE, Work
from keyreeve.operations import Call, operation


@operation("SimulateCustomPolicy", on=listed(), slow=(inputs.read,))
def simulate_custom_policy(
    call: Call,
    policy_input_list: list[str],
    action_names: list[str],
    permissions_boundary_policy_input_list: list[str] | None = None,
    ordered_organization_policy_input_list: list[Mapping[str, Any]] | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[Mapping[str, Any]] | None = None,
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Decide actions under the policies of the request alone."""
    if resource_policy is not None and caller_arn is None:
        raise InvalidInput("CallerArn is required with ResourcePolicy.")
    scene = Scene(
        inputs.caller(call, caller_arn),
        policy.Policies(
            identity=inputs.identity(call, policy_input_list),
            boundary=inputs.boundary(call, permissions_boundary_policy_input_list),
            service_control=inputs.organization(call, ordered_organization_policy_input_list),
            resource=inputs.resource(call, resource_policy),
        ),
        inputs.context(context_entries),
        inputs.owner(resource_owner),
    )
    return _page(scene, action_names, resource_arns, resource_handling_option, max_items, marker)


@operation("SimulatePrincipalPolicy", on=about("policy_source_arn"), slow=(inputs.read,))
def simulate_principal_policy(
    call: Call,
    policy_source_arn: str,
    action_names: list[str],
    policy_input_list: list[str] | None = None,
    permissions_boundary_policy_input_list: list[str] | None = None,
    policy_exclusion_list: list[Mapping[str, Any]] | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[Mapping[str, Any]] | None = None,
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Decide actions under what a user (with its groups), group or role holds, and the policies of the request."""
    entity = the_entity(call, policy_source_arn)
    excluded = Exclusions(policy_exclusion_list)
    held = tuple(each.policy for each in excluded.kept(held_by(call, entity)))
    boundary = inputs.boundary(call, permissions_boundary_policy_input_list)
    if boundary is None and not excluded.boundary:
        boundary = boundary_of(call, entity)
    scene = Scene(
        inputs.caller(call, caller_arn or policy_source_arn),
        policy.Policies(
            identity=(*held, *granted_to_all(call, entity), *inputs.identity(call, policy_input_list)),
            boundary=boundary,
            service_control=service_control_of(call),
            resource=inputs.resource(call, resource_policy),
        ),
        inputs.context(context_entries),
        inputs.owner(resource_owner),
    )
    return _page(scene, action_names, resource_arns, resource_handling_option, max_items, marker)


def _page(
    scene: Scene,
    action_names: list[str],
    resource_arns: list[str] | None,
    scenario: str | None,
    max_items: int | None,
    marker: str | None,
) -> dict[str, Any]:
    actions, resources = inputs.actions(action_names), inputs.resources(resource_arns)
    scenarios.check(scenario, actions, resources)
    following = list(enumerate(actions, 1))[_place(marker) :]
    most = _affordable([action for _, action in following[: max_items or MAX_ITEMS]], Work(scene, resources))
    shown, rest = page(following, lambda item: str(item[0]), most)
    without = scene.without_resource_policy()
    results = []
    for _, action in shown:
        here = scene if _bears(scene.policies.resource, action) else without
        results.append(result(action, [verdict(here, action, resource) for resource in resources]))
    return {"evaluation_results": results, **rest}


def _place(marker: str | None) -> int:
    """How many of ActionNames were answered before."""
    position = position_of(marker) or "0"
    if not position.isdecimal():
        raise ValidationError("Invalid Marker.")
    return int(position)


def _affordable(actions: list[str], work: Work) -> int:
    """How many of the actions, from the first, one page can answer."""
    spent = 0
    for count, action in enumerate(actions):
        spent += work.of(action)
        if spent > PAGE and not count:
            raise InvalidInput("There are too many resources for policies of this size.")
        if spent > PAGE:
            return count
    return len(actions)


def _bears(resource: policy.Policy | None, action: str) -> bool:
    """Whether the resource's policy is about such actions: a trust policy is about those of STS alone."""
    return resource is None or not resource.is_trust or action.lower().startswith("sts:")
