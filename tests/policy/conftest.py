"""Short ways to say a policy, a caller and a question."""

import json
from types import SimpleNamespace

import pytest

from keyreeve import policy

HERE, THERE = "111122223333", "999988887777"


def text(*statements, version="2012-10-17", **members):
    return json.dumps({"Version": version, "Statement": list(statements), **members})


def statement(effect="Allow", action="s3:*", resource="*", condition=None, principal=None, **members):
    made = {"Effect": effect, "Action": action, **members}
    if resource is not None:
        made["Resource"] = resource
    if condition is not None:
        made["Condition"] = condition
    if principal is not None:
        made["Principal"] = principal
    return made


def named(kind, *statements):
    return policy.Policy(policy.stored(text(*statements), kind), str(kind), f"the-{kind}")


def identity(*statements):
    return named(policy.Kind.IDENTITY, *statements)


def resource(*statements):
    return named(policy.Kind.RESOURCE, *statements)


def trust(principal, action="sts:*", **members):
    return named(policy.Kind.TRUST, statement(action=action, resource=None, principal=principal, **members))


def user(account=HERE, name="alice"):
    return policy.Principal("user", account, f"arn:aws:iam::{account}:user/{name}", "AIDAALICEALICEALICE1")


def root(account=HERE):
    return policy.Principal("root", account, f"arn:aws:iam::{account}:root", account)


def session(account=HERE, role="worker", **more):
    return policy.Principal(
        "role_session",
        account,
        f"arn:aws:sts::{account}:assumed-role/{role}/shift",
        "AROAWORKERWORKERWRK1:shift",
        role_arn=f"arn:aws:iam::{account}:role/path/{role}",
        **more,
    )


def federated(account=HERE):
    return policy.Principal(
        "federated_user",
        account,
        f"arn:aws:sts::{account}:federated-user/bob",
        "AIDAALICEALICEALICE1",
        user_arn=f"arn:aws:iam::{account}:user/alice",
    )


SERVICE = policy.Principal("service", None, "lambda.amazonaws.com")
ANONYMOUS = policy.Principal("anonymous", None, "anonymous")
WEB = policy.Principal("web_identity", None, "accounts.google.com")

ADMIN = statement(action="*")
NO_S3 = statement(action="ec2:*")


def ask(caller, action="s3:GetObject", on="arn:aws:s3:::bucket/key", owner=HERE, context=None):
    return policy.Request(caller, action, on, context or {}, resource_account=owner)


def assume(caller, owner=HERE, action="sts:AssumeRole", name="worker"):
    return ask(caller, action, f"arn:aws:iam::{owner}:role/{name}", owner)


@pytest.fixture(name="say")
def _say():
    return SimpleNamespace(**globals())
