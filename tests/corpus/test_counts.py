"""How much the open corpus holds: so many cases in all, and of every operator, form, principal and layer."""

import re
from collections import Counter

import pytest

from corpus.shape import listed, shape
from keyreeve.corpus import KINDS, Case
from keyreeve.policy import Layer
from keyreeve.policy.operators import OPERATORS

LEAST, TOTAL = 10, 1_000
FORMS = ("plain", "IfExists", "ForAllValues", "ForAnyValue")
PRINCIPALS = {
    "account id": r"[0-9]{12}",
    "root ARN": r"arn:aws:iam::[0-9]{12}:root",
    "user ARN": r"arn:aws:iam::[0-9]{12}:user/.+",
    "role ARN": r"arn:aws:iam::[0-9]{12}:role/.+",
    "session ARN": r"arn:aws:sts::[0-9]{12}:assumed-role/.+",
    "federated-user ARN": r"arn:aws:sts::[0-9]{12}:federated-user/.+",
    "user id": r"AIDA[A-Z0-9]{16,}",
    "role id": r"AROA[A-Z0-9]{16,}",
    "everyone of AWS": r"\*",
}
LAYERS = ("identity", "resource", "trust", "boundary", "session", "service_control", "resource_control", "endpoint")


def statements(case):
    """(layer, statement) of every policy of a case."""
    for layer, given in case.policies.items():
        if layer in KINDS:
            yield from ((layer, each) for each in _statements(given))


def _statements(given):
    if isinstance(given, list):
        for each in given:
            yield from _statements(each)
    elif given is not None:
        yield from listed(given["Statement"])


def operators(case):
    """(operator, form) of every condition of a case."""
    found = {name for _, each in statements(case) for name in each.get("Condition", {})}
    return {_form(name) for name in found}


def _form(name):
    prefix, _, bare = name.rpartition(":")
    operator = bare.removesuffix("IfExists")
    return operator, prefix or ("IfExists" if bare != operator else "plain")


def principals(case):
    """The forms in which a case's statements name principals."""
    found = set()
    for _, each in statements(case):
        if "NotPrincipal" in each:
            found.add("NotPrincipal")
        element = each.get("Principal")
        if element == "*":
            found.add("everyone")
        for kind, given in element.items() if isinstance(element, dict) else ():
            found |= {_principal(kind, value) for value in listed(given)}
    return found


def _principal(kind, value):
    if kind == "Federated":
        return "SAML" if ":saml-provider/" in value else "web identity"
    if kind != "AWS":
        return {"Service": "service", "CanonicalUser": "canonical user"}[kind]
    return next((name for name, form in PRINCIPALS.items() if re.fullmatch(form, value)), "none")


def counted(cases, what):
    return Counter(each for case in cases for each in set(what(case)))


def test_there_are_a_thousand_cases(cases):
    assert len(cases) >= TOTAL


def test_no_two_cases_differ_by_names_and_values_only(cases):
    first = {}
    twins = [
        f"{case.topic}: {case.name} = {other.topic}: {other.name}"
        for case in cases
        if (other := first.setdefault(shape(case), case)) is not case
    ]
    assert twins == []


@pytest.mark.parametrize("operator", sorted(OPERATORS))
@pytest.mark.parametrize("form", FORMS)
def test_every_operator_has_ten_cases_in_every_form(cases, operator, form):
    assert counted(cases, operators)[operator, form] >= LEAST


def test_null_has_ten_cases(cases):
    assert counted(cases, operators)["Null", "plain"] >= LEAST


@pytest.mark.parametrize(
    "form", [*PRINCIPALS, "everyone", "SAML", "web identity", "service", "canonical user", "NotPrincipal"]
)
def test_every_form_of_principal_has_ten_cases(cases, form):
    assert counted(cases, principals)[form] >= LEAST


@pytest.mark.parametrize(
    "kind",
    ["root", "user", "role_session", "federated_user", "service", "anonymous", "saml", "web_identity"],
)
def test_every_kind_of_caller_has_ten_cases(cases, kind):
    assert counted(cases, lambda case: [case.request["principal"]["kind"]])[kind] >= LEAST


@pytest.mark.parametrize("layer", LAYERS)
def test_every_type_of_policy_has_ten_cases(cases, layer):
    assert counted(cases, lambda case: [name for name, given in case.policies.items() if given])[layer] >= LEAST


@pytest.mark.parametrize("layer", Layer)
def test_every_layer_decides_ten_cases(cases, layer):
    assert counted(cases, lambda case: [case.layer])[layer] >= LEAST


@pytest.mark.parametrize("topic", ["layers/group", "layers/resource-must-allow", "layers/root"])
def test_what_has_no_member_of_its_own_has_ten_cases(cases, topic):
    assert counted(cases, lambda case: [case.topic])[topic] >= LEAST


@pytest.mark.parametrize("verdict", ["allowed", "explicit_deny", "implicit_deny"])
def test_every_verdict_is_frequent(cases, verdict):
    assert counted(cases, lambda case: [case.verdict])[verdict] >= len(cases) / 10


def plain(name="alice", action="s3:GetObject", value="blue", asked="blue", effect="Allow"):
    """A case to rename and to change."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": value}}
    statement = {"Effect": effect, "Action": action, "Resource": "*", "Condition": condition}
    user = {"kind": "user", "account_id": "111122223333", "arn": f"arn:aws:iam::111122223333:user/{name}"}
    request = {"principal": user, "action": action, "resource": "*", "context": {"aws:PrincipalTag/team": asked}}
    return Case("t", "n", "s", request, {"identity": [{"Statement": [statement]}]}, "allowed")


@pytest.mark.parametrize(
    "other",
    [
        plain(name="bob"),
        plain(action="ec2:RunInstances"),
        plain(value="red", asked="red"),
        plain("x", value="y", asked="y"),
    ],
)
def test_a_case_with_other_names_and_values_is_the_same(other):
    assert shape(other) == shape(plain())


@pytest.mark.parametrize(
    "other",
    [
        plain(asked="green"),
        plain(asked="Blue"),
        plain(value=["blue"]),
        plain(asked=["blue"]),
        plain(effect="Deny"),
        plain(value="b*"),
    ],
)
def test_a_case_with_other_relations_is_another(other):
    assert shape(other) != shape(plain())
