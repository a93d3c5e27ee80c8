"""Whoever hands a role to a service needs iam:PassRole on it: every operation that names a role is looked at."""

import inspect

from botocore.loaders import Loader

from keyreeve import iam, sts  # noqa: F401  importing them registers their operations
from keyreeve.operations import REGISTRY

PASSES = {("iam", "AddRoleToInstanceProfile")}
"""Operations that hand a role to a service."""

# What names a role and hands it to nobody: the role itself is read, changed, made or assumed.
ITSELF = {
    "iam": (
        *("Create", "Get", "Delete", "Update", "Tag", "Untag"),
        *("Attach", "Detach", "Put", "List", "RemoveRoleFromInstanceProfile"),
    ),
    "sts": ("AssumeRole",),
}


def naming_roles():
    """The operations of the models with a member that names a role."""
    for service in ("iam", "sts"):
        model = Loader().load_service_model(service, "service-2")
        for name, operation in model["operations"].items():
            shape = model["shapes"][operation["input"]["shape"]] if "input" in operation else {}
            if {"RoleName", "RoleArn"} & shape.get("members", {}).keys():
                yield service, name


def asks_to_pass(service, name):
    source = inspect.getsource(REGISTRY[service, name].asks)
    return "iam:PassRole" in source and "iam:passedtoservice" in source and "iam:associatedresourcearn" in source


def test_whoever_hands_a_role_to_a_service_needs_to_pass_it():
    found = set(naming_roles())
    assert len(found) > 20
    assert found >= PASSES
    assert all(asks_to_pass(*each) for each in PASSES)


def test_all_others_are_about_the_role_itself():
    others = set(naming_roles()) - PASSES
    assert all(name.startswith(ITSELF[service]) for service, name in others)
    assert not any(asks_to_pass(*each) for each in others if each in REGISTRY)
