"""Requests from plain data: what is no request is refused with its place, and nothing is guessed."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve import policy

ALICE = {"kind": "user", "account_id": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}


def plain(**members):
    return {"principal": ALICE, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {}} | members


def test_plain_data_is_the_request_it_says():
    context = {"aws:PrincipalTag/Team": "Audit", "aws:SecureTransport": True, "aws:MultiFactorAuthAge": 59}
    request = policy.request(plain(context=context | {"aws:TagKeys": ["a", False, 7]}, resource_account="444455556666"))
    assert request == policy.Request(
        policy.Principal(**ALICE),
        "s3:GetObject",
        "arn:aws:s3:::b/k",
        {
            "aws:principaltag/team": "Audit",
            "aws:securetransport": "true",
            "aws:multifactorauthage": "59",
            "aws:tagkeys": ("a", "false", "7"),
        },
        "444455556666",
    )


def test_what_is_left_out_is_nothing():
    request = policy.request({"principal": {"kind": "anonymous", "arn": "anonymous"}, "action": "s3:GetObject"})
    assert (request.resource, dict(request.context), request.resource_account) == ("*", {}, None)
    assert policy.request(plain(resource_account=None)) == policy.request(plain())


def test_a_service_may_have_several_names():
    who = {"kind": "service", "arn": "ec2.amazonaws.com", "services": ["ec2.eu-west-1.amazonaws.com"]}
    assert policy.request(plain(principal=who)).principal.services == ("ec2.eu-west-1.amazonaws.com",)


def test_the_account_of_a_caller_is_that_of_its_arn():
    for arn in ("alice", "arn:aws:iam:::user/alice", "arn:aws:iam::111122223333:user/alice:x"):
        assert policy.request(plain(principal={**ALICE, "arn": arn})).principal.arn == arn
    for arn in ("arn:aws:iam::444455556666:user/alice", "arn:aws:iam::444455556666:user/alice:x"):
        with pytest.raises(policy.RequestError, match="it is not the account of the ARN"):
            policy.request(plain(principal={**ALICE, "arn": arn}))


def test_the_same_again_is_the_same_again():
    assert policy.request(plain()) == policy.request(json.loads(json.dumps(plain())))
    assert policy.request(plain(principal={**ALICE, "of_root": True})).principal.of_root is True
    with pytest.raises(policy.RequestError, match=r"request\.principal\.of_root: it is true or false"):
        policy.request(plain(principal={**ALICE, "of_root": 1}))


def looped():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (None, "request"),
        ([], "request"),
        ("{}", "request"),
        (plain(actoin="s3:*"), "request.actoin"),
        ({**plain(), 5: 5}, "request.5"),
        (plain(principal=None), "request.principal"),
        (plain(principal="arn:aws:iam::111122223333:user/alice"), "request.principal"),
        (plain(principal={**ALICE, "name": "a"}), "request.principal.name"),
        (plain(principal={**ALICE, 5: "a"}), "request.principal.5"),
        (plain(principal={**ALICE, "kind": "usr"}), "request.principal.kind"),
        (plain(principal={**ALICE, "kind": ["user"]}), "request.principal.kind"),
        (plain(principal={**ALICE, "kind": None}), "request.principal.kind"),
        (plain(principal={"kind": "anonymous"}), "request.principal.arn"),
        (plain(principal={**ALICE, "arn": ""}), "request.principal.arn"),
        (plain(principal={**ALICE, "arn": "a" * 2049}), "request.principal.arn"),
        (plain(principal={**ALICE, "role_arn": 7}), "request.principal.role_arn"),
        (plain(principal={**ALICE, "unique_id": "\ud800"}), "request.principal.unique_id"),
        (plain(principal={**ALICE, "services": "ec2.amazonaws.com"}), "request.principal.services"),
        (plain(principal={**ALICE, "services": ["a", 5]}), "request.principal.services.1"),
        (plain(principal={**ALICE, "services": looped()}), "request.principal.services.0"),
        (plain(principal={**ALICE, "service_linked": "true"}), "request.principal.service_linked"),
        (plain(principal={"kind": "user", "arn": "alice"}), "request.principal.account_id"),
        (plain(principal={**ALICE, "account_id": "11112222333"}), "request.principal.account_id"),
        (plain(principal={**ALICE, "account_id": "999988887777"}), "request.principal.account_id"),
        (plain(action=None), "request.action"),
        (plain(action=["s3:GetObject"]), "request.action"),
        (plain(action="s3:*"), "request.action"),
        (plain(action="GetObject"), "request.action"),
        (plain(action="s3:Get\u00d8bject"), "request.action"),
        (plain(action="s3:" + "a" * 10**6), "request.action"),
        (plain(resource=None), "request.resource"),
        (plain(resource="a" * 2049), "request.resource"),
        (plain(resource="\udfff"), "request.resource"),
        (plain(resource_account="me"), "request.resource_account"),
        (plain(resource_account=111122223333), "request.resource_account"),
        (plain(context=[]), "request.context"),
        (plain(context={"A:b": "1", "a:B": "1"}), "request.context"),
        (plain(context={str(number): "" for number in range(1025)}), "request.context"),
        (plain(context={"": "1"}), "request.context."),
        (plain(context={5: "1"}), "request.context.5"),
        (plain(context={"k" * 2049: "1"}), f"request.context.{'k' * 128}…"),
        (plain(context={"k": None}), "request.context.k"),
        (plain(context={"k": 0.5}), "request.context.k"),
        (plain(context={"k": float("nan")}), "request.context.k"),
        (plain(context={"k": 2**63}), "request.context.k"),
        (plain(context={"k": 10**5000}), "request.context.k"),
        (plain(context={"k": {"a": "b"}}), "request.context.k"),
        (plain(context={"k": ["a", None]}), "request.context.k"),
        (plain(context={"k": looped()}), "request.context.k"),
        (plain(context={"k": ["a"] * 1025}), "request.context.k"),
        (plain(context={"k": "a" * (2**14 + 1)}), "request.context.k"),
        (plain(context={"k": ["a" * 2**14] * 17}), "request.context.k"),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(given, place):
    with pytest.raises(policy.RequestError) as refused:
        policy.request(given)
    assert str(refused.value) == f"{place}: {refused.value.sentence}"
    assert len(str(refused.value)) < 400


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["\x00", "\ud800", "user", "service", "s3:GetObject", "111122223333", "*"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text()
            | st.integers()
            | st.sampled_from(
                ["principal", "action", "resource", "context", "kind", "arn", "account_id", "services", "of_root"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(anything | st.builds(plain, context=anything) | st.builds(plain, principal=anything, action=anything))
def test_reading_a_request_is_total(found):
    try:
        request = policy.request(found)
    except policy.RequestError as error:
        assert error.sentence  # noqa: PT017  refusal or request, both are an outcome
        assert str(error).startswith("request")  # noqa: PT017  likewise
    else:
        assert policy.decide(request, policy.Policies()).verdict == "implicit_deny" or request.principal.of_root


def test_what_is_remembered_has_a_bound():
    for number in range(20_000):
        who = {**ALICE, "arn": f"arn:aws:iam::111122223333:user/u{number}"}
        policy.request(plain(principal=who, action=f"s3:A{number}", context={f"Key{number}": "x"}))
    for memory in (policy.plain._actions, policy.plain._lowered, policy.plain._callers):
        assert 0 < len(memory) <= policy.plain.KEPT
        assert sys.getsizeof(memory) < 2**21


def test_what_is_long_is_not_remembered():
    key, arn = "k" * 2048, f"arn:aws:iam::111122223333:user/{'p' * 1100}"
    request = policy.request(plain(principal={**ALICE, "arn": arn}, context={key: "x"}))
    assert (request.principal.arn, dict(request.context)) == (arn, {key: "x"})
    assert key not in policy.plain._lowered
    assert arn not in policy.plain._callers


def test_who_differs_in_anything_is_another():
    known = policy.request(plain(principal={**ALICE, "unique_id": "AIDA1"})).principal
    for other in ({}, {"unique_id": "AIDA2"}, {"unique_id": "AIDA1", "canonical_id": "c"}, {"kind": "role_session"}):
        assert policy.request(plain(principal={**ALICE, **other})).principal == policy.Principal(**{**ALICE, **other})
    assert policy.request(plain(principal={**ALICE, "unique_id": "AIDA1"})).principal == known


def test_who_is_given_is_kept_apart_from_what_is_remembered():
    who = dict(ALICE)
    policy.request(plain(principal=who))
    who["kind"] = "root"
    assert policy.request(plain(principal=ALICE)).principal.kind == "user"
    assert policy.request(plain(principal=who)).principal.kind == "root"
    several = {"kind": "service", "arn": "ec2.amazonaws.com", "services": ["a"]}
    assert policy.request(plain(principal=several)).principal.services == ("a",)
    several["services"].append("b")
    assert policy.request(plain(principal=several)).principal.services == ("a", "b")


@pytest.mark.parametrize("truth", [0, 1, 0.0, 1.0])
def test_what_equals_a_truth_is_none(truth):
    for said in (True, False):
        assert policy.request(plain(principal={**ALICE, "service_linked": said})).principal.service_linked is said
        with pytest.raises(policy.RequestError, match=r"request\.principal\.service_linked"):
            policy.request(plain(principal={**ALICE, "service_linked": truth}))


def test_keys_in_another_case_are_the_same_key_however_often():
    for _ in range(2):
        assert policy.request(plain(context={"A:b": "1", "c": "2"})).context == {"a:b": "1", "c": "2"}
        with pytest.raises(policy.RequestError, match="twice"):
            policy.request(plain(context={"A:b": "1", "a:B": "1"}))
