"""Tokens: which are accepted, and that nothing else is."""

import base64
import hashlib
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import issuing
from issuing import public, signed
from keyreeve.openid import web_keys, web_token
from keyreeve.openid.web_token import NotAToken, NotSigned

CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "aud": "me", "iat": 1, "exp": 2}
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")


def kid(algorithm):
    return f"{algorithm if algorithm in issuing.CURVES else 'RS256'}-first"


def keys(*given):
    return web_keys.read(list(given) or [public(), public("ES256"), public("ES384"), public("ES512")])


def verified(text, given=None):
    return web_token.claims(web_token.present(text), given or keys())


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(header, claims=None, signature="AAAA"):
    return f"{part(header)}.{part(claims or CLAIMS)}.{signature}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_by_each_algorithm_that_aws_takes_is_verified(algorithm):
    assert verified(signed(CLAIMS, algorithm, kid=kid(algorithm))) == CLAIMS


def test_a_token_without_a_key_id_is_verified_by_the_one_key_that_fits():
    token = jwt.encode(CLAIMS, issuing.key("ES256"), "ES256")
    assert verified(token) == CLAIMS
    with pytest.raises(NotSigned):
        verified(token, keys(public("ES256"), public("ES256", "second")))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS256", "HS512", "PS256", "EdDSA", "ES256K", "", None, 5, ["RS256"]]
)
def test_another_algorithm_is_refused(algorithm):
    with pytest.raises(NotAToken):
        web_token.present(forged({"alg": algorithm, "kid": "RS256-first"}))


def test_a_public_key_is_no_secret():
    """Algorithm confusion: a token signed with the public key's text as HMAC secret."""
    secret = issuing.key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{part({'alg': 'HS256', 'kid': 'RS256-first'})}.{part(CLAIMS)}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head.encode(), secret)
    for algorithm in ("HS256", "RS256", "ES256"):
        token = f"{part({'alg': algorithm, 'kid': 'RS256-first'})}.{part(CLAIMS)}.{part(signature)}"
        with pytest.raises((NotAToken, NotSigned)):
            verified(token)


def test_a_key_serves_its_own_algorithms_only():
    for algorithm, other in (("ES256", "ES384"), ("ES256", "RS256"), ("RS256", "ES256")):
        with pytest.raises(NotSigned):
            verified(signed(CLAIMS, algorithm, kid=f"{other}-first"))
    with pytest.raises(NotSigned):
        verified(signed(CLAIMS, "RS512", kid="RS256-first"), keys(public(alg="RS256")))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"kid": 7},
        {"kid": "k" * 1025},
    ],
)
def test_a_header_with_what_may_not_be_passed_over_is_refused(header):
    with pytest.raises(NotAToken):
        web_token.present(forged({"alg": "RS256", **header}))


def test_a_token_does_not_bring_its_own_key():
    own = public(name="mine")
    for header in (
        {"jwk": own},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/"},
        {"x5c": ["AAAA"]},
    ):
        with pytest.raises(NotSigned):
            verified(signed(CLAIMS, name="mine", **{**header, "kid": "RS256-first"}))
        with pytest.raises(NotSigned):
            verified(signed(CLAIMS, name="mine", **header))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "..",
        "ey.ey.ey",
        "x" * 20_001,
        forged([1]),
        forged({"alg": "RS256"}, b'{"iss":"a","iss":"b"}'),
        forged(b'{"alg":"none","alg":"RS256"}'),
        forged({"alg": "RS256"}, {"iss": 5}),
        forged({"alg": "RS256"}, b'{"iss":"a","n":NaN}'),
        forged({"alg": "RS256"}, {"sub": "alice"}),
        forged({"alg": "RS256"}, rb'{"iss":"a","sub":"\ud800"}'),
        forged({"alg": "RS256", "pad": "p" * 4096}),
        f"{part({'alg': 'RS256'})}=.{part(CLAIMS)}.AAAA",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.AA+/",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.AB",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.A",
        f" {part({'alg': 'RS256'})}.{part(CLAIMS)}.AAAA",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.AAAA\n",
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_what_is_no_strict_token_is_refused(text):
    with pytest.raises(NotAToken):
        web_token.present(text)


def test_a_character_may_be_written_as_a_pair_of_surrogates():
    assert web_token.present(forged({"alg": "RS256"}, rb'{"iss":"\ud83d\ude00"}')).issuer == "\N{GRINNING FACE}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_other_byte_breaks_a_token(algorithm):
    token = signed(CLAIMS, algorithm, kid=kid(algorithm))
    given = keys()
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises((NotAToken, NotSigned)):
            verified(token[:place] + other + token[place + 1 :], given)


def test_a_signature_in_der_is_refused_and_its_mirror_is_the_same_signature():
    """ECDSA has two signatures for one (r, s): both say that the key signed these very bytes."""
    token = signed(CLAIMS, "ES256")
    head, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    with pytest.raises(NotSigned):
        verified(f"{head}.{part(encode_dss_signature(r, s))}")
    mirrored = r.to_bytes(32) + (order - s).to_bytes(32)
    assert decode_dss_signature(encode_dss_signature(r, order - s)) == (r, order - s)
    assert verified(f"{head}.{part(mirrored)}") == CLAIMS
    for zero in (bytes(64), raw[:32] + bytes(32), bytes(32) + raw[32:]):
        with pytest.raises(NotSigned):
            verified(f"{head}.{part(zero)}")


def test_a_key_of_another_issuer_signs_nothing_here():
    with pytest.raises(NotSigned):
        verified(signed(CLAIMS, name="mine", kid="RS256-first"))


def test_verification_has_a_bound_of_work():
    """The largest key that is taken, with the largest exponent: whether the signature is right costs the same."""
    modulus = (1 << 8191) | int.from_bytes(hashlib.sha512(b"any").digest()) | 1
    (key,) = keys({"kty": "RSA", "kid": "big", "n": part(modulus.to_bytes(1024)), "e": part((2**32 - 1).to_bytes(4))})
    presented = web_token.present(forged({"alg": "RS256", "kid": "big"}, signature=part(bytes(1023) + b"\2")))
    started = time.process_time()
    with pytest.raises(NotSigned):
        web_token.claims(presented, [key])
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize("bits", [1024, 8200])
def test_a_key_that_is_too_small_or_too_large_is_none(bits):
    modulus = (1 << (bits - 1)) | 12345
    assert not keys({"kty": "RSA", "n": part(modulus.to_bytes(bits // 8)), "e": "AQAB"})
