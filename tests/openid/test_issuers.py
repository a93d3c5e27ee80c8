"""Issuers' keys: how they are found, how long they are kept, and how seldom an issuer is asked."""

import json

import pytest

from issuing import public, reply
from keyreeve.openid import FetchError, Issuers, Unreachable
from keyreeve.openid.issuers import KEPT
from keyreeve.openid.reply import Reply

DISCOVERY = "/.well-known/openid-configuration"


def keys(issuers, issuer, kid="RS256-first", thumbprints=()):
    """The keys as a handler comes by them."""
    found = issuers.held(issuer, thumbprints, kid)
    if found is None:
        issuers.fetch(issuer, thumbprints)
        found = issuers.held(issuer, thumbprints, kid)
    return found


def test_discovery_leads_to_the_keys(issuers, issuer):
    assert [key.kid for key in keys(issuers, issuer.url)] == ["RS256-first"]
    assert issuer.asked == [DISCOVERY, "/jwks"]


def test_keys_are_kept_as_long_as_the_issuer_says_within_bounds(issuers, issuer, clock):
    for said, seconds in (("max-age=120", 120), ("max-age=1", 60), ("no-store", 60), ("max-age=999999", 900)):
        issuer.answers["/jwks"] = reply({"keys": issuer.keys}, cache_control=said)
        clock.now += 10_000
        issuer.asked.clear()
        keys(issuers, issuer.url)
        clock.now += seconds - 1
        assert issuers.held(issuer.url, (), "RS256-first") is not None
        clock.now += 1
        assert issuers.held(issuer.url, (), "RS256-first") is None
        assert issuer.asked == [DISCOVERY, "/jwks"]


def test_an_unknown_key_has_them_fetched_again_but_not_at_once(issuers, issuer, clock):
    keys(issuers, issuer.url)
    issuer.keys = [public(name="second")]
    assert [key.kid for key in keys(issuers, issuer.url, "RS256-second")] == ["RS256-first"]
    clock.now += 9
    assert [key.kid for key in keys(issuers, issuer.url, "RS256-second")] == ["RS256-first"]
    clock.now += 1
    assert [key.kid for key in keys(issuers, issuer.url, "RS256-second")] == ["RS256-second"]
    issuer.asked.clear()
    for number in range(50):
        keys(issuers, issuer.url, f"unknown-{number}")
    assert not issuer.asked


def test_a_failure_is_remembered_for_a_short_time(issuers, issuer, clock):
    issuer.answers["/jwks"] = reply({}, "503 Service Unavailable")
    for _ in range(5):
        with pytest.raises(Unreachable):
            keys(issuers, issuer.url)
    assert issuer.asked == [DISCOVERY, "/jwks"]
    del issuer.answers["/jwks"]
    clock.now += 15
    assert keys(issuers, issuer.url)


def test_keys_of_an_issuer_that_fails_later_do_not_stay(issuers, issuer, clock):
    keys(issuers, issuer.url)
    issuer.answers["/jwks"] = reply({}, "404 Not Found")
    clock.now += 120
    with pytest.raises(FetchError):
        keys(issuers, issuer.url)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://localhost/jwks"},
        {"jwks_uri": "https://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "https://localhost:1/"},
        {"jwks_uri": ["https://localhost/"]},
    ],
)
def test_a_discovery_document_speaks_for_its_own_issuer(issuers, issuer, document):
    issuer.answers[DISCOVERY] = reply(issuer.document(**document))
    with pytest.raises(FetchError):
        keys(issuers, issuer.url)
    assert issuer.asked == [DISCOVERY]


def test_an_issuer_outside_does_not_lead_to_a_host_on_the_allow_list(issuer, client, clock, monkeypatch):
    outside = "https://outside.example"
    document, get = Reply(), client.get
    document.on_body(json.dumps({"issuer": outside, "jwks_uri": f"{issuer.url}/jwks"}).encode())

    def answered(url, *given, **more):
        return document if url.startswith(outside) else get(url, *given, **more)

    monkeypatch.setattr(client, "get", answered)
    with pytest.raises(FetchError, match="named by a host that is not"):
        keys(Issuers(client, clock), outside)
    assert not issuer.asked


def test_an_issuer_ending_in_a_slash_is_another_issuer(issuers, issuer):
    with pytest.raises(FetchError, match="another issuer"):
        keys(issuers, issuer.url + "/")
    assert issuer.asked == [DISCOVERY]


@pytest.mark.parametrize("found", [None, {}, [{}] * 401, [public()] * 101])
def test_a_key_set_has_a_form_and_a_bound(issuers, issuer, found):
    issuer.answers["/jwks"] = reply({"keys": found})
    with pytest.raises(FetchError):
        keys(issuers, issuer.url)


RSA, EC = public(), public("ES256")


@pytest.mark.parametrize(
    "unfit",
    [
        {**RSA, "use": "enc"},
        {**RSA, "kty": "oct", "k": "c2VjcmV0"},
        {**RSA, "kty": "EC"},
        {**RSA, "n": "AQAB"},
        {**RSA, "e": "Ag"},
        {**RSA, "e": "AQ"},
        {**RSA, "n": 7},
        {**RSA, "key_ops": ["encrypt"]},
        {**RSA, "key_ops": "verify"},
        {**RSA, "alg": 1},
        {**RSA, "kid": 1},
        {**RSA, "d": "AQAB"},
        {**EC, "crv": "secp256k1"},
        {**EC, "crv": "P-384"},
        {**EC, "crv": ["P-256"]},
        {**EC, "x": EC["y"]},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "ed"},
        {"kty": ["RSA"]},
        "text",
        None,
    ],
)
def test_a_key_that_is_unfit_is_left_out(issuers, issuer, unfit):
    issuer.keys = [unfit, public("ES384")]
    assert [key.kid for key in keys(issuers, issuer.url, "ES384-first")] == ["ES384-first"]


def test_who_trusts_another_certificate_does_not_share_its_keys(issuers, issuer):
    keys(issuers, issuer.url)
    assert issuers.held(issuer.url, ("0" * 40,), "RS256-first") is None


def test_the_issuers_that_are_kept_are_bounded(issuers, client, clock):
    small = Issuers(client, clock)
    for number in range(KEPT + 10):
        small.fetch(f"not a url {number}", ())
    assert len(small._known) == KEPT
