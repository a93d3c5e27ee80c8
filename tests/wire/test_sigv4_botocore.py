"""What botocore signs, verifies; so does what JavaScript's, Go's and curl's signers make of the same request."""

import datetime as dt
from hashlib import sha256
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.faults import SignatureDoesNotMatch
from keyreeve.wire import sigv4
from keyreeve.wire.exchange import Request

HOST = "127.0.0.1:4566"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
KEY, SECRET = "AKIAQAAAAAAAAAAAAAAA", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), max_size=12)
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
names = words.filter(lambda name: name and not name.startswith("X-Amz-"))
parameters = st.dictionaries(names, words, max_size=4)
paths = st.lists(st.sampled_from(["", ".", "..", "a", "b c", "ü", "~", "%", "$"]), max_size=4)
tokens = st.none() | st.text(st.sampled_from("AZaz09+/="), min_size=4, max_size=40)


def now():
    return dt.datetime.now(dt.UTC)


def arrived(request):
    """The exchange that a server sees of what botocore prepared."""
    prepared = request.prepare()
    url = urlsplit(prepared.url)
    body = prepared.body or b""
    body = body if isinstance(body, bytes) else body.encode()
    headers = [("host", HOST)]
    for name, text in prepared.headers.items():
        value = text if isinstance(text, str) else text.decode()
        headers.append((name.lower(), value.encode().decode("latin-1")))
    return Request(request.method, url.path, url.query, tuple(headers), body, "127.0.0.1")


def verify(request, service="iam", at=None, secret=SECRET):
    claim = sigv4.read(request)
    sigv4.check_scope(claim, service, at or now())
    sigv4.verify(claim, request, secret)
    return claim


def url(segments, asked):
    query = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in asked.items())
    return f"http://{HOST}/" + "/".join(quote(part, safe="") for part in segments) + (f"?{query}" if query else "")


@given(paths, parameters, st.dictionaries(st.sampled_from(["x-k8s-aws-id", "accept", "x-amz-foo"]), printable), tokens)
def test_header_form(segments, asked, headers, token):
    request = AWSRequest("POST", url(segments, asked), headers={"Content-Type": FORM, **headers}, data=b"Action=A&B=C")
    SigV4Auth(Credentials(KEY, SECRET, token), "iam", "eu-west-1").add_auth(request)
    claim = verify(arrived(request))
    assert (claim.access_key_id, claim.region, claim.session_token) == (KEY, "eu-west-1", token)
    assert not claim.presigned
    with pytest.raises(SignatureDoesNotMatch):
        verify(arrived(request), secret=SECRET + "x")


@given(paths, parameters, printable, tokens, st.integers(1, 604_800))
def test_presigned_form(segments, asked, cluster, token, expires):
    request = AWSRequest("GET", url(segments, asked), headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(Credentials(KEY, SECRET, token), "sts", "us-east-1", expires).add_auth(request)
    claim = verify(arrived(request), "sts")
    assert (claim.access_key_id, claim.session_token, claim.expires) == (KEY, token, expires)
    assert claim.presigned


def presigned(expires=60):
    request = AWSRequest("GET", f"http://{HOST}/?Action=GetCallerIdentity&Version=2011-06-15")
    request.headers["x-k8s-aws-id"] = "cluster-1"
    SigV4QueryAuth(Credentials(KEY, SECRET), "sts", "us-east-1", expires).add_auth(request)
    return arrived(request)


def test_a_presigned_request_lives_fifteen_minutes_whatever_it_says():
    for expires in (60, 604_800):
        verify(presigned(expires), "sts", now() + dt.timedelta(minutes=14, seconds=58))
        with pytest.raises(SignatureDoesNotMatch, match=r"Signature expired: "):
            verify(presigned(expires), "sts", now() + dt.timedelta(minutes=15, seconds=2))


def test_a_presigned_request_without_its_extra_header_fails():
    request = presigned()
    bare = Request(request.method, request.path, request.query, (("host", HOST),), b"", "127.0.0.1")
    with pytest.raises(SignatureDoesNotMatch, match=r"does not match the signature"):
        verify(bare, "sts")


def test_unsigned_headers_of_other_clients_are_no_obstacle():
    """What the SDKs for Go and JavaScript and proxies add after signing."""
    request = AWSRequest("POST", f"http://{HOST}/", headers={"Content-Type": FORM}, data=b"Action=A")
    SigV4Auth(Credentials(KEY, SECRET), "iam", "us-east-1").add_auth(request)
    seen = arrived(request)
    late = (
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "user-agent",
        "accept-encoding",
        "x-amzn-trace-id",
        "connection",
    )
    more = tuple((name, "x") for name in late)
    with_token = (*seen.headers, *more, ("x-amz-security-token", "added later"))
    after = Request(seen.method, seen.path, seen.query, with_token, seen.body, seen.source_ip)
    assert verify(after).session_token == "added later"


@pytest.mark.parametrize(("declared", "fine"), [(sha256(b"A=B").hexdigest(), True), ("UNSIGNED-PAYLOAD", False)])
def test_a_declared_payload_hash_is_the_bodys(declared, fine):
    request = AWSRequest("POST", f"http://{HOST}/", headers={"x-amz-content-sha256": declared}, data=b"A=B")
    SigV4Auth(Credentials(KEY, SECRET), "iam", "us-east-1").add_auth(request)
    if fine:
        verify(arrived(request))
    else:
        with pytest.raises(SignatureDoesNotMatch, match=r"does not match the signature"):
            verify(arrived(request))
