"""Settings of the account: the version of session tokens, and account properties."""

import pytest

from harness import OTHER, allow, refused

ON = {"RoleManager/Enabled": "true"}


def version(person):
    return person.iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"]


def test_the_summary_shows_the_version_of_tokens(server, root):
    assert version(root) == 2
    root.iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v1Token")
    assert (version(root), version(server.root(OTHER))) == (1, 2)
    root.iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert version(root) == 2
    with refused("ValidationError"):
        root.iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v3Token")


def test_properties_are_the_accounts_own(server, root):
    assert root.iam.get_account_properties()["Properties"] == {}
    root.iam.put_account_properties(Properties=ON)
    assert root.iam.get_account_properties()["Properties"] == ON
    assert server.root(OTHER).iam.get_account_properties()["Properties"] == {}
    root.iam.put_account_properties(Properties={"RoleManager/Enabled": "false"})
    assert root.iam.get_account_properties()["Properties"] == {"RoleManager/Enabled": "false"}


@pytest.mark.parametrize(
    "properties",
    [
        {"RoleManager/Enabled": "perhaps"},
        {"RoleManager/Colour": "true"},
        {"RoleManager": "true"},
        {"RoleManager/Enabled/": "true"},
        {"Other/Enabled": "true"},
        {**ON, "Other/Enabled": "true"},
    ],
)
def test_only_known_properties_of_one_namespace_are_taken(root, properties):
    with refused("InvalidInput"):
        root.iam.put_account_properties(Properties=properties)
    assert root.iam.get_account_properties()["Properties"] == {}


def test_a_policy_may_name_the_namespaces(server):
    namespaces = {"ForAllValues:StringEquals": {"iam:AccountPropertyNamespaces": "RoleManager"}}
    keeper = server.user("keeper", allow("iam:*AccountProperties", Condition=namespaces))
    keeper.iam.put_account_properties(Properties=ON)
    assert keeper.iam.get_account_properties()["Properties"] == ON
    with refused("AccessDenied"):
        keeper.iam.put_account_properties(Properties={**ON, "Other/Enabled": "true"})
