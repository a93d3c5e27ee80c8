"""Requests of the Query protocol: what is read, what is refused, and that hostile ones cost little."""

import re
import time
import tracemalloc
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.faults import MalformedInput
from keyreeve.wire import model, query
from keyreeve.wire.exchange import Request


def post(body, *headers):
    return Request("POST", "/", "", headers, body if isinstance(body, bytes) else body.encode(), "127.0.0.1")


def read(service, operation, body):
    return query.read(model.service(service).operations[operation], query.form(post(body)))


def test_forms_are_read_from_the_body_or_the_query():
    assert query.form(post("Action=GetUser&UserName=a%2Bb+c")) == {"Action": "GetUser", "UserName": "a+b c"}
    request = Request("GET", "/", "Action=GetUser&Version=2010-05-08", (), b"Action=Other", "127.0.0.1")
    assert query.form(request) == {"Action": "GetUser", "Version": "2010-05-08"}


def test_of_a_repeated_parameter_the_first_value_holds():
    assert query.form(post("A=1&A=2&&=3&B")) == {"A": "1", "B": ""}


def test_texts_are_utf_8_escaped_or_not():
    assert query.form(post("A=%D0%B6&B=ж")) == {"A": "ж", "B": "ж"}


@pytest.mark.parametrize(
    "body",
    [b"A=\xff", b"A=%FF", b"A=%C3", b"A=%ED%A0%80", b"A=%00", b"%00=A", b"A=\x01", b"A=%EF%BF%BF", b"A=%", b"A=%4",
     b"A=%zz", b"A=%%41", b"A=%4%%5%", b"A=%\n", b"A=%\r\n41", b"A=%=41",
     b"&".join([b"A=1"] * (query.MOST_PARAMETERS + 1))],
)  # fmt: skip
def test_what_no_answer_could_carry_is_refused(body):
    with pytest.raises(MalformedInput):
        query.form(post(body))


def test_what_means_something_in_quoted_printable_means_nothing_here():
    assert query.form(post("A=x=3D=\n_=\r\n =%3D%0D%0a%2541")) == {"A": "x=3D=\n_=\r\n ==\r\n%41"}


@given(st.text(st.characters(exclude_characters="&=+"), max_size=20))
def test_escapes_are_decoded_or_refused(text):
    try:
        value = query.form(post(b"A=" + text.encode("utf-8", "surrogatepass"))).get("A")
    except MalformedInput:
        return
    assert value == unquote(text, errors="strict")


@given(st.text(max_size=20), st.sampled_from([quote, quote_plus]), st.sampled_from([str.upper, str.lower]))
def test_whatever_is_escaped_comes_back(text, escaped, digits):
    body = re.sub("%..", lambda escape: digits(escape[0]), escaped(text, safe=""))
    try:
        assert query.form(post(f"A={body}")) == {"A": text}
    except MalformedInput:
        assert re.search("[^\t\n\r -\ufffd\U00010000-\U0010ffff]", text)


@pytest.mark.parametrize(
    ("kind", "is_form"),
    [
        ("application/x-www-form-urlencoded", True),
        ("Application/X-WWW-Form-Urlencoded ; charset=utf-8", True),
        ("application/json", False),
        ("", False),
    ],
)
def test_the_content_type_of_forms(kind, is_form):
    assert query.is_form(post("", ("content-type", kind))) is is_form
    assert not query.is_form(post(""))


def test_unknown_parameters_are_ignored():
    assert read("iam", "GetUser", "UserName=a&username=b&UserName.x=c&Foo.member.1=d") == {"user_name": "a"}


def test_elements_come_in_the_order_of_their_indices():
    body = "TagKeys.member.10=c&TagKeys.member.9=b&TagKeys.member.1=a&UserName=u"
    assert read("iam", "UntagUser", body) == {"user_name": "u", "tag_keys": ["a", "b", "c"]}


def test_an_empty_value_is_an_empty_list():
    assert read("sts", "AssumeRole", "PolicyArns=") == {"policy_arns": []}


@pytest.mark.parametrize(
    "body",
    ["PolicyArns=arn", "PolicyArns.1.arn=x", "PolicyArns.member=x", "PolicyArns.member.x.arn=x", "Tags.member.0.Key=x",
     "PolicyArns.member.01.arn=x", "PolicyArns.member.1=x", "Tags.member.1.Key.x=y", "Tags.member.9999999999.Key=x",
     "TransitiveTagKeys.member.1.x=y", "PolicyArns.members.1.arn=x"],
)  # fmt: skip
def test_a_list_that_is_none_is_refused_and_not_overlooked(body):
    """Overlooked session policies would widen the session."""
    with pytest.raises(MalformedInput):
        read("sts", "AssumeRole", body)


@pytest.mark.parametrize(("text", "number"), [("900", 900), ("+900", 900), ("0900", 900), ("-2147483648", -(2**31))])
def test_integers(text, number):
    assert read("sts", "AssumeRole", f"DurationSeconds={text.replace('+', '%2B')}") == {"duration_seconds": number}


@pytest.mark.parametrize("text", ["x", "1.0", "1_000", " 1", "%D9%A1", "2147483648", "1" * 50, "0x10"])
def test_no_integers(text):
    with pytest.raises(MalformedInput) as raised:
        read("sts", "AssumeRole", f"DurationSeconds={text}")
    assert raised.value.message is None


def test_an_integer_without_digits():
    with pytest.raises(MalformedInput, match=r"^missing value for decimal type$"):
        read("sts", "AssumeRole", "DurationSeconds=")


def test_booleans():
    assert read("iam", "UpdateAccountPasswordPolicy", "HardExpiry=true&RequireNumbers=false") == {
        "hard_expiry": True,
        "require_numbers": False,
    }
    with pytest.raises(MalformedInput):
        read("iam", "UpdateAccountPasswordPolicy", "HardExpiry=yes")


DEEP = ".".join("abcdefghijklmnop")


@pytest.mark.parametrize(
    "body",
    [
        "ContextEntries.member.999999999.ContextKeyName=x",
        "&".join(f"ContextEntries.member.{index}.{DEEP}=x" for index in range(1, 5000)),
        "ContextEntries" + ".a" * 500_000 + "=x",
        "PolicyInputList.member.1=" + "%41" * 300_000,
    ],
    ids=["index", "depth", "dots", "escapes"],
)
def test_hostile_names_cost_little(body):
    tracemalloc.start()
    started = time.process_time()
    read("iam", "SimulateCustomPolicy", body)
    seconds, (_, most) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 1
    assert most < 30_000_000
