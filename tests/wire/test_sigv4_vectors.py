"""AWS's Signature Version 4 test suite, from the verifying side: each vector verifies, and no changed one does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from keyreeve.faults import Fault, SignatureDoesNotMatch
from keyreeve.wire import sigv4
from keyreeve.wire.exchange import Request

SUITE = Path(__file__).parent.parent / "vectors" / "sigv4"
VECTORS = sorted(path.stem for path in SUITE.rglob("*.authz"))
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def signed(name):
    """The vector's signed request, its Authorization taken from .authz (one .sreq of the suite has a wrong one)."""
    (path,) = SUITE.rglob(f"{name}.sreq")
    authorization = path.with_suffix(".authz").read_text()
    head, _, body = path.read_bytes().decode("latin-1").replace("\r\n", "\n").partition("\n\n")
    line, *lines = head.replace("\n ", " ").split("\n")
    method, _, target = line.removesuffix(" HTTP/1.1").partition(" ")
    where, _, query = target.partition("?")
    named = [(key.lower(), text) for key, _, text in (line.partition(":") for line in lines)]
    headers = tuple((key, authorization if key == "authorization" else text) for key, text in named)
    return Request(method, where, query, headers, body.encode("latin-1"), "127.0.0.1")


def verify(request):
    claim = sigv4.read(request)
    sigv4.check_scope(claim, "service", NOW)
    sigv4.verify(claim, request, SECRET)


def changed(text, at):
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]


def mutants(request):
    """The request with one byte changed: of method, path, query, any signed header, the signature, the body."""
    yield replace(request, method=changed(request.method, 0))
    yield replace(request, path=request.path + "x")
    yield replace(request, query=request.query + "&x" if request.query else "x")
    yield replace(request, body=request.body + b"x")
    yield from (replace(request, query=changed(request.query, at)) for at in range(len(request.query)))
    if "//" not in request.path and "/." not in request.path:  # what normalisation takes away is not signed
        yield from (replace(request, path=changed(request.path, at)) for at in range(1, len(request.path)))
    names = sigv4.read(request).signed_headers
    for at, (name, text) in enumerate(request.headers):
        if name in (*names, "authorization"):
            other = (name, changed(text, len(text) - 2))
            yield replace(request, headers=(*request.headers[:at], other, *request.headers[at + 1 :]))


def test_the_suite_is_whole():
    assert len(VECTORS) == 34


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_verifies(name):
    verify(signed(name))


@pytest.mark.parametrize("name", VECTORS)
def test_a_changed_vector_does_not(name):
    for request in mutants(signed(name)):
        with pytest.raises(Fault):
            verify(request)


@pytest.mark.parametrize("name", VECTORS)
def test_another_secret_does_not_verify(name):
    request = signed(name)
    with pytest.raises(SignatureDoesNotMatch):
        sigv4.verify(sigv4.read(request), request, SECRET[::-1])


@pytest.mark.parametrize("name", VECTORS)
def test_another_payload_does_not_verify(name):
    with pytest.raises(SignatureDoesNotMatch):
        sigv4.prove(sigv4.read(signed(name)), "0" * 64, SECRET)
