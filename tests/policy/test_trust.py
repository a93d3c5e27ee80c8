from dataclasses import replace

import pytest

from keyreeve import policy

HERE, THERE = "111122223333", "999988887777"
USER = f"arn:aws:iam::{HERE}:user/alice"
ROLE = f"arn:aws:iam::{HERE}:role/path/worker"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/worker/shift"


def outcome(request, **policies):
    decision = policy.decide(request, policy.Policies(**policies))
    return (decision.verdict, str(decision.layer))


ALLOWED = ("allowed", "trust")
NO_TRUST = ("implicit_deny", "trust")
NO_IDENTITY = ("implicit_deny", "identity")


@pytest.mark.parametrize(
    ("caller", "trusted", "owner", "permitted", "expected"),
    [
        ("user", {"Service": "lambda.amazonaws.com"}, HERE, True, NO_TRUST),
        ("user", {"AWS": USER}, HERE, False, ALLOWED),
        ("user", {"AWS": USER}, THERE, False, NO_IDENTITY),
        ("user", {"AWS": USER}, THERE, True, ("allowed", "identity")),
        ("user", {"AWS": HERE}, HERE, False, NO_IDENTITY),
        ("user", {"AWS": HERE}, HERE, True, ("allowed", "identity")),
        ("user", {"AWS": HERE}, THERE, True, ("allowed", "identity")),
        ("user", {"AWS": "*"}, HERE, False, ALLOWED),
        ("user", {"AWS": "*"}, THERE, False, NO_IDENTITY),
        ("user", {"AWS": THERE}, HERE, True, NO_TRUST),
        ("session", {"AWS": ROLE}, HERE, False, ALLOWED),
        ("session", {"AWS": SESSION}, HERE, False, ALLOWED),
        ("session", {"AWS": HERE}, HERE, True, ("allowed", "identity")),
        ("session", {"AWS": HERE}, HERE, False, NO_IDENTITY),
        ("session", {"Service": "ec2.amazonaws.com"}, HERE, True, NO_TRUST),
        ("root", {"AWS": HERE}, HERE, False, NO_TRUST),
        ("SERVICE", {"Service": "lambda.amazonaws.com"}, HERE, False, ALLOWED),
        ("SERVICE", {"AWS": "*"}, HERE, False, NO_TRUST),
        ("WEB", {"Federated": "accounts.google.com"}, HERE, False, ALLOWED),
        ("WEB", {"AWS": "*"}, HERE, False, NO_TRUST),
    ],
)
def test_assuming_a_role(say, caller, trusted, owner, permitted, expected):
    found = getattr(say, caller)
    request = say.assume(found() if callable(found) else found, owner)
    held = (say.identity(say.ADMIN),) if permitted else ()
    assert outcome(request, resource=say.trust(trusted), identity=held) == expected


@pytest.mark.parametrize("trusted", [{"AWS": USER}, {"AWS": "*"}, {"AWS": HERE}])
def test_a_boundary_of_the_caller_always_limits(say, trusted):
    admin = (say.identity(say.ADMIN),)
    request = say.assume(say.user())
    bounded = {"resource": say.trust(trusted), "identity": admin, "boundary": say.identity(say.NO_S3)}
    assert outcome(request, **bounded) == ("implicit_deny", "boundary")
    sts = say.identity(say.statement(action="sts:AssumeRole"))
    assert outcome(request, **{**bounded, "boundary": sts})[0] == "allowed"


@pytest.mark.parametrize("trusted", [{"AWS": SESSION}, {"AWS": ROLE}, {"AWS": "*"}])
def test_a_session_policy_of_the_caller_always_limits(say, trusted):
    limited = {"resource": say.trust(trusted), "session": (say.identity(say.NO_S3),)}
    assert outcome(say.assume(say.session()), **limited) == ("implicit_deny", "session")


def test_a_chained_source_identity_needs_both_policies(say):
    trusting = say.trust({"AWS": [ROLE, USER]})
    chained = say.assume(say.session(), action="sts:SetSourceIdentity")
    assert outcome(chained, resource=trusting) == NO_IDENTITY
    assert outcome(chained, resource=trusting, identity=(say.identity(say.ADMIN),))[0] == "allowed"
    assert outcome(say.assume(say.user(), action="sts:SetSourceIdentity"), resource=trusting) == ALLOWED


def test_an_absent_external_id_matches_nothing(say):
    trusting = say.trust({"AWS": USER}, condition={"StringEquals": {"sts:ExternalId": "secret"}})
    assert outcome(say.assume(say.user()), resource=trusting) == NO_TRUST
    request = replace(say.assume(say.user()), context={"sts:externalid": "secret"})
    assert outcome(request, resource=trusting) == ALLOWED


def test_a_deny_in_the_trust_policy(say):
    request = say.assume(say.user())
    denying = say.named(
        policy.Kind.TRUST,
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"},
        {"Effect": "Deny", "Principal": {"AWS": HERE}, "Action": "sts:AssumeRole"},
    )
    assert outcome(request, resource=denying) == ("explicit_deny", "trust")


def test_a_role_that_is_gone_trusts_nobody(say):
    gone = policy.Policy(policy.NOTHING, "trust", "gone")
    assert outcome(say.assume(say.user()), resource=gone, identity=(say.identity(say.ADMIN),)) == NO_TRUST
