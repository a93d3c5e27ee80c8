"""What must hold of every policy, every request and every text."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyreeve import policy
from keyreeve.policy import Kind, PolicyError
from keyreeve.policy.operators import OPERATORS

HERE, THERE = "111122223333", "999988887777"
ROLE = f"arn:aws:iam::{HERE}:role/r"
PATIENT = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
RANK = {"explicit_deny": 0, "implicit_deny": 0, "allowed": 1}

actions = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "sts:AssumeRole", "sts:*", "ec2:RunInstances"])
resources = st.sampled_from(
    ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::?/k", "arn:aws:s3", ROLE]
)
texts = st.sampled_from(["a", "b", "", "*", "true", "5", "2026-01-01", "10.0.0.0/8", ROLE, "${k}", "QQ==", "é"])
operators = st.builds(
    lambda prefix, name, suffix: f"{prefix}{name}{suffix}",
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["", "IfExists"]),
) | st.just("Null")
conditions = st.dictionaries(
    operators,
    st.dictionaries(st.sampled_from(["k", "aws:username", "m"]), st.lists(texts, max_size=3), max_size=2),
    max_size=2,
)
principals = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": HERE},
        {"AWS": f"arn:aws:iam::{HERE}:user/alice"},
        {"AWS": ROLE},
        {"AWS": [f"arn:aws:sts::{HERE}:assumed-role/r/s", THERE]},
        {"Service": "lambda.amazonaws.com"},
        {"Federated": "accounts.google.com"},
    ]
)


@st.composite
def statements(draw, effects=("Allow", "Deny"), *, naming=False):
    made = {"Effect": draw(st.sampled_from(effects)), "Condition": draw(conditions)}
    made[draw(st.sampled_from(["Action", "NotAction"]))] = draw(st.lists(actions, min_size=1, max_size=2))
    made[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(st.lists(resources, min_size=1, max_size=2))
    if naming:
        made[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(principals)
    return made


def document(found, kind):
    return policy.Policy(policy.stored(json.dumps({"Version": "2012-10-17", "Statement": found}), kind), str(kind), "p")


@st.composite
def worlds(draw):
    """JSON of the policies by layer."""
    plain, naming = (
        st.lists(statements(), min_size=1, max_size=3),
        st.lists(statements(naming=True), min_size=1, max_size=3),
    )
    return {
        "identity": draw(st.lists(plain, max_size=2)),
        "resource": draw(st.none() | naming),
        "boundary": draw(st.none() | plain),
        "session": draw(st.none() | plain),
        "service_control": draw(st.none() | plain),
        "resource_control": draw(st.none() | naming),
        "endpoint": draw(st.none() | naming),
    }


def policies(world, kind=Kind.RESOURCE):
    def one(name, of=Kind.IDENTITY):
        return None if world[name] is None else document(world[name], of)

    def several(name, of=Kind.IDENTITY):
        return () if world[name] is None else ((document(world[name], of),),)

    return policy.Policies(
        identity=tuple(document(each, Kind.IDENTITY) for each in world["identity"]),
        resource=one("resource", kind),
        boundary=one("boundary"),
        session=None if world["session"] is None else (document(world["session"], Kind.SESSION),),
        service_control=several("service_control"),
        resource_control=several("resource_control", Kind.RCP),
        endpoint=one("endpoint", Kind.ENDPOINT),
    )


callers = st.sampled_from(
    [
        policy.Principal("root", HERE, f"arn:aws:iam::{HERE}:root"),
        policy.Principal("user", HERE, f"arn:aws:iam::{HERE}:user/alice", "AIDAALICEALICEALICE1"),
        policy.Principal("role_session", HERE, f"arn:aws:sts::{HERE}:assumed-role/r/s", "AROA1:s", role_arn=ROLE),
        policy.Principal(
            "federated_user", HERE, f"arn:aws:sts::{HERE}:federated-user/f", user_arn=f"arn:aws:iam::{HERE}:user/alice"
        ),
        policy.Principal("service", None, "lambda.amazonaws.com"),
        policy.Principal("anonymous", None, "anonymous"),
        policy.Principal("web_identity", None, "accounts.google.com"),
    ]
)
requests = st.builds(
    policy.Request,
    callers,
    st.sampled_from(["s3:GetObject", "sts:AssumeRole", "ec2:RunInstances", "S3:getobject", ""]),
    st.sampled_from(["*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/a", ROLE, "", "nonsense"]),
    st.dictionaries(
        st.sampled_from(["k", "aws:username", "m"]), texts | st.lists(texts, max_size=2).map(tuple), max_size=3
    ),
    st.sampled_from([None, HERE, THERE]),
)
worlds_and_kinds = st.tuples(worlds(), st.sampled_from([Kind.RESOURCE, Kind.TRUST]))


def verdict(request, world, kind):
    return policy.decide(request, policies(world, kind)).verdict


LAYERS = st.sampled_from(
    ["identity", "resource", "boundary", "session", "service_control", "resource_control", "endpoint"]
)


def added(world, layer, statement):
    held = world[layer] or []
    return {**world, layer: [*held, [statement]] if layer == "identity" else [*held, statement]}


NAMING = ("resource", "resource_control", "endpoint")


def everything_denied(layer):
    return {"Effect": "Deny", "Action": "*", "Resource": "*", **({"Principal": "*"} if layer in NAMING else {})}


@PATIENT
@given(requests, worlds_and_kinds, LAYERS, st.randoms())
def test_an_explicit_deny_wins_wherever_it_stands(request, made, layer, chance):
    world, kind = made
    if layer == "service_control" and request.principal.kind in ("service", "anonymous", "web_identity"):
        return  # they are principals of no account, and no SCP binds them
    more = added(world, layer, everything_denied(layer))
    documents = more[layer] if layer == "identity" else [more[layer]]
    for statements_of_one in documents:
        chance.shuffle(statements_of_one)
    assert verdict(request, more, kind) == "explicit_deny"


@PATIENT
@given(requests, worlds_and_kinds, LAYERS, st.data())
def test_adding_an_allow_never_removes_access(request, made, layer, data):
    world, kind = made
    if world[layer] is None:
        return  # the first policy of a ceiling is a new ceiling, and that removes access
    naming = layer in ("resource", "resource_control", "endpoint")
    more = added(world, layer, data.draw(statements(("Allow",), naming=naming)))
    assert RANK[verdict(request, more, kind)] >= RANK[verdict(request, world, kind)]


@PATIENT
@given(requests, worlds_and_kinds, LAYERS, st.data())
def test_adding_a_deny_never_grants(request, made, layer, data):
    world, kind = made
    if world[layer] is None and layer == "session":
        return  # a session policy is also what lets a federated user act at all
    naming = layer in ("resource", "resource_control", "endpoint")
    more = added(world, layer, data.draw(statements(("Deny",), naming=naming)))
    assert RANK[verdict(request, more, kind)] <= RANK[verdict(request, world, kind)]


@PATIENT
@given(requests, worlds_and_kinds, st.randoms())
def test_order_and_duplicates_do_not_matter(request, made, chance):
    world, kind = made
    shuffled = {
        name: chance.sample([*found, *found], 2 * len(found)) if found else found for name, found in world.items()
    }
    assert verdict(request, shuffled, kind) == verdict(request, world, kind)


@PATIENT
@given(
    requests,
    worlds_and_kinds,
    st.sampled_from(["boundary", "session", "service_control", "resource_control", "endpoint"]),
)
def test_a_ceiling_never_grants(request, made, layer):
    world, kind = made
    without = {**world, layer: None}
    if layer == "session" and request.principal.kind == "federated_user":
        return
    assert RANK[verdict(request, world, kind)] <= RANK[verdict(request, without, kind)]


@PATIENT
@given(requests, worlds_and_kinds)
def test_an_explanation_agrees_with_the_decision(request, made):
    held = policies(*made)
    decision, explanation = policy.decide(request, held), policy.explain(request, held)
    assert explanation.decision == decision
    denied = [traced for traced in explanation.trace if traced.applies and traced.match.statement.effect == "Deny"]
    assert bool(denied) is (decision.verdict == "explicit_deny")
    assert set(decision.because) <= {traced.match for traced in explanation.trace if traced.applies}
    assert policy.denial(request, decision)


@PATIENT
@given(requests)
def test_the_default_is_deny(request):
    """Without policies only the root user may do anything, in its own account."""
    decision = policy.decide(request, policy.Policies())
    assert (decision.verdict == "allowed") is (decision.layer == "root")


@PATIENT
@given(
    requests,
    worlds_and_kinds,
    st.dictionaries(st.sampled_from(["new:key", "aws:other", "k/x"]), texts | st.tuples(texts), min_size=1),
)
def test_unknown_keys_never_widen(request, made, unknown):
    world, kind = made
    more = replace(request, context={**request.context, **unknown})
    assert verdict(more, world, kind) == verdict(request, world, kind)


@PATIENT
@given(statements(), st.sampled_from(["StringSame", "stringequals", "ForSomeValues:Bool", "NullIfExists", "Bool:"]))
def test_unknown_operators_never_widen(statement, operator):
    """They are refused: at write, and in what is stored."""
    statement["Condition"] = {**statement["Condition"], operator: {"k": "a"}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for read in (policy.parse, policy.stored):
        with pytest.raises(PolicyError):
            read(text, Kind.INLINE)


@PATIENT
@given(
    requests, worlds_and_kinds, st.text(max_size=5).filter(lambda text: text.lower() not in ("", "s3", "sts", "ec2"))
)
def test_unknown_actions_never_widen(request, made, service):
    """What allows an action that nobody named allows it by a star of its own."""
    world, kind = made
    asked = replace(request, action=f"{service}:Unknown")
    if verdict(asked, world, kind) == "allowed":
        named = [each for found in world.values() for each in flattened(found) if each["Effect"] == "Allow"]
        stars = any("*" in each.get("Action", []) or "NotAction" in each for each in named)
        assert stars or request.principal.kind == "root"


def flattened(found):
    return [one for each in found or [] for one in (each if isinstance(each, list) else [each])]


@PATIENT
@given(
    callers,
    st.text(max_size=30),
    st.text(max_size=60) | st.text(":*a", max_size=20),
    st.dictionaries(st.text(max_size=10) | st.just("k"), st.text(max_size=20) | st.tuples(st.text(max_size=9))),
    st.none() | st.text(max_size=12),
    worlds_and_kinds,
)
def test_evaluation_is_total(caller, action, resource, context, owner, made):
    request = policy.Request(caller, action, resource, context, owner)
    held = policies(*made)
    assert policy.decide(request, held).verdict in {"allowed", "explicit_deny", "implicit_deny"}
    assert policy.explain(request, held).decision.verdict == policy.decide(request, held).verdict


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["Allow", "*", "2012-10-17"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text()
            | st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(
    st.text() | st.binary().map(lambda found: found.decode("utf-8", "surrogateescape")) | json_values.map(json.dumps)
)
def test_parsing_is_total(text):
    for kind in Kind:
        try:
            document = policy.parse(text, kind)
        except PolicyError as refusal:
            assert refusal.sentence  # noqa: PT017  refusal or document, both are an outcome
            assert str(refusal.place) is not None  # noqa: PT017  likewise
        else:
            assert policy.stored(text, kind).statements[0].effect == document.statements[0].effect


@PATIENT
@given(
    statements() | statements(naming=True), st.sampled_from(list(Kind)), st.sampled_from(["2012-10-17", "2008-10-17"])
)
def test_what_parse_accepts_is_stored_and_decided(statement, kind, version):
    if kind is Kind.TRUST:
        statement = {name: value for name, value in statement.items() if not name.endswith("Resource")}
    text = json.dumps({"Version": version, "Statement": [statement]})
    try:
        parsed = policy.parse(text, kind)
    except PolicyError:
        return
    held = policy.Policy(policy.stored(text, kind), str(kind), "p")
    assert len(held.document.statements) == len(parsed.statements)
    alice = policy.Principal("user", HERE, f"arn:aws:iam::{HERE}:user/alice")
    request = policy.Request(alice, "s3:GetObject", "arn:aws:s3:::b/k", {"k": ("a", "b")})
    assert policy.decide(request, policy.Policies(identity=(held,), resource=held)).verdict
