"""AWS's codes and sentences for every way in which a signature can be missing, malformed, misplaced or late."""

import tracemalloc
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.access.credentials import account_of
from keyreeve.faults import Fault, IncompleteSignature, MissingAuthenticationToken, SignatureDoesNotMatch
from keyreeve.wire import sigv4
from keyreeve.wire.exchange import Request

STAMP = "20240217T173539Z"
NOW = datetime(2024, 2, 17, 17, 35, 39, tzinfo=UTC)
CREDENTIAL = "AKIDEXAMPLE/20240217/us-east-1/sts/aws4_request"
AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
QUERY = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20240217%2Fus-east-1%2Fsts%2Faws4_request"
    f"&X-Amz-Date={STAMP}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
)
HASHED = "(Hashed with SHA-256 and encoded with Base64) Authorization="
AGAIN = "Re-examine the query-string parameters."


def request(authorization=AUTHORIZATION, date=STAMP, more=(), query="", body=b""):
    headers = [("host", "sts.example"), *more]
    headers += [("x-amz-date", date)] if date is not None else []
    headers += [("authorization", authorization)] if authorization is not None else []
    return Request("POST", "/", query, tuple(headers), body, "127.0.0.1")


def hashed(text):
    return HASHED + b64encode(sha256(text.encode()).digest()).decode()


def sentence(fault, call, *arguments):
    with pytest.raises(fault) as caught:
        call(*arguments)
    return caught.value.message


def check(asked, service="sts", now=NOW):
    sigv4.check_scope(sigv4.read(asked), service, now)


def test_no_authentication():
    asked = request(authorization=None)
    assert sentence(MissingAuthenticationToken, sigv4.read, asked) == "Request is missing Authentication Token"


def test_parts_are_apart_by_commas():
    joined = AUTHORIZATION.replace(", Signature", " Signature")
    expected = f"Authorization header requires 'Signature' parameter. {hashed(joined)}"
    assert sentence(IncompleteSignature, sigv4.read, request(joined)) == expected


def test_missing_parts_are_listed_in_one_sentence_each():
    expected = (
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. "
    )
    bare = "AWS4-HMAC-SHA256"
    assert sentence(IncompleteSignature, sigv4.read, request(bare)) == expected + hashed(bare)
    dateless = expected + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    assert sentence(IncompleteSignature, sigv4.read, request(bare, date=None)) == dateless + hashed(bare)


def test_no_date():
    expected = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    assert sentence(IncompleteSignature, sigv4.read, request(date=None)) == expected + hashed(AUTHORIZATION)


@pytest.mark.parametrize(
    "date", ["", "2024-02-17T17:35:39Z", "20240217T173539", "20241399T173539Z", "2024021\u0667T173539Z"]
)
def test_a_malformed_date(date):
    expected = f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    assert sentence(IncompleteSignature, sigv4.read, request(date=date)) == expected


@pytest.mark.parametrize("date", ["Sat, 17 Feb 2024 17:35:39 GMT", STAMP])
def test_a_date_header_will_do(date):
    claim = sigv4.read(request(date=None, more=[("date", date)]))
    assert (claim.stamp, claim.timestamp) == (STAMP, NOW)


def test_the_scope_has_five_parts():
    asked = request(AUTHORIZATION.replace("/aws4_request", ""))
    assert sentence(IncompleteSignature, sigv4.read, asked) == (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got 'AKIDEXAMPLE/20240217/us-east-1/sts'"
    )


@pytest.mark.parametrize("authorization", ["Bearer abc", "Basic YTpi", "AWS AKIDEXAMPLE:abc"])
def test_another_scheme(authorization):
    said = sentence(IncompleteSignature, sigv4.read, request(authorization))
    assert said.startswith("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256")
    assert "abc" not in said


