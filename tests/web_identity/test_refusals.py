"""AssumeRoleWithWebIdentity: whom it does not let in, and what is said."""

import re
import time

import pytest

import authority
import harness
import issuing
from harness import ACCOUNT, OTHER, refused, text, trusting
from issuing import good
from keyreeve.openid import Client, Issuers
from keyreeve.wire.exchange import Later

ACTION = "sts:AssumeRoleWithWebIdentity"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


@pytest.mark.parametrize(
    ("claims", "code", "sentence"),
    [
        ({"aud": "stranger"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": ["a", "b"]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": "app", "azp": "stranger"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": "app", "azp": ["app"]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": [["app"]]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": {"app": 1}}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": "APP"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": ...}, "InvalidIdentityToken", "Missing a required claim: aud"),
        ({"sub": ...}, "InvalidIdentityToken", "Missing a required claim: sub"),
        ({"iat": ...}, "InvalidIdentityToken", "Missing a required claim: iat"),
        ({"exp": ...}, "InvalidIdentityToken", "Missing a required claim: exp"),
        ({"exp": None}, "InvalidIdentityToken", "Missing a required claim: exp"),
        ({"exp": 1e12}, "InvalidIdentityToken", None),
        ({"exp": True}, "InvalidIdentityToken", None),
        ({"exp": 1 << 70, "iat": -(1 << 70)}, "ExpiredTokenException", None),
        ({"iat": int(time.time()) + 86_400}, "InvalidIdentityToken", None),
        ({"nbf": int(time.time()) + 86_400}, "InvalidIdentityToken", None),
        ({"nbf": "0"}, "InvalidIdentityToken", None),
        ({"sub": ""}, "InvalidIdentityToken", None),
        ({"sub": "s" * 256}, "InvalidIdentityToken", None),
        ({"sub": ["repo"]}, "InvalidIdentityToken", None),
        ({"sub": 7}, "InvalidIdentityToken", None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_claim_that_does_not_hold_lets_nobody_in(assume, claims, code, sentence):
    with refused(code, sentence) as found:
        assume(claims)
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_old_token_is_told_its_times(assume):
    ended = int(time.time()) - 301
    with refused("ExpiredTokenException") as found:
        assume({"exp": ended})
    said = found.error.response["Error"]["Message"]
    assert re.fullmatch(rf"Token expired: current date/time \d+ must be before the expiration date/time{ended}", said)
    with refused("ExpiredTokenException") as found:
        assume({"iat": int(time.time()) - 90_000})
    assert found.error.response["Error"]["Message"].startswith("Token too old: 9000")


@pytest.mark.parametrize("token", ["not.a.token", "abcd", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_said_to_be_none(assume, token):
    with refused("InvalidIdentityToken", NOT_A_JWT):
        assume(token=token)


def test_a_key_that_is_not_the_issuers_signs_nothing(assume):
    with refused("InvalidIdentityToken", "Token signature invalid"):
        assume(sign={"name": "mine", "kid": "RS256-first"})
    with refused("InvalidIdentityToken", NO_KEY):
        assume(sign={"name": "mine"})


def test_an_issuer_is_known_by_the_account_of_the_role_alone(server, assume, issuer, stranger, root, provider):
    for claims in ({"iss": "https://localhost"}, {"iss": issuer.url + "/"}, {"iss": issuer.place}):
        with refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims['iss']}"):
            assume(claims)
    theirs = server.root(OTHER).iam
    theirs.create_role(RoleName="job", AssumeRolePolicyDocument=text(trusting({"Federated": provider}, ACTION)))
    with refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer.url}"):
        stranger.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{OTHER}:role/job",
            RoleSessionName="run-7",
            WebIdentityToken=issuing.signed(good(issuer)),
        )
    assert not issuer.asked


def test_a_provider_vouches_for_roles_that_name_it(root, assume, issuer, stranger, provider):
    """Neither everyone, nor another provider, nor the same name in another account is meant by a provider's token."""
    assume()
    for principal in (
        {"AWS": "*"},
        {"AWS": ACCOUNT},
        {"Federated": f"arn:aws:iam::{OTHER}:oidc-provider/{issuer.place}"},
        {"Federated": f"{provider}/x"},
        {"Federated": "accounts.google.com"},
    ):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:*"}]}
        root.iam.update_assume_role_policy(RoleName="job", PolicyDocument=text(trust))
        with refused("AccessDenied", f"Not authorized to perform {ACTION}"):
            stranger.assume_role_with_web_identity(
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/job",
                RoleSessionName="run-7",
                WebIdentityToken=issuing.signed(good(issuer)),
            )


def test_a_role_that_is_missing_is_refused_in_the_same_words(assume):
    with refused("AccessDenied", f"Not authorized to perform {ACTION}") as found:
        assume(role="nobody")
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_shape_comes_before_any_proof(assume, issuer):
    for more in ({"DurationSeconds": 1}, {"Policy": ""}):
        with refused("ValidationError"):
            assume(**more)
    with refused("ValidationError", "Request ARN is invalid"):
        assume(role="a b")
    assert not issuer.asked


def test_access_tokens_of_the_older_kind_are_refused(assume, issuer):
    with refused("ValidationError"):
        assume(ProviderId="www.amazon.com")
    assert not issuer.asked


def test_tokens_of_our_own_are_for_others(server, root, assume, issuer):
    server.service.public_url = issuer.url
    mine = root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    root.iam.create_open_id_connect_provider(Url=mine, ClientIDList=["app"])
    token = root.sts.get_web_identity_token(Audience=["app"], SigningAlgorithm="RS256")["WebIdentityToken"]
    with refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {mine}"):
        assume(token=token)


@pytest.mark.parametrize("shared", ["token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"])
@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aud", "sts.amazonaws.com"),
        ("StringLike", "sub", "*"),
        ("StringEqualsIfExists", "sub", "repo:shop/cart"),
        ("StringNotEquals", "sub", "repo:evil/x"),
        ("ForAllValues:StringEquals", "sub", "repo:shop/cart"),
    ],
)
def test_a_role_may_not_trust_every_tenant_of_a_shared_issuer(root, shared, operator, key, value):
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{shared}"}
    condition = {operator: {f"{shared}:{key}": value}}
    with refused("MalformedPolicyDocument"):
        root.iam.create_role(
            RoleName="ci", AssumeRolePolicyDocument=text(trusting(provider, ACTION, Condition=condition))
        )


# The issuer.


def test_an_issuer_that_cannot_be_reached_may_be_tried_again(assume, issuer):
    issuer.answers["/jwks"] = issuing.reply({}, "503 Service Unavailable")
    with refused("IDPCommunicationError") as found:
        assume()
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "answer",
    [
        issuing.reply({}, "302 Found", location="https://localhost/"),
        issuing.reply(b"<html>"),
        issuing.reply({"keys": "none"}),
        issuing.reply({"keys": []}),
    ],
)
def test_an_issuer_that_gives_no_key_is_told_of(assume, issuer, answer):
    issuer.answers["/jwks"] = answer
    with refused("InvalidIdentityToken", NO_KEY):
        assume()


def test_a_host_that_nobody_vouches_for_is_told_of(tmp_path, issuer):
    server = harness.made(tmp_path, issuers=Issuers(Client([issuer.place], seconds=2)))
    root = server.root()
    top = authority.thumbprint(authority.authority(authority.TEST)[1])
    arn = root.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"], ThumbprintList=["0" * 40])[
        "OpenIDConnectProviderArn"
    ]
    root.iam.create_role(RoleName="job", AssumeRolePolicyDocument=text(trusting({"Federated": arn}, ACTION)))
    asked = {
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/job",
        "RoleSessionName": "run-7",
        "WebIdentityToken": issuing.signed(good(issuer)),
    }
    with refused(
        "InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    ):
        root.sts.assume_role_with_web_identity(**asked)
    root.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=[top.upper()])
    assert root.sts.assume_role_with_web_identity(**asked)["Provider"] == arn


