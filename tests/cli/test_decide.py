"""`keyreeve decide`: the tree, the JSON, the status, and bad input with its place."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyreeve.cli.case import Source
from keyreeve.cli.texts import BadInput, Text

DOCUMENT = Path(__file__).parents[2] / "docs/decide.md"
ALICE = {"kind": "user", "account_id": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}
READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def case(context=None, who=ALICE, action="s3:GetObject", **policies):
    asked = {"principal": who, "action": action, "resource": "arn:aws:s3:::b/k", "context": context or {}}
    return {"request": asked, "policies": policies}


@pytest.fixture
def decide(keyreeve):
    def decide(given, *arguments, **more):
        text = given if isinstance(given, str) else json.dumps(given)
        return keyreeve("decide", "-", *arguments, place=False, text=text, **more)

    return decide


def test_allowed_is_status_0(decide):
    said = decide(case(identity=[policy(READ)])).stdout
    assert said.startswith("ALLOWED by the identity-based policy\n")
    assert "- identity[0]: Allow at Statement[0], line 1, " in said


def test_denied_is_status_1_with_the_reason(decide):
    mfa = {**READ, "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}}
    said = decide(case({"aws:MultiFactorAuthAge": 90}, identity=[policy(mfa)]), status=1).stdout
    assert said.startswith("DENIED: no identity-based policy allows it\n")
    assert "NumericLessThan aws:MultiFactorAuthAge: the policy wants '60', the request has '90'" in said
    assert "because no identity-based policy allows the s3:GetObject action" in said


def test_missing_keys_are_named(decide):
    tagged = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
    said = decide(case(identity=[policy(tagged)]), status=1).stdout
    assert "the request does not have the key" in said
    assert "keys that the request does not have: aws:PrincipalTag/team" in said


def test_an_explicit_deny_names_all_its_statements(decide):
    denies = {**READ, "Effect": "Deny", "Sid": "No"}
    said = json.loads(
        decide(case(identity=[policy(READ, denies, denies | {"Sid": "Never"})]), "--json", status=1).stdout
    )
    assert (said["verdict"], said["layer"]) == ("explicit_deny", "identity")
    assert [each["sid"] for each in said["because"]] == ["No", "Never"]
    assert "with an explicit deny in an identity-based policy" in said["sentence"]


def test_the_place_is_that_of_the_whole_text(decide):
    text = json.dumps(case(identity=[policy(READ)]), indent=2)
    said = json.loads(decide(text, "--json").stdout)
    place = said["because"][0]
    assert text.splitlines()[place["line"] - 1][place["column"] - 1 :] == "{"
    assert '"Effect": "Allow"' in text.splitlines()[place["line"]]


def test_every_layer_is_taken(decide):
    everyone = {**READ, "Principal": "*"}
    said = json.loads(
        decide(
            case(
                identity=[policy(READ)],
                session=[policy(READ)],
                boundary=policy(READ),
                resource=policy(everyone),
                endpoint=policy(everyone),
                service_control=[[policy(READ)], [policy(READ)]],
                resource_control=[[policy({**everyone, "Effect": "Deny", "Action": "s3:Put*"})]],
                resource_must_allow=True,
            ),
            "--json",
            status=1,
        ).stdout
    )
    assert {each["layer"] for each in said["statements"]} == {
        "identity",
        "session",
        "boundary",
        "resource",
        "endpoint",
        "service_control",
        "resource_control",
    }


def test_a_trust_policy_stands_on_a_role(decide):
    trust = {"Effect": "Allow", "Principal": {"AWS": ALICE["arn"]}, "Action": "sts:AssumeRole"}
    asked = case(action="sts:AssumeRole", resource=policy(trust), trust=True)
    asked["request"]["resource"] = "arn:aws:iam::111122223333:role/r"
    assert decide(asked).stdout.startswith("ALLOWED by the role trust policy")


def test_policies_can_be_files(decide, tmp_path):
    found = {}
    for name, statement in {
        "identity": READ,
        "boundary": READ,
        "session": READ,
        "scp": READ,
        "endpoint": {**READ, "Principal": "*"},
        "rcp": {**READ, "Principal": "*", "Effect": "Deny", "Action": "s3:Put*"},
        "resource": {**READ, "Principal": {"AWS": "111122223333"}},
    }.items():
        found[name] = tmp_path / f"{name}.json"
        found[name].write_text(json.dumps(policy(statement)))
    arguments = [text for name, path in found.items() if name != "rcp" for text in (f"--{name}", str(path))]
    said = decide(case(), *arguments, "--json")
    assert {each["policy"] for each in json.loads(said.stdout)["statements"]} == {
        str(path) for name, path in found.items() if name != "rcp"
    }
    assert "DENIED: no resource control policy allows it" in decide(case(), "--rcp", str(found["rcp"]), status=1).stdout


def test_a_second_boundary_is_a_wrong_use(decide, tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(policy(READ)))
    result = decide(case(boundary=policy(READ)), "--boundary", str(path), status=2)
    assert "--boundary: there is such a policy already." in result.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "-:1:2: this is not JSON"),
        ("[]", "-:1:1: Expected `object`, got `array`."),
        ('{"request": 1, "request": 2}', "-:1:16: a member is named twice"),
        ("{}", "-:1:1: Object missing required field `request`."),
        (
            json.dumps(case(who=ALICE | {"kind": "usr"})),
            "request.principal.kind: it is one of anonymous, federated_user,",
        ),
        (json.dumps(case(who=ALICE | {"name": "a"})), "request.principal.name: there is no such member."),
        (json.dumps(case(action="s3:*")), "request.action: an action is service:Name, without wildcards."),
        (json.dumps(case({"a:b": "1", "A:B": "2"})), "request.context: a key is there twice, in different case."),
        (json.dumps(case({"a:b": None})), "request.context"),
        (json.dumps(case(trust=True)), "policies.trust: trust says that resource is a role's policy"),
        (json.dumps(case(identity=["x"])), "policies.identity[0]: Expected `object`, got `str`."),
        (json.dumps(case(identity=[{"Statement": []}])), "Statement: Syntax errors in policy."),
    ],
)
def test_bad_input_is_told_with_its_place(decide, text, sentence):
    result = decide(text, status=2)
    assert result.stdout == ""
    assert sentence in result.stderr
    assert re.match(r"keyreeve: -:[0-9]+:[0-9]+: ", result.stderr)


def test_a_bad_policy_of_a_file_is_told_with_its_place(decide, tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "s3", "Resource": "*"}}')
    result = decide(case(), "--identity", str(path), status=2)
    assert result.stderr == (
        f"keyreeve: {path}:2:45: Statement.Action: Actions/Conditions must be prefaced by a vendor, "
        "e.g., iam, sdb, ec2, etc.\n"
    )


NODES = [
    ("request",),
    ("request", "principal"),
    ("request", "principal", "kind"),
    ("request", "principal", "services"),
    ("request", "context"),
    ("request", "context", "aws:TagKeys"),
    ("policies",),
    ("policies", "identity"),
    ("policies", "identity", 0),
    ("policies", "identity", 0, "Statement"),
    ("policies", "service_control"),
    ("policies", "resource"),
]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.sampled_from(NODES), ANY)
def test_whatever_stands_in_a_case_it_is_decided_or_told(path, value):
    made = json.loads(json.dumps(case(identity=[policy(READ)])))
    node = made
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    with suppress(BadInput):  # anything else that is raised fails
        Source(Text("case.json", json.dumps(made))).request()


def test_the_document_shows_real_output(keyreeve, tmp_path, monkeypatch):
    blocks = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    asked, said = (next(text for language, text in blocks if language == wanted) for wanted in ("json", "text"))
    monkeypatch.chdir(tmp_path)
    Path("case.json").write_text(asked)
    assert keyreeve("decide", "case.json", place=False, status=1).stdout == said
