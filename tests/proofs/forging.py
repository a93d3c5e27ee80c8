"""Forged tokens for the proof, of many kinds.

What is not forged: of an ECDSA signature (r, s) its mirror (r, n - s) is a signature by the same key of the same bytes,
and stands among the genuine variants. No other spelling of a token is one.
"""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm
from tests.proofs.genuine import ALGORITHMS, NAMES, TAGS, claims, decoded, kid, part, signed

import issuing

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STRANGE = "=.+/ \n\t\r\0%&\"'\u00e9\u0130\ud800"


def forged(chance, originals, urls, count):
    """`count` pairs of a kind and a token of it. None of the tokens is one of the originals."""
    tokens = [token for _, token in originals]
    known, kinds = frozenset(tokens), list(KINDS.items())
    made = 0
    while made < count:
        kind, make = kinds[made % len(kinds)]
        token = make(chance, tokens, urls)
        if token not in known:
            yield kind, token
            made += 1


# Texts that are torn.


def another_character(chance, tokens, _):
    token = chance.choice(tokens)
    place = chance.randrange(len(token))
    return token[:place] + chance.choice(ALPHABET + STRANGE) + token[place + 1 :]


def a_character_more_or_less(chance, tokens, _):
    token = chance.choice(tokens)
    place = chance.randrange(len(token) + 1)
    if chance.random() < 0.5:
        return token[:place] + token[place + 1 :]
    return token[:place] + chance.choice(ALPHABET + STRANGE) + token[place:]


def several_characters(chance, tokens, _):
    token = list(chance.choice(tokens))
    for _ in range(chance.randint(2, 20)):
        token[chance.randrange(len(token))] = chance.choice(ALPHABET)
    return "".join(token)


def bits_of_a_part(chance, tokens, _):
    parts = chance.choice(tokens).split(".")
    which = chance.randrange(3)
    data = bytearray(decoded(parts[which]))
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    parts[which] = part(bytes(data))
    return ".".join(parts)


def another_spelling(chance, tokens, _):
    """The same bytes, written otherwise: padding, trailing bits, the other alphabet, white space."""
    parts = chance.choice(tokens).split(".")
    which = chance.randrange(3)
    text = parts[which]
    loose = {2: 16, 3: 4}.get(len(text) % 4)
    if loose is not None and chance.random() < 0.5:
        parts[which] = text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + chance.randrange(1, loose)]
        return ".".join(parts)
    spelt = chance.choice((text + "=", text + "==", text + "\n", " " + text, text + "%3D", f"{text}A", f"{text}AA"))
    parts[which] = spelt if chance.random() < 0.8 else text[:8] + chance.choice(" \n\r\t=") + text[8:]
    return ".".join(parts)


def parts_of_several(chance, tokens, _):
    head, payload, signature = (chance.choice(tokens).split(".")[which] for which in range(3))
    return f"{head}.{payload}.{signature}"


def parts_too_many_or_few(chance, tokens, _):
    parts = chance.choice(tokens).split(".")
    others = [
        parts[:2],
        [*parts[:2], ""],
        [*parts, parts[2]],
        ["", *parts],
        parts[1:],
        [parts[0], "", parts[2]],
        [*parts, ""],
        [parts[0], parts[0], parts[2]],
    ]
    if chance.random() < 0.1:
        return json.dumps(dict(zip(("protected", "payload", "signature"), parts, strict=True)))
    cut = chance.choice(others)
    return ".".join(cut)[: None if chance.random() < 0.5 else chance.randrange(1, len(".".join(cut)))]


# Keys and algorithms.


def no_signature(chance, tokens, urls):
    algorithm = chance.choice(("none", "None", "NONE", "nOnE", "", None, "RS256", "ES256"))
    head = {"alg": algorithm, "kid": chance.choice(("RSA", "ECP-256", None))}
    last = chance.choice(("", "AA", part(b""), chance.choice(tokens).split(".")[2]))
    return f"{part(head)}.{part(varied(chance, urls))}.{last}"


