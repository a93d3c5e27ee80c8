"""Any text given as a policy ends in a document or in a refusal with its place: never in another error, and soon."""

import json
from time import process_time

import pytest

from keyreeve import policy
from keyreeve.policy import Kind, PolicyError

SIZE = 2**17
"""Characters, what the API takes at most."""


def document(**members):
    made = {"Effect": "Allow", "Action": "*", "Resource": "*"} | members
    return json.dumps({"Version": "2012-10-17", "Statement": [made]})


def number(written):
    return document(Condition={"NumericEquals": {"k": "@"}}).replace('"@"', written)


REFUSED = {
    "open brackets": "[" * SIZE,
    "open objects": '{"a":' * (SIZE // 5),
    "seventeen deep": "[" * 17 + "]" * 17,
    "quotes": '"' * SIZE,
    "backslashes": '"' + "\\" * SIZE,
    "longer than the reader takes": " " * (2**20 + 1),
    "white space alone": "\n" * SIZE,
    "NUL": "\x00" * 1000,
    "NUL in a key": '{"\x00": 1}',
    "NUL in a Sid": document(Sid="\x00"),
    "a byte order mark": "\ufeff" + document(),
    "a lone surrogate": '{"Version": "\ud800"}',
    "an escaped lone surrogate": document(Sid="\ud83d"),
    "a surrogate as a key": '{"\\udfff": 1}',
    "NaN": '{"Version": NaN}',
    "Infinity": '{"Statement": -Infinity}',
    "a number as version": '{"Version": ' + "1" * 100_000 + "}",
    "many members": "{" + ",".join(f'"{at}":1' for at in range(10_000)) + "}",
    "a member many times": "{" + ",".join('"a":1' for _ in range(20_000)) + "}",
    "variables never closed": document(Resource=["arn:aws:s3:::${"] * 5000),
    "variables half open": document(Resource="arn:aws:s3:::" + "${a, '" * 20_000),
    "a long date": document(Condition={"DateEquals": {"k": "2026-01-01T00:00:00." + "9" * 100_000}}),
    "a long operator": document(Condition={"ForAnyValue:" * 10_000: {}}),
    "many colons": document(Action=":" * 100_000),
}
ACCEPTED = {
    "a huge number": number("9" * 100_000),
    "a long fraction": number("0." + "9" * 100_000),
    "a huge exponent": number("1e" + "9" * 1000),
    "escaped NUL": document(Condition={"StringEquals": {"\x00": "\x00"}}),
    "many statements": json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}] * 2000}
    ),
    "many variables": document(Resource="arn:aws:s3:::" + "${k}" * 30_000),
    "many wildcards": document(Resource="arn:aws:s3:::" + "?*" * 60_000),
    "many conditions": document(Condition={"StringLike": {f"k{at}": "*a?" for at in range(5000)}}),
    "a long address": document(Condition={"IpAddress": {"k": "1." * 50_000}}),
    "a long mask": document(Condition={"IpAddress": {"k": "1.2.3.4/" + "9" * 100_000}}),
    "long base64": document(Condition={"BinaryEquals": {"k": "QUFB" * 25_000}}),
}


def quickly(text, kind):
    start = process_time()
    try:
        return policy.parse(text, kind)
    finally:
        assert process_time() - start < 5  # a tenth of a second; a busy machine gets time


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_text_is_refused_with_its_place(name):
    for kind in Kind:
        with pytest.raises(PolicyError) as refused:
            quickly(REFUSED[name], kind)
        assert refused.value.sentence
        assert len(refused.value.sentence) < 2 * SIZE
        assert isinstance(refused.value.place.line, int)


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_text_that_only_looks_hostile_is_read_and_decided(say, name):
    held = policy.Policy(quickly(ACCEPTED[name], Kind.INLINE), "identity", name)
    request = say.ask(say.user(), context={"k": "1"})
    assert policy.decide(request, policy.Policies(identity=(held,))).verdict in ("allowed", "implicit_deny")
