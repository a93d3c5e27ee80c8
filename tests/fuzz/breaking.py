"""Ways to break a request. Each takes a draft and a source of chance; the hopeless may never be answered with 200."""

from base64 import b64encode
from datetime import datetime, timedelta
from urllib.parse import quote

from tests.fuzz.drafts import Credentials

WILD = (
    "", " ", "\0", "a\0b", "\x01\x1f", "\ufffe", "\U0010ffff", "🔑" * 40, "é", "\r\nX-Injected: 1", "<x>&\"'",
    "]]>", "%00", "+", "-1", "0", "99999999999999999999", "1e9", "NaN", "true", "null", "../../etc/passwd", "*",
    "?", "'; --", "${aws:username}", "a" * 129, "a" * 70_000, "1" * 6000, "${" * 3000, "*?" * 4000,
    "arn:aws:iam::1:user/" + "a/" * 600, "\ufeffalice", "alice ", "ALICE", "\u202e",
)  # fmt: skip
HEAD = b"Action=GetUser&Version=2010-05-08"
RAW = (
    b"", b"&", b"=", b"&&&==", b"Action", b"Action=", b"Action=GetUser", b"\xff\xfe", b"Action=%ff&Version=%", b"%zz",
    b"Action=%", HEAD + b"&UserName=%C3", HEAD + b"&UserName=%ED%A0%80", b"\0" * 300, b'{"Action":"GetUser"}',
    b"<xml/>", b"--boundary\r\n\r\nx", b"A" * 300_000, b"Action=GetCallerIdentity;Version=2011-06-15",
    HEAD + b"&a=1" * 10_001, HEAD + b"&" + b".".join([b"a"] * 5000) + b"=1",
)  # fmt: skip
ENDINGS = (
    ".0", ".-1", ".01", ".member", ".member.0", ".member.x", ".member.1.1.1", ".1", ".", "..", ".entry.1",
    ".member.999999999", ".member.99999999999",
)  # fmt: skip
MEMBERS = ("Nonsense", "userName", "User.Name", "UserName.member.1", "", "X-Amz-Date")
ACTIONS = (*WILD, "getuser", "GetUser ", "GetCallerIdentity", "AssumeRoleWithSAML", "DeleteEverything")
API_VERSIONS = (*WILD, "2010-05-08", "2011-06-15", "2012-11-05")
METHODS = ("GET", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
TYPES = ("application/json", "text/plain", "", "multipart/form-data; boundary=b", "application/x-amz-json-1.1")
HEADERS = (
    "x-amz-target", "x-amz-content-sha256", "x-amz-user-agent", "user-agent", "x-forwarded-for", "content-encoding",
    "x-amz-security-token",
)  # fmt: skip
HEADER_VALUES = ("", "x", "IAM.GetUser", "UNSIGNED-PAYLOAD", "é" * 40, "a" * 5000, "gzip", "1.2.3.4")
STAMPS = (
    "",
    "yesterday",
    "20261301T250000Z",
    "2026-01-01T00:00:00Z",
    "99999999T999999Z",
    "00000000T000000Z",
    "20260101",
)
SCOPES = (
    ("scope_service", "s3"), ("scope_service", "nonsense"), ("scope_service", "/"), ("scope_date", "20200101"),
    ("scope_date", "nonsense"), ("terminator", "aws5_request"), ("region", ""), ("region", "a b"),
    ("region", "US-EAST-1"), ("region", "x" * 200),
)  # fmt: skip
TARGETS = (
    ("path", "/x"), ("path", "/%zz"), ("query", "a=%zz&b"), ("query", "b=1"), ("method", "PUT"), ("method", "QUERY"),
)  # fmt: skip
PRESIGNED = (
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
    "X-Amz-Security-Token",
)  # fmt: skip


# The parameters: signed as they are, so that they get past the signature.


def dropped(draft, rng):
    if draft.pairs:
        draft.pairs.pop(rng.randrange(min(2, len(draft.pairs) - 1), len(draft.pairs)))


def repeated(draft, rng):
    if draft.pairs:
        draft.pairs.insert(rng.randrange(len(draft.pairs) + 1), (rng.choice(draft.pairs)[0], rng.choice(WILD)))


def unknown_member(draft, rng):
    draft.pairs.append((rng.choice(MEMBERS), rng.choice(WILD)))


def wild_value(draft, rng):
    if len(draft.pairs) > 2:
        at = rng.randrange(2, len(draft.pairs))
        draft.pairs[at] = (draft.pairs[at][0], rng.choice(WILD))


def wild_name(draft, rng):
    if draft.pairs:
        at = rng.randrange(len(draft.pairs))
        draft.pairs[at] = (rng.choice(WILD), draft.pairs[at][1])


def wrong_index(draft, rng):
    if draft.pairs:
        at = rng.randrange(len(draft.pairs))
        name, text = draft.pairs[at]
        draft.pairs[at] = (name.partition(".")[0] + rng.choice(ENDINGS), text)


def many_elements(draft, rng):
    if draft.pairs:
        name = rng.choice(draft.pairs)[0].partition(".")[0]
        draft.pairs += [(f"{name}.member.{index}", "x") for index in range(1, rng.choice((60, 2000)))]


def other_action(draft, rng):
    draft.pairs[:1] = [("Action", rng.choice(ACTIONS))]


def other_version(draft, rng):
    draft.pairs[1:2] = [("Version", rng.choice(API_VERSIONS))]


def no_action(draft, rng):
    without = rng.choice((("Action",), ("Version",), ("Action", "Version")))
    draft.pairs = [pair for pair in draft.pairs if pair[0] not in without]


def raw_body(draft, rng):
    draft.body = rng.choice(RAW)


def torn_body(draft, rng):
    body = bytearray(draft.form().encode() or b"=")
    for _ in range(rng.choice((1, 3, 30))):
        body[rng.randrange(len(body))] = rng.randrange(256)
    draft.body = bytes(body[: rng.choice((len(body), len(body) // 2))])


def by_query(draft, rng):
    draft.method = rng.choice(METHODS)


def other_type(draft, rng):
    draft.headers["content-type"] = rng.choice(TYPES)


def wants_json(draft, rng):
    draft.headers["accept"] = rng.choice(("application/json", "text/html, application/json;q=0.9", "*/*", "\xff"))


def more_headers(draft, rng):
    draft.headers[rng.choice(HEADERS)] = rng.choice(HEADER_VALUES)


PARAMETERS = (
    dropped, repeated, unknown_member, wild_value, wild_value, wild_value, wild_name, wrong_index, many_elements,
    other_action, other_version, no_action, raw_body, torn_body, by_query, other_type, wants_json, more_headers,
)  # fmt: skip


# The signature: hopeless, every one.


def other_date(draft, rng):
    now = datetime.strptime(draft.stamp, "%Y%m%dT%H%M%S%z")
    moved = now + rng.choice((-1, 1)) * timedelta(minutes=rng.choice((16, 60, 60 * 24, 60 * 24 * 3650)))
    draft.stamp = f"{moved:%Y%m%dT%H%M%SZ}"


def no_date(draft, rng):
    draft.stamp = rng.choice(STAMPS)


def other_scope(draft, rng):
    setattr(draft, *rng.choice(SCOPES))


def other_key(draft, rng):
    own = draft.credentials
    draft.credentials = rng.choice(
        (
            Credentials("AKIAIOSFODNN7EXAMPLE", own.secret, own.token),
            Credentials("", own.secret),
            Credentials("AKIA" + "7" * 16, "x"),
            Credentials("x" * 3000, own.secret),
            Credentials(own.access_key_id.lower(), own.secret, own.token),
            Credentials(own.access_key_id, own.secret[::-1], own.token),
            Credentials(own.access_key_id, own.secret + "=", own.token),
        )
    )


def other_token(draft, rng):
    own = draft.credentials
    junk = (b64encode(rng.randbytes(600)).decode(), "x", "A" * 5000, "é", "%00", "=" * 80)
    if own.token:
        at = rng.randrange(len(own.token))
        flipped = own.token[:at] + ("B" if own.token[at] == "A" else "A") + own.token[at + 1 :]
        junk += (own.token[:-1], flipped, own.token + "A")
    draft.credentials = Credentials(own.access_key_id, own.secret, rng.choice(junk))


def torn_authorization(draft, rng):
    def change(parts):
        name, text = parts["headers"][-1]
        at = rng.randrange(len(text))
        torn = (
            "",
            "Basic YTpi",
            text[:at],
            text[:at] + text[at + rng.randrange(1, 40) :],
            text + ", " + text,
            text.upper(),
            text[:-64] + "é" * 64,
            text.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            text.replace("Signature=", "Signature=0"),
            text.replace("SignedHeaders=", "SignedHeaders=absent;"),
            text.replace("host;", ""),
            "AWS4-HMAC-SHA256 " + "=," * 2000,
        )
        parts["headers"][-1] = (name, rng.choice(torn))

    draft.late.append(change)


def other_headers(draft, rng):
    def change(parts):
        headers = parts["headers"]
        parts["headers"] = rng.choice(
            (
                [],
                headers[:-1],
                [*headers, headers[-1]],
                [*headers, ("x-amz-unsigned", "1")],
                [*headers, ("x-amz-date", "20200101T000000Z")],
                [(name, "elsewhere" if name == "host" else text) for name, text in headers],
            )
        )

    draft.late.append(change)


def other_payload(draft, _):
    draft.late.append(lambda parts: parts.__setitem__("body", parts["body"] + b"&UserName=mallory"))


def other_target(draft, rng):
    part, text = rng.choice(TARGETS)
    draft.late.append(lambda parts: parts.__setitem__(part, "POST" if parts[part] == text else text))


def presigned_badly(draft, rng):
    scope = f"{draft.credentials.access_key_id}/20260101/us-east-1/sts/aws4_request"
    values = ("AWS4-HMAC-SHA256", "", scope, "host", "900", "-1", draft.stamp, "0" * 64, "é")
    names = rng.sample(PRESIGNED, rng.randint(1, len(PRESIGNED)))
    query = "&".join(f"{name}={quote(rng.choice(values))}" for name in names)
    alone = rng.random() < 0.7

    def change(parts):
        parts["query"] = query
        parts["headers"] = [pair for pair in parts["headers"] if not (alone and pair[0] == "authorization")]

    draft.late.append(change)


SIGNATURE = (
    other_date, no_date, other_scope, other_key, other_token, torn_authorization, other_headers, other_payload,
    other_target, presigned_badly,
)  # fmt: skip


def broken(draft, rng):
    """The draft, perhaps broken: half are left whole, most others have their parameters broken, some the signature."""
    kind = rng.random()
    if kind < 0.5:
        return draft
    ways = rng.choices(PARAMETERS, k=rng.choice((1, 1, 2, 3)))
    if kind > 0.85:
        ways.append(rng.choice(SIGNATURE))
        draft.hopeless = True
    for way in ways:
        way(draft, rng)
        draft.broken.append(way.__name__)
    return draft
