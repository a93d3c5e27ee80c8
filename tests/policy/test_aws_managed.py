from keyreeve import policy
from keyreeve.catalogue import Catalogue

ALICE = policy.Principal("user", "111122223333", "arn:aws:iam::111122223333:user/alice")
REQUEST = policy.Request(ALICE, "s3:GetObject", "arn:aws:s3:::b/k", {"aws:username": "alice"})


def test_every_aws_managed_policy_is_parsed_and_decided():
    verdicts = set()
    for managed in Catalogue.load():
        document = policy.parse(managed.document, policy.Kind.IDENTITY)
        held = policy.Policy(document, "identity", managed.policy_name, managed.arn)
        verdicts.add(policy.decide(REQUEST, policy.Policies(identity=(held,))).verdict)
    assert verdicts == {"allowed", "implicit_deny", "explicit_deny"}
