"""The policy simulator reads policies beside the server, or not at all, where reading them would hold others up."""

import pytest

from harness import ACCOUNT, allow, refused, text
from keyreeve.iam.simulation import inputs
from keyreeve.service import Service

BUCKET = "arn:aws:s3:::bucket"


@pytest.fixture
def custom(root):
    """Results of SimulateCustomPolicy for these policies and one action."""

    def results(*policies, action="s3:GetObject", **more):
        return root.iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=[action], **more)[
            "EvaluationResults"
        ]

    return results


def test_policies_that_take_long_to_read_are_read_beside_the_server(root, custom, monkeypatch):
    """Whoever may simulate could otherwise keep all others waiting for seconds."""
    jobs = []
    later = Service._later
    monkeypatch.setattr(
        Service, "_later", lambda self, exchange, slow: jobs.append(slow.job[0].__name__) or later(self, exchange, slow)
    )
    small, large = text(allow("s3:Get*")), text(allow([f"s3:Get{number:05}" for number in range(2_000)]))
    assert custom(small)[0]["EvalDecision"] == "allowed"
    assert not jobs
    level = {"ServiceControlPolicyInputList": [text(allow("*")), large]}
    more = {"OrderedOrganizationPolicyInputList": [level, {"ServiceControlPolicyInputList": [large, large]}]}
    (result,) = custom(large, small, action="s3:Get00007", **more)
    assert jobs == ["read", "read"]
    matched = [statement["SourcePolicyId"] for statement in result["MatchedStatements"]]
    assert (result["EvalDecision"], matched) == ("allowed", ["PolicyInputList.1", "PolicyInputList.2"])
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    assert custom(small, **more)[0]["EvalDecision"] == "implicitDeny"
    with refused("InvalidInput", "PolicyInputList.2: Syntax errors in policy."):
        custom(large, "{}")
    jobs.clear()
    keyed = text(allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    found = root.iam.get_context_keys_for_custom_policy(PolicyInputList=[large, keyed])
    assert found["ContextKeyNames"] == ["aws:SecureTransport"]
    assert jobs == ["read"]
    jobs.clear()
    of_bucket = text(allow("s3:GetObject", [BUCKET] * 2_000, Principal="*"))
    caller = f"arn:aws:iam::{ACCOUNT}:user/u"
    assert custom(small, ResourcePolicy=of_bucket, CallerArn=caller, ResourceArns=[BUCKET])
    assert jobs == ["read", "read"], "as the trust policy that it is not, and as what it is"


def test_policies_that_take_longer_to_read_than_all_others_may_wait_are_refused(custom, monkeypatch):
    monkeypatch.setattr(inputs, "read", lambda texts, _: pytest.fail("they were read") if texts else ())
    texts = ["x" * 131_072] * 4
    with refused("InvalidInput", "The policies of a list have at most 524288 characters together."):
        custom(*texts, "x")
    level = {"ServiceControlPolicyInputList": [*texts, "x"]}
    with refused("InvalidInput"):
        custom(OrderedOrganizationPolicyInputList=[level])
