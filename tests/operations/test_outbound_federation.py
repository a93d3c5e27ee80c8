"""Outbound federation: tokens that others verify with what this server publishes."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from msgspec.structs import replace

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.access import outbound
from keyreeve.entities import TokenSigningKey
from keyreeve.events import Filter, look_up
from keyreeve.service import publishing
from keyreeve.store import StoreFailure
from keyreeve.wire.exchange import Request

AUDIENCE = "https://relying.example"
URL = "http://127.0.0.1:4566"
NAMESPACE = "https://sts.amazonaws.com/"


@pytest.fixture
def issuer(root):
    """The account's issuer, switched on."""
    return root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]


def asked(server, path, method="GET"):
    request = Request(method, path, "", (), b"", "192.0.2.1")
    return publishing.answer(server.view, URL, request, lambda: datetime.now(UTC))


def published(server, url):
    answer = asked(server, url.removeprefix(URL))
    return None if answer is None or answer.status == 404 else json.loads(answer.body)


def verified(server, token, audience=AUDIENCE):
    """The claims, as a relying party comes by them: issuer, discovery, keys, key, signature."""
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    document = published(server, issuer + "/.well-known/openid-configuration")
    assert document["issuer"] == issuer
    keys = jwt.PyJWKSet.from_dict(published(server, document["jwks_uri"]))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, [key.algorithm_name], audience=audience)


def token(person, algorithm="RS256", audience=(AUDIENCE,), **more):
    given = person.sts.get_web_identity_token(Audience=list(audience), SigningAlgorithm=algorithm, **more)
    return given["WebIdentityToken"]


# On and off.


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://127.0.0.1:4566", True),
        ("https://[::1]:4566", True),
        ("http://localhost", True),
        ("https://iam.example.org", False),
        ("http://10.1.2.3:4566", False),
    ],
)
def test_an_issuer_that_nobody_else_can_ask_is_warned_of(url, warned, server, root, caplog):
    server.service.public_url = url
    issuer = root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer.startswith(url)
    told = [record.fields for record in caplog.records if "only this machine" in record.getMessage()]
    assert told == [{"account_id": ACCOUNT, "reason": issuer}] * warned


def test_it_is_off_at_first(server, root):
    with refused("FeatureDisabled"):
        root.iam.get_outbound_web_identity_federation_info()
    with refused("FeatureDisabled") as found:
        root.iam.disable_outbound_web_identity_federation()
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    with refused("OutboundWebIdentityFederationDisabledException") as found:
        token(root)
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_it_is_switched_on_once_and_tells_its_issuer(root, issuer):
    assert issuer.startswith(f"{URL}/_keyreeve/issuers/{ACCOUNT}/")
    with refused("FeatureEnabled") as found:
        root.iam.enable_outbound_web_identity_federation()
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    info = root.iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)


def test_switched_off_it_makes_no_tokens_and_those_before_stay_good(server, root, issuer):
    before = token(root)
    root.iam.disable_outbound_web_identity_federation()
    with refused("OutboundWebIdentityFederationDisabledException"):
        token(root)
    assert verified(server, before)["iss"] == issuer
    assert root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_each_account_has_its_own(server, root, issuer):
    with refused("FeatureDisabled"):
        server.root(OTHER).iam.get_outbound_web_identity_federation_info()
    other = server.root(OTHER).iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert other != issuer
    mine, theirs = (published(server, url + "/.well-known/jwks.json")["keys"] for url in (issuer, other))
    assert not {key["kid"] for key in mine} & {key["kid"] for key in theirs}


# Tokens.


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_user_proves_itself_to_others(server, root, issuer, algorithm):
    root.iam.create_user(UserName="probe", Path="/ops/")
    alice = server.user("alice", allow("sts:GetWebIdentityToken"))
    root.iam.tag_user(UserName="alice", Tags=[{"Key": "Team", "Value": "Blue"}])
    claims = verified(server, token(alice, algorithm, DurationSeconds=600))
    identity = claims.pop(NAMESPACE)
    assert identity == {"aws_account": ACCOUNT, "source_region": "us-east-1", "principal_tags": {"Team": "Blue"}}
    assert claims.pop("exp") - claims.pop("iat") == 600
    assert len(claims.pop("jti")) == 36
    assert claims == {"iss": issuer, "aud": AUDIENCE, "sub": f"arn:aws:iam::{ACCOUNT}:user/alice"}


