"""Genuine web identity tokens, in all their variants, and what they are made of."""

import base64
import json
import time

import jwt

import issuing

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
NAMES = ("first", "second")
ORDERS = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}
TAGS = "https://aws.amazon.com/tags"


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def kid(algorithm):
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    return f"EC{curves[algorithm]}" if algorithm in curves else "RSA"


def claims(url, **more):
    now = int(time.time())
    given = {"iss": url, "sub": "repo:shop/cart", "aud": "app", "iat": now, "exp": now + 3600, **more}
    return {name: value for name, value in given.items() if value is not ...}


def signed(content, algorithm="RS256", name="first", headers=None, key=None):
    """A compact token of any claims or bytes, signed by a key of ours whatever its header says."""
    header = {"alg": algorithm, "kid": kid(algorithm), **(headers or {})}
    head = f"{part({k: v for k, v in header.items() if v is not ...})}.{part(content)}"
    made = jwt.get_algorithm_by_name(algorithm).sign(head.encode(), key or issuing.key(algorithm, name))
    return f"{head}.{part(made)}"


def genuine(urls):
    """(what it varies, token): all are good."""
    now = int(time.time())
    for url, name in zip(urls, NAMES, strict=True):
        for algorithm in ALGORITHMS:
            yield f"{algorithm} {name}", signed(claims(url), algorithm, name)
            yield f"{algorithm} {name} without a key id", signed(claims(url), algorithm, name, {"kid": ...})
        for algorithm, order in ORDERS.items():
            yield f"{algorithm} {name} mirrored", mirrored(signed(claims(url), algorithm, name), order)
    variants = {
        "aud is a list": {"aud": ["x", "app"]},
        "azp": {"aud": "x", "azp": "other-app"},
        "just ended": {"exp": now - 200},
        "just begun": {"iat": now + 200, "nbf": now + 200},
        "a day old": {"iat": now - 86_000, "nbf": 0},
        "tags": {TAGS: {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}},
        "flat tags": {f"{TAGS}/principal_tags/Team": "red"},
        "source identity": {"https://aws.amazon.com/source_identity": "alice"},
        "amr and email": {"amr": ["mfa"], "email": "a@example.org", "email_verified": True},
        "a long subject": {"sub": "s" * 255},
        "text beyond ASCII": {"sub": "jos\u00e9 \U0001f511", "name": "\u0130"},
        "much besides": {f"claim-{n}": {"x": [n, None, 1.5, "y"]} for n in range(200)},
    }
    for name, more in variants.items():
        yield name, signed(claims(urls[0], **more))
    headers = {
        "typ": {"typ": "JWT"},
        "other typ": {"typ": "at+jwt", "cty": "x"},
        "hints that are passed over": {"jku": "https://evil.example", "x5t": "AAAA", "jwk": {"kty": "oct", "k": "AA"}},
    }
    for name, more in headers.items():
        yield name, signed(claims(urls[0]), headers=more)
    yield "white space in the JSON", signed(json.dumps(claims(urls[0]), indent=4).encode())


def mirrored(token, order):
    head, _, last = token.rpartition(".")
    raw = decoded(last)
    size = len(raw) // 2
    return f"{head}.{part(raw[:size] + (order - int.from_bytes(raw[size:])).to_bytes(size))}"
