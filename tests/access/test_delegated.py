"""Delegated credentials act as their approver, and reach no further than what the partner asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from harness import ACCOUNT, OTHER, allow, text
from keyreeve import policy
from keyreeve.access.caller import of_session
from keyreeve.access.tokens import Session
from keyreeve.entities import Role, RootUser, User

NOW = datetime(2026, 5, 4, tzinfo=UTC)
BUCKET = "arn:aws:s3:::bucket"
ALICE = User(account_id=ACCOUNT, user_id="AIDAALICE", user_name="alice", path="/", create_date=NOW)
ROLE = Role(account_id=ACCOUNT, role_id="AROAROLE", role_name="r", path="/", create_date=NOW, trust_policy="{}")
ROOT = RootUser(account_id=ACCOUNT, create_date=NOW)
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/boss"


def caller(identity, delegate=OTHER):
    kinds = {User: "user_session", Role: "role_session", RootUser: "root_session"}
    session = Session(
        kind=kinds[type(identity)],
        account_id=ACCOUNT,
        access_key_id="ASIA",
        secret_access_key="secret",
        principal_id=identity.key,
        issued=NOW,
        expires=NOW + timedelta(hours=1),
        session_name="boss",
        delegate=delegate,
    )
    return of_session(session, identity)


def decided(who, action, principal):
    """A request on a bucket whose policy allows everything to this principal; the session may get objects only."""

    def parsed(document, kind, layer):
        return policy.Policy(policy.parse(text(document), kind), layer, layer)

    bucket = allow("s3:*")
    bucket["Statement"][0]["Principal"] = {"AWS": principal}
    policies = policy.Policies(
        session=(parsed(allow("s3:GetObject"), policy.Kind.SESSION, "session"),),
        resource=parsed(bucket, policy.Kind.RESOURCE, "resource"),
    )
    return policy.decide(policy.Request(who.principal, action, BUCKET, {}, resource_account=ACCOUNT), policies).verdict


@pytest.mark.parametrize(
    ("identity", "principal"),
    [(ALICE, ALICE.arn), (ROLE, ROLE.arn), (ROOT, ROOT.arn), (ROOT, ACCOUNT)],
)
def test_what_is_granted_to_the_approver_directly_does_not_reach_past_the_session(identity, principal):
    delegated = caller(identity)
    assert decided(delegated, "s3:GetObject", principal) == "allowed"
    assert decided(delegated, "s3:DeleteObject", principal) == "implicit_deny"


def test_what_is_granted_to_the_approvers_session_is_not_its_partners():
    assert decided(caller(ROLE), "s3:DeleteObject", SESSION) == "implicit_deny"
    assert decided(caller(ROLE, delegate=None), "s3:DeleteObject", SESSION) == "allowed"


@pytest.mark.parametrize("identity", [ALICE, ROLE, ROOT])
def test_it_is_told_as_its_approver(identity):
    delegated, own = caller(identity), caller(identity, delegate=None)
    assert (delegated.arn, delegated.user_id, delegated.kind) == (own.arn, own.user_id, own.kind)
    assert delegated.user == own.user