def test_a_role_proves_itself_by_its_own_arn(server, root, issuer):
    alice = server.user("alice", allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    trust = trusting({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    root.iam.create_role(RoleName="job", Path="/ci/", AssumeRolePolicyDocument=text(trust))
    policy = text(allow(["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"]))
    root.iam.put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=policy)
    session = alice.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ci/job",
        RoleSessionName="one",
        Tags=[{"Key": "Env", "Value": "test"}],
        SourceIdentity="alice",
        DurationSeconds=900,
    )["Credentials"]
    job = server.person(session)
    claims = verified(server, token(job, Tags=[{"Key": "run", "Value": "7"}]))
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:role/ci/job"
    assert claims[NAMESPACE] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"Env": "test"},
        "request_tags": {"run": "7"},
        "original_session_exp": f"{session['Expiration']:%Y-%m-%dT%H:%M:%SZ}",
        "source_identity": "alice",
    }
    with refused("SessionDurationEscalationException") as found:
        token(job, DurationSeconds=3600)
    assert found.error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_several_audiences_are_a_list(server, root, issuer):
    claims = verified(server, token(root, audience=["a", "b"]), audience="b")
    assert claims["aud"] == ["a", "b"]
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"SigningAlgorithm": "HS256"}, "ValidationError"),
        ({"Audience": []}, "ValidationError"),
        ({"Audience": ["a"] * 11}, "ValidationError"),
        ({"DurationSeconds": 59}, "ValidationError"),
        ({"DurationSeconds": 3601}, "ValidationError"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "InvalidParameterValue"),
        ({"Tags": [{"Key": f"{n}" * 60, "Value": "v" * 256} for n in range(40)]}, "JWTPayloadSizeExceededException"),
    ],
)
def test_what_is_refused(root, issuer, more, code):
    with refused(code):
        root.sts.get_web_identity_token(**{"Audience": ["a"], "SigningAlgorithm": "RS256", **more})