def test_keys_are_fetched_once_for_many(assume, issuer):
    for _ in range(5):
        assume()
    assert issuer.asked == ["/.well-known/openid-configuration", "/jwks"]


def test_what_is_asked_of_an_issuer_takes_its_accounts_share_and_is_asked_once(server, root, issuer, monkeypatch):
    """Whatever keys the tokens name, and however many accounts trust the issuer in the same way."""
    for account_id in (ACCOUNT, OTHER):
        server.root(account_id).iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])
    laters, begin = [], server.service.begin

    def noted(request):
        answer = begin(request)
        if isinstance(answer, Later):
            laters.append(answer)
        return answer

    monkeypatch.setattr(server.service, "begin", noted)
    monkeypatch.setattr(Issuers, "held", lambda *_: None)
    for account_id, kid in ((ACCOUNT, "one"), (ACCOUNT, "other"), (OTHER, "one")):
        with refused("IDPCommunicationError"):
            root.sts.assume_role_with_web_identity(
                RoleArn=f"arn:aws:iam::{account_id}:role/none",
                RoleSessionName="run-7",
                WebIdentityToken=issuing.signed(good(issuer), kid=kid),
            )
    assert [later.account_id for later in laters] == [ACCOUNT, ACCOUNT, OTHER]
    assert {later.proven for later in laters} == {False}
    assert laters[0].same is not None
    assert len({later.same for later in laters}) == 1
