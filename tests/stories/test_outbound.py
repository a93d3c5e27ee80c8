"""A relying party on its own: what a running server says over the network is all that it knows."""

import json
import urllib.error
import urllib.request

import jwt
import pytest

from stories.clients import Boto3
from stories.story import Cast

pytestmark = pytest.mark.client("boto3")


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


@pytest.fixture(scope="module")
def issuer(client, server):
    found = Cast(client, server).admin("iam", "EnableOutboundWebIdentityFederation")["IssuerIdentifier"]
    assert found.startswith(server.endpoint)
    return found


def read(url):
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  a server of ours
        return json.load(answer), answer.headers


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_relying_party_verifies_a_token_by_discovery_alone(cast, server, issuer, algorithm):
    given = cast.admin("sts", "GetWebIdentityToken", Audience=["https://shop.example"], SigningAlgorithm=algorithm)
    token = given["WebIdentityToken"]

    document, headers = read(issuer + "/.well-known/openid-configuration")
    assert (document["issuer"], headers["Cache-Control"]) == (issuer, "public, max-age=300")
    keys = jwt.PyJWKClient(document["jwks_uri"])
    options = {"algorithms": [algorithm], "audience": "https://shop.example", "issuer": issuer}
    claims = jwt.decode(token, keys.get_signing_key_from_jwt(token).key, **options)
    assert claims["sub"] == cast.arn("user/admin")

    server.keyreeve("keys", "rotate")
    again = cast.admin("sts", "GetWebIdentityToken", Audience=["https://shop.example"], SigningAlgorithm=algorithm)
    for each in (token, again["WebIdentityToken"]):  # nobody who has read the keys already is surprised by a new one
        assert jwt.decode(each, keys.get_signing_key_from_jwt(each).key, **options)["iss"] == issuer
    assert algorithm in {key["alg"] for key in read(document["jwks_uri"])[0]["keys"][2:]}


def test_what_is_no_issuer_is_not_found(server):
    for path in ("", f"{server.account}/", f"{server.account}/{'0' * 36}/.well-known/jwks.json"):
        with pytest.raises(urllib.error.HTTPError, match="404") as raised:
            read(f"{server.endpoint}/_keyreeve/issuers/{path}")
        raised.value.close()