def test_sigv4a_is_not_supported():
    asked = request(AUTHORIZATION.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"))
    assert sentence(IncompleteSignature, sigv4.read, asked) == "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."
    asked = request(authorization=None, query=QUERY.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"))
    assert sentence(MissingAuthenticationToken, sigv4.read, asked) == "Missing Authentication Token"


@pytest.mark.parametrize("name", ["Algorithm", "Credential", "Date", "SignedHeaders", "Signature"])
def test_a_missing_query_part(name):
    asked = request(authorization=None, query=QUERY.replace(f"X-Amz-{name}=", "x="))
    expected = f"AWS query-string parameters must include 'X-Amz-{name}'. {AGAIN}"
    assert sentence(IncompleteSignature, sigv4.read, asked) == expected


def test_a_repeated_query_part():
    asked = request(authorization=None, query=f"{QUERY}&X-Amz-Signature={'1' * 64}")
    expected = f"AWS query-string parameters must not be repeated. {AGAIN}"
    assert sentence(IncompleteSignature, sigv4.read, asked) == expected


@pytest.mark.parametrize("expires", ["0", "604801", "-1", "x", "", "1" * 20])
def test_expires_out_of_range(expires):
    asked = request(authorization=None, query=QUERY.replace("Expires=60", f"Expires={expires}"))
    assert sentence(IncompleteSignature, sigv4.read, asked).startswith("X-Amz-Expires ")


def test_one_mechanism_only():
    assert sentence(IncompleteSignature, sigv4.read, request(query=QUERY)).startswith("Only one auth mechanism allowed")
    twice = request(more=[("authorization", AUTHORIZATION)])
    assert sentence(IncompleteSignature, sigv4.read, twice) == "Only one Authorization header allowed."
    twofold = request(f"{AUTHORIZATION}, Signature=abc")
    assert (
        sentence(IncompleteSignature, sigv4.read, twofold) == "Authorization header requires one 'Signature' parameter."
    )


def test_repeated_token_headers_are_no_token():
    claim = sigv4.read(request(more=[("x-amz-security-token", "a"), ("x-amz-security-token", "b")]))
    assert claim.session_token == "a,b"


def test_host_must_be_signed():
    asked = request(AUTHORIZATION.replace("host;", ""))
    expected = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    assert sentence(SignatureDoesNotMatch, check, asked) == expected


@pytest.mark.parametrize("name", ["x-amz-foo", "x-amz-content-sha256"])
def test_amazon_headers_must_be_signed(name):
    expected = f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
    assert sentence(SignatureDoesNotMatch, check, request(more=[(name, "x")])) == expected


REGION = "Credential should be scoped to a valid region. "
SERVICE = "Credential should be scoped to correct service: 'sts'. "
TERMINATOR = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws_request'. "


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("20240217/US-EAST-1/sts/aws4_request", REGION),
        ("20240217//sts/aws4_request", REGION),
        ("20240217/us-east-/sts/aws4_request", REGION),
        ("20240217/us-east-1/iam/aws4_request", SERVICE),
        ("20240217/*/iam/aws4_request", REGION + SERVICE),
        ("20240217/us-east-1/sts/aws_request", TERMINATOR),
    ],
)
def test_the_scope(scope, expected):
    asked = request(AUTHORIZATION.replace(CREDENTIAL, f"AKIDEXAMPLE/{scope}"))
    assert sentence(SignatureDoesNotMatch, check, asked) == expected


@pytest.mark.parametrize(
    "region", ["us-east-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1", "aws-global", "local"]
)
def test_any_well_formed_region(region):
    check(request(AUTHORIZATION.replace("us-east-1", region)))


def test_the_scopes_day():
    asked = request(AUTHORIZATION.replace("20240217", "20240216"))
    assert sentence(SignatureDoesNotMatch, check, asked) == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20240216' != '20240217', from '20240217T173539Z'."
    )


@pytest.mark.parametrize("asked", [request(), request(None, None, query=QUERY)])
def test_the_window(asked):
    quarter, second = timedelta(minutes=15), timedelta(seconds=1)
    check(asked, now=NOW + quarter)
    check(asked, now=NOW - quarter)
    assert sentence(SignatureDoesNotMatch, check, asked, "sts", NOW + quarter + second) == (
        "Signature expired: 20240217T173539Z is now earlier than 20240217T173540Z (20240217T175040Z - 15 min.)"
    )
    assert sentence(SignatureDoesNotMatch, check, asked, "sts", NOW - quarter - second) == (
        "Signature not yet current: 20240217T173539Z is still later than 20240217T173538Z (20240217T172038Z + 15 min.)"
    )


@pytest.mark.parametrize(
    "names", ["x;host;x-amz-date", "x-amz-date;host", "host;host;x-amz-date", "Host;host;x-amz-date"]
)
def test_signed_headers_that_are_absent_or_unsorted_never_verify(names):
    asked = request(AUTHORIZATION.replace("host;x-amz-date", names))
    assert sentence(SignatureDoesNotMatch, sigv4.verify, sigv4.read(asked), asked, "secret").startswith("The request ")


def test_a_claim_shows_no_signature():
    claim = sigv4.read(request(more=[("x-amz-security-token", "hidden")]))
    assert repr(claim) == "Claim(AKIDEXAMPLE/20240217/us-east-1/sts)"


wild = st.text(st.characters(max_codepoint=0xFF), max_size=40)
parts = st.sampled_from(
    ["AWS4-HMAC-SHA256 ", CREDENTIAL, "Credential=", "SignedHeaders=host", "Signature=", ",", "/", "="]
)
broken = st.lists(parts | wild, max_size=8).map("".join)


@given(broken, wild | st.just(STAMP), broken)
def test_whatever_comes_is_a_fault_with_4xx(authorization, date, query):
    asked = request(authorization, date, query=query)
    with pytest.raises(Fault) as caught:
        sigv4.verify(sigv4.read(asked), asked, "secret")
    assert 400 <= caught.value.status < 500


@given(st.lists(st.sampled_from([*QUERY.split("&"), "X-Amz-Date=", "a=%zz", "%"]) | wild, max_size=9).map("&".join))
def test_whatever_query_comes_is_a_fault_with_4xx(query):
    asked = request(None, None, query=query)
    with pytest.raises(Fault) as caught:
        sigv4.verify(sigv4.read(asked), asked, "secret")
    assert 400 <= caught.value.status < 500


def test_what_strangers_send_is_not_kept():
    def long(n):
        credential = f"{n}{'A' * 20_000}/20240217/us-east-1/sts/aws4_request"
        header = AUTHORIZATION.replace(CREDENTIAL, credential).replace("x-amz-date", "x-" + "b" * 20_000)
        query = QUERY.replace("AKIDEXAMPLE", f"{n}{'A' * 6_000}").replace("=host", f"=host;{'b' * 6_000}{n}")
        return request(header), request(authorization=None, query=query)

    def read():
        for n in range(50):
            for asked in long(n):
                account_of(sigv4.read(asked).access_key_id)

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        read()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50 * 6_000