@pytest.mark.parametrize(
    ("policy", "more", "allowed"),
    [
        (allow("sts:GetWebIdentityToken"), {}, True),
        (allow("sts:TagGetWebIdentityToken"), {}, False),
        (allow("sts:GetWebIdentityToken"), {"Tags": [{"Key": "k", "Value": "v"}]}, False),
        (allow("sts:*"), {"Tags": [{"Key": "k", "Value": "v"}]}, True),
        (
            allow("sts:*", Condition={"StringEquals": {"aws:RequestTag/k": "v"}}),
            {"Tags": [{"Key": "k", "Value": "w"}]},
            False,
        ),
        (
            allow("sts:*", Condition={"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE}}),
            {},
            True,
        ),
        (
            allow("sts:*", Condition={"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE}}),
            {"audience": [AUDIENCE, "https://other.example"]},
            False,
        ),
        (allow("sts:*", Condition={"StringEquals": {"sts:SigningAlgorithm": "ES384"}}), {}, False),
        (allow("sts:*", Condition={"NumericLessThanEquals": {"sts:DurationSeconds": "300"}}), {}, True),
        (
            allow("sts:*", Condition={"NumericLessThanEquals": {"sts:DurationSeconds": "300"}}),
            {"DurationSeconds": 301},
            False,
        ),
    ],
)
def test_it_takes_permission(server, issuer, policy, more, allowed):
    alice = server.user("alice", policy)
    if allowed:
        assert verified(server, token(alice, **more))
        return
    with refused("AccessDenied"):
        token(alice, **more)


def test_the_event_says_what_for_and_holds_no_token(server, root, issuer):
    given = token(root)
    (event,) = [event for _, event in look_up(server.log.rows, Filter(event_name="GetWebIdentityToken"))]
    assert given.encode() not in event.encode()
    assert event.request_parameters == {"audience": [AUDIENCE], "signingAlgorithm": "RS256"}
    assert list(event.response_elements) == ["expiration"]


# Keys.


def keys(server, issuer):
    return {key["kid"] for key in published(server, issuer + "/.well-known/jwks.json")["keys"]}


def rotated(server, **how):
    tx = server.view.begin()
    outbound.rotate(tx, datetime.now(UTC), compromised=how.get("compromised", False))
    tx.commit()


def aged(server, member, age):
    """Set a date of every key back."""
    tx = server.view.begin()
    for key in tx.all(TokenSigningKey, ACCOUNT):
        date = getattr(key, member)
        tx.put(replace(key, **{member: None if date is None else date - age}))
    tx.commit()


def test_a_successor_is_published_before_it_signs(server, root, issuer):
    old = keys(server, issuer)
    rotated(server)
    between = token(root)
    assert jwt.get_unverified_header(between)["kid"] in old
    assert len(keys(server, issuer) - old) == 1
    assert token(root)
    assert len(keys(server, issuer) - old) == 1
    aged(server, "retired", timedelta(minutes=5))
    after = token(root)
    assert jwt.get_unverified_header(after)["kid"] in keys(server, issuer) - old
    assert verified(server, between)
    assert verified(server, after)


def test_a_rotated_key_is_published_until_its_last_token_has_ended(server, root, issuer):
    old = keys(server, issuer)
    before = token(root, DurationSeconds=3600)
    rotated(server)
    aged(server, "retired", timedelta(minutes=5 + 59))
    assert verified(server, before)
    aged(server, "retired", timedelta(minutes=12))
    assert not old & keys(server, issuer)
    assert verified(server, token(root))
    assert verified(server, token(root, "ES384"))
    assert len(server.view.begin().all(TokenSigningKey, ACCOUNT)) == 2


def test_a_key_that_is_compromised_is_gone_at_once(server, root, issuer):
    token(root)
    rotated(server, compromised=True)
    assert keys(server, issuer) == set()
    assert verified(server, token(root))


def test_a_key_signs_for_ninety_days(server, root, issuer):
    first = jwt.get_unverified_header(token(root))["kid"]
    aged(server, "create_date", timedelta(days=89))
    assert jwt.get_unverified_header(token(root))["kid"] == first
    aged(server, "create_date", timedelta(days=1))
    assert jwt.get_unverified_header(token(root))["kid"] == first
    aged(server, "retired", timedelta(minutes=5))
    assert jwt.get_unverified_header(token(root))["kid"] != first
    assert first in keys(server, issuer)


def test_private_keys_are_sealed(server, root, issuer):
    for key in server.view.begin().all(TokenSigningKey, ACCOUNT):
        assert server.ring.unseal(key.sealed_key, key.key_id)[:1] == b"\x30"
        assert b"\x30\x82" not in key.sealed_key[:4]
    document = published(server, issuer + "/.well-known/jwks.json")
    members = {"kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"}
    assert all(set(key) <= members for key in document["keys"])
    assert {(key["kty"], key["alg"]) for key in document["keys"]} == {("RSA", "RS256"), ("EC", "ES384")}


# What everybody may read.


def test_documents_may_be_kept_for_a_while(server, issuer):
    answer = asked(server, issuer.removeprefix(URL) + "/.well-known/jwks.json")
    assert answer.status == 200
    assert dict(answer.headers) == {"content-type": "application/json", "cache-control": "public, max-age=300"}


def test_a_store_that_fails_is_told_of(server, issuer, monkeypatch):
    def failing():
        raise StoreFailure("gone")

    monkeypatch.setattr(server.view, "begin", failing)
    assert asked(server, issuer.removeprefix(URL) + "/.well-known/jwks.json").status == 503


def test_nothing_else_is_there(server, issuer):
    path = issuer.removeprefix(URL)
    for other in ("", "/", "/.well-known/", "/.well-known/openid-configuration/", "/.well-known/../../x"):
        assert asked(server, path + other).status == 404
    stranger = path.replace(ACCOUNT, OTHER) + "/.well-known/jwks.json"
    assert asked(server, stranger).status == 404
    another = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert asked(server, another + "/.well-known/jwks.json").status == 404
    assert asked(server, "/") is None
    assert asked(server, path + "/.well-known/jwks.json", "POST") is None
