"""What is kept of policies between requests."""

import pytest

import harness
from harness import ACCOUNT, allow, text, trusting
from keyreeve.access import authorize, documents, gather


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path)


def test_session_policies_do_not_fill_the_memory(server, monkeypatch):
    monkeypatch.setattr(gather, "KEPT_OF_SESSIONS", 3)
    root, bob = server.root(), server.user("bob")
    both = trusting({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT]})
    arn = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(both))["Role"]["Arn"]
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("*")))
    sets = server.service._sets
    trusted = authorize._with_trust.cache_info().currsize
    for number in range(8):
        allowed = text(allow(["sts:*", "iam:ListUsers", f"iam:Get{number}"]))
        made = bob.sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy=allowed)
        session = server.person(made["Credentials"])
        assert session.iam.list_users()
        assert session.sts.assume_role(RoleArn=arn, RoleSessionName="chained")
        assert 1 <= len(sets._kept_of_sessions) <= 3
    assert not any(key[1] for key in sets._kept)
    assert authorize._with_trust.cache_info().currsize <= trusted + 2
    assert documents.of_session.cache_info().maxsize == 1024