def secret_of_a_public_key(chance, _, urls):
    """HMAC under everything that a public key could be taken for."""
    algorithm, name = chance.choice(ALGORITHMS), chance.choice(NAMES)
    public = issuing.key(algorithm, name).public_key()
    jwk = issuing.public(algorithm, name)
    spki = PublicFormat.SubjectPublicKeyInfo
    secrets = [
        public.public_bytes(Encoding.PEM, spki),
        public.public_bytes(Encoding.PEM, spki).strip(),
        public.public_bytes(Encoding.DER, spki),
        json.dumps(jwk).encode(),
        str(jwk.get("n", jwk.get("x"))).encode(),
        decoded(jwk.get("n") or jwk["x"]),
        b"",
    ]
    mac = chance.choice(("HS256", "HS384", "HS512"))
    head = {"alg": chance.choice((mac, mac, algorithm)), "kid": kid(algorithm)}
    signing = f"{part(head)}.{part(varied(chance, urls))}"
    made = HMACAlgorithm(getattr(HMACAlgorithm, mac.replace("HS", "SHA"))).sign(
        signing.encode(), chance.choice(secrets)
    )
    return f"{signing}.{part(made)}"


def a_strangers_key(chance, _, urls):
    """Signed by whoever comes along, who points at his own key in every way there is."""
    algorithm = chance.choice(ALGORITHMS)
    own = issuing.public(algorithm, "stranger")
    hints = [
        {},
        {"jwk": own},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/x"},
        {"x5c": ["MIIB"]},
        {"kid": own["kid"]},
        {"kid": ...},
        {"kid": "../../dev/null"},
        {"kid": "RSA\0"},
        {"kid": ""},
        {"kid": ["RSA"]},
        {"kid": None, "jwk": own},
    ]
    return signed(varied(chance, urls), algorithm, "stranger", chance.choice(hints))


def the_other_issuers_key(chance, _, urls):
    """Both issuers are trusted, each for itself: a key of one signs nothing of the other."""
    which = chance.randrange(2)
    return signed(claims(urls[which]), chance.choice(ALGORITHMS), NAMES[1 - which])


def another_algorithm(chance, _, urls):
    """A right signature, under the name of another algorithm or key."""
    algorithm, other = chance.sample(ALGORITHMS, 2)
    named = {"alg": other} if chance.random() < 0.5 else {"kid": kid(other)}
    if "kid" in named and kid(other) == kid(algorithm):
        named = {"alg": other}
    return signed(claims(urls[0]), algorithm, headers=named)


def another_form_of_signature(chance, tokens, urls):
    if chance.random() < 0.4:
        head = f"{part({'alg': chance.choice(('RS256', 'PS256')), 'kid': 'RSA'})}.{part(claims(urls[0]))}"
        pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
        return f"{head}.{part(issuing.key().sign(head.encode(), pss, SHA256()))}"
    token = chance.choice(tokens)
    head, _, last = token.rpartition(".")
    raw = decoded(last)
    half = len(raw) // 2
    zero, wide = bytes(half), bytes(8)
    forms = [
        encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:])),
        zero + zero,
        raw[:half] + zero,
        zero + raw[half:],
        wide + raw,
        raw + wide,
        wide + raw[:half] + wide + raw[half:],
        raw[half:] + raw[:half],
        raw[::-1],
        raw[1:],
        raw[:-1],
        bytes(len(raw)),
        b"\xff" * len(raw),
        chance.randbytes(len(raw)),
    ]
    return f"{head}.{part(chance.choice(forms))}"


def a_critical_header(chance, _, urls):
    header = chance.choice(
        (
            {"crit": ["exp"]},
            {"crit": []},
            {"crit": ["b64"], "b64": False},
            {"b64": False},
            {"b64": True},
            {"crit": None},
        )
    )
    return signed(claims(urls[0]), chance.choice(ALGORITHMS), headers=header)


# Claims, rightly signed, that do not hold.


