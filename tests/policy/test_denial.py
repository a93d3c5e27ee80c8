from dataclasses import replace

import pytest

from keyreeve import policy

HERE, THERE = "111122223333", "999988887777"
SUBJECT = f"User: arn:aws:iam::{HERE}:user/alice is not authorized to perform: "
ON = f"{SUBJECT}s3:GetObject on resource: arn:aws:s3:::bucket/key "
SCP = policy.Kind.SCP


def sentence(request, held, **more):
    return policy.denial(request, policy.decide(request, held), **more)


@pytest.mark.parametrize(
    ("layer", "words", "article"),
    [
        ("identity", "identity-based policy", "an"),
        ("boundary", "permissions boundary", "a"),
        ("session", "session policy", "a"),
        ("service_control", "service control policy", "a"),
        ("resource_control", "resource control policy", "a"),
        ("resource", "resource-based policy", "a"),
        ("endpoint", "VPC endpoint policy", "a"),
    ],
)
def test_the_deciding_layer_is_named(say, layer, words, article):
    def held(statement):
        naming = layer in ("resource", "resource_control", "endpoint")
        found = say.resource({**statement, "Principal": "*"}) if naming else say.identity(statement)
        shapes = {
            "identity": (found,),
            "session": (found,),
            "service_control": ((found,),),
            "resource_control": ((found,),),
        }
        other = {} if layer == "identity" else {"identity": (say.identity(say.ADMIN),)}
        return policy.Policies(**{layer: shapes.get(layer, found)}, **other)

    request = say.ask(say.user(), owner=THERE if layer == "resource" else HERE)
    implicit = f"{ON}because no {words} allows the s3:GetObject action"
    assert sentence(request, held(say.statement(action="ec2:*"))) == implicit
    explicit = f"{ON}with an explicit deny in {article} {words}"
    assert sentence(request, held(say.statement("Deny"))) == explicit


def test_trust_has_words_of_its_own(say):
    request = say.assume(say.user())
    on = f"{SUBJECT}sts:AssumeRole on resource: arn:aws:iam::{HERE}:role/worker"
    closed = policy.Policies(resource=say.trust({"Service": "ec2.amazonaws.com"}))
    assert sentence(request, closed) == f"{on} because no role trust policy allows the sts:AssumeRole action"
    assert sentence(request, closed, reason=False) == on
    denying = policy.Policies(resource=say.trust({"AWS": HERE}, effect="Deny"))
    assert sentence(request, denying) == f"{on} with an explicit deny in the role trust policy"


def test_the_resource_in_words_or_not_at_all(say):
    nothing = policy.Policies()
    request = say.ask(say.user(), "iam:ListAccessKeys", f"arn:aws:iam::{HERE}:user/bob")
    reason = "because no identity-based policy allows the iam:ListAccessKeys action"
    worded = f"{SUBJECT}iam:ListAccessKeys on resource: user bob {reason}"
    assert sentence(request, nothing, words="user bob") == worded
    everything = sentence(replace(request, resource="*"), nothing)
    assert everything == f"{SUBJECT}iam:ListAccessKeys on resource: * {reason}"
    elsewhere = sentence(replace(request, action="ec2:DescribeInstances", resource="*"), nothing)
    reason = "because no identity-based policy allows the ec2:DescribeInstances action"
    assert elsewhere == f"{SUBJECT}ec2:DescribeInstances {reason}"


def test_the_managed_policy_that_denies_is_named(say):
    document = say.identity(say.statement("Deny")).document
    arn = f"arn:aws:iam::{HERE}:policy/no"
    for found, tail in ((arn, f": {arn}"), (None, "")):
        held = policy.Policies(identity=(policy.Policy(document, "identity", "no", found),))
        expected = f"{ON}with an explicit deny in an identity-based policy{tail}"
        assert sentence(say.ask(say.user()), held) == expected
        abroad = say.ask(say.user(), owner=THERE)
        assert sentence(abroad, held) == f"{ON}with an explicit deny in an identity-based policy"


def test_those_without_an_arn_are_told_less(say):
    nothing = policy.Policies()
    assert sentence(say.ask(say.ANONYMOUS), nothing) == "Access Denied"
    web = say.assume(say.WEB, action="sts:AssumeRoleWithWebIdentity")
    assert sentence(web, nothing) == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
