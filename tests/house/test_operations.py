"""Every operation takes what AWS's model says, and raises what it lists. The model is that of the pinned botocore."""

import importlib
import inspect
from functools import cache

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from tools.raised import raised

from keyreeve import faults
from keyreeve.operations import REGISTRY

SERVICES = ("cloudtrail", "iam", "sts")
for service in SERVICES:
    importlib.import_module(f"keyreeve.{service}")

# Any operation may answer these (IAM API reference, "Common errors").
COMMON = {"AccessDenied", "ValidationError", "ServiceUnavailable"}

# Codes that AWS answers although its model does not list them for the operation: each with its source.
UNLISTED: dict[str, set[str]] = {
    # A boundary that does not exist, as recorded: "Scope ARN: … does not exist or is not attachable."
    "CreateRole": {"NoSuchEntity"},
    # Faulty session tags, as recorded of STS.
    "AssumeRole": {"InvalidParameterValue"},
    "GetFederationToken": {"InvalidParameterValue"},
    "GetWebIdentityToken": {"InvalidParameterValue"},
    # One way of issuing serves all; a session without policies and tags is never too large.
    "GetSessionToken": {"PackedPolicyTooLarge"},
    "AssumeRoot": {"PackedPolicyTooLarge"},
    # A template of the operator's that attaches what only services may hold.
    "AcquireRole": {"PolicyNotAttachable"},
    # Without an organization, or with one that has no control policies: the errors of its kin (decisions/0022).
    "GenerateOrganizationsAccessReport": {
        "OrganizationNotFoundException",
        "AccountNotManagementOrDelegatedAdministratorException",
        "OrganizationNotInAllFeaturesModeException",
    },
}


@cache
def model(service):
    return Loader().load_service_model(service, "service-2")


def members(service, name):
    """Name in snake_case -> whether it is required, for an operation's input."""
    operation = model(service)["operations"][name]
    shape = model(service)["shapes"][operation["input"]["shape"]] if "input" in operation else {}
    return {xform_name(member): member in shape.get("required", ()) for member in shape.get("members", ())}


def listed(service, name):
    """The error codes that the model lists for an operation."""
    shapes = [error["shape"] for error in model(service)["operations"][name].get("errors", ())]
    return {model(service)["shapes"][shape].get("error", {}).get("code", shape) for shape in shapes}


def mismatches(handler, parameters, expected):
    """How a handler's parameters differ from the members: other names, or a default where one is required."""
    yield from (f"misses {name}" for name in sorted(expected.keys() - set(parameters)))
    yield from (f"has {name}" for name in sorted(set(parameters) - expected.keys()))
    for name, parameter in inspect.signature(handler).parameters.items():
        if name in expected and (parameter.default is parameter.empty) != expected[name]:
            yield f"{name} is {'required' if expected[name] else 'optional'}"


OPERATIONS = sorted(REGISTRY)


def test_operations_are_built():
    assert {service for service, _ in OPERATIONS} == set(SERVICES)


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_parameters_are_the_models(service, name):
    built = REGISTRY[service, name]
    assert not list(mismatches(built.handler, built.parameters, members(service, name)))


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_faults_are_the_models(service, name):
    found = raised(REGISTRY[service, name].handler, f"keyreeve.{service}")
    assert found <= listed(service, name) | COMMON | UNLISTED.get(name, set())


def test_unlisted_faults_are_raised_by_operations_that_are_built():
    for name, codes in UNLISTED.items():
        (service,) = (service for service, built in OPERATIONS if built == name)
        assert codes <= raised(REGISTRY[service, name].handler, f"keyreeve.{service}") - listed(service, name)


def planted_lookup():
    raise faults.NoSuchEntity("gone")


def planted(call, path_prefix, marker=None):
    planted_lookup()
    raise faults.PolicyNotAttachable("no")


def test_the_model_is_read():
    assert members("iam", "CreateRole")["assume_role_policy_document"]
    assert not members("iam", "CreateRole")["path"]
    assert members("iam", "GetOpenIDConnectProvider") == {"open_id_connect_provider_arn": True}
    assert members("iam", "GetAccountSummary") == {}
    assert listed("iam", "DeleteGroup") >= {"NoSuchEntity", "DeleteConflict", "LimitExceeded"}


def test_a_wrong_signature_is_seen():
    expected = {"marker": False, "path_prefix": False, "max_items": False}
    found = list(mismatches(planted, ("path_prefix", "marker", "colour"), expected))
    assert found == ["misses max_items", "has colour", "path_prefix is optional"]
    assert list(mismatches(planted, ("path_prefix", "marker"), {"path_prefix": True, "marker": True}))


def test_faults_are_found_where_a_handler_calls():
    assert raised(planted, __name__) == {"NoSuchEntity", "PolicyNotAttachable"}
    assert raised(planted, "keyreeve.iam") == set()