def a_wrong_claim(chance, _, urls):
    now = int(time.time())
    wrong = [
        {"exp": now - chance.randint(301, 10**9)},
        {"exp": chance.choice((None, ..., True, "9999999999", 1e10, -1, [now + 60], {"exp": now}))},
        {"iat": chance.choice((None, ..., False, str(now), float(now), now + 999, now - 10**6, 0))},
        {"nbf": chance.choice((now + chance.randint(301, 10**9), "0", 0.5, True, [0], now + 10**30))},
        {"aud": chance.choice((..., None, "", "APP", "app ", "ap", [], ["x"], [["app"]], {"app": 1}, 5, ["app", 5]))},
        {"azp": chance.choice(("", "x", "APP", ["app"], 5, True, {"app": "app"}))},
        {"sub": chance.choice((..., None, "", 5, ["repo"], {"a": 1}, "s" * 256, True))},
        {"iss": wrong_issuer(chance, urls)},
        {"https://aws.amazon.com/source_identity": chance.choice(("a", "aws:x", 5, "a b", ["alice"], "x" * 65))},
        {TAGS: chance.choice(("x", [], 5, {"principal_tags": "x"}, {"principal_tags": {"a": ["b", "c"]}}))},
        {f"{TAGS}/principal_tags/": "x"},
        {f"{TAGS}/principal_tags/a": chance.choice((5, None, [], ["a", "b"], "\0", "*"))},
    ]
    return signed(claims(urls[0], **chance.choice(wrong)), chance.choice(ALGORITHMS))


def wrong_issuer(chance, urls):
    url = urls[0]
    return chance.choice(
        (
            url + "/",
            url.upper(),
            url.replace("https", "http"),
            url.replace("https://", ""),
            " " + url,
            url + "\0",
            url + "/../two.example",
            "https://one.example:443",
            "https://user@one.example",
            urls[1],
            [url],
            {"iss": url},
            None,
            "",
            "https://",
        )
    )


def a_member_twice(chance, _, urls):
    """Two readers could take either: a rightly signed token, or a header, with one name twice."""
    good = json.dumps(claims(urls[0]))
    name = chance.choice(("sub", "aud", "iss", "exp", "x"))
    value = json.dumps(claims(urls[0]).get(name, 1))
    again = f'{good[:-1]}, "{name}": {value}, "{name}": {value}}}'
    if chance.random() < 0.7:
        return signed(again.encode(), chance.choice(ALGORITHMS))
    head = part(b'{"alg": "RS256", "kid": "RSA", "alg": "RS256"}')
    signing = f"{head}.{part(good.encode())}"
    return f"{signing}.{part(jwt.get_algorithm_by_name('RS256').sign(signing.encode(), issuing.key()))}"


def no_object(chance, _, urls):
    good = json.dumps(claims(urls[0]))
    payload = chance.choice(
        (
            "[]",
            "null",
            f"[{good}]",
            f"{good}{good}",
            good[:-1],
            good + "x",
            "\ufeff" + good,
            good[:-1] + ', "x": NaN}',
            good[:-1] + ', "x": ' + "[" * 30 + "]" * 30 + "}",
            good.replace('"app"', "'app'"),
            "",
        )
    )
    return signed(payload.encode("utf-8"), chance.choice(ALGORITHMS))


def varied(chance, urls):
    """Claims that would be good if they were signed."""
    return claims(chance.choice(urls), sub=f"repo:shop/{chance.randrange(10**6)}")


KINDS = {
    make.__name__.replace("_", " "): make
    for make in (
        another_character,
        a_character_more_or_less,
        several_characters,
        bits_of_a_part,
        another_spelling,
        parts_of_several,
        parts_too_many_or_few,
        no_signature,
        secret_of_a_public_key,
        a_strangers_key,
        the_other_issuers_key,
        another_algorithm,
        another_form_of_signature,
        a_critical_header,
        a_wrong_claim,
        a_member_twice,
        no_object,
    )
}
"""Every way of forging, each as often as the others."""
