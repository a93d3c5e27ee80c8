"""What texts are worth to the operators: numbers, instants, truths, addresses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from keyreeve.policy import values

SECOND = 10**9


def instant(*parts, nanoseconds=0):
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * SECOND + nanoseconds


MOMENTS = {
    "2026": instant(2026, 1, 1),
    "2026-11": instant(2026, 11, 1),
    "2026-11-24": instant(2026, 11, 24),
    "2026-11-24T10:05Z": instant(2026, 11, 24, 10, 5),
    "2026-11-24T23:59:59Z": instant(2026, 11, 24, 23, 59, 59),
    "2026-11-24t10:05:06z": instant(2026, 11, 24, 10, 5, 6),
    "2026-11-24T10:05:06.123456789Z": instant(2026, 11, 24, 10, 5, 6, nanoseconds=123456789),
    "2026-11-24T10:05:06.5Z": instant(2026, 11, 24, 10, 5, 6, nanoseconds=SECOND // 2),
    "2026-11-24T10:05:06+05:30": instant(2026, 11, 24, 4, 35, 6),
    "2026-11-24T10:05:06-05:30": instant(2026, 11, 24, 15, 35, 6),
    "2026-11-24T10:05:06-23:59": instant(2026, 11, 25, 10, 4, 6),
    "1970-01-01T00:00:00Z": 0,
    "1969-12-31T23:59:59Z": -SECOND,
    "0": 0,
    "-1": -SECOND,
    "20260": 20260 * SECOND,
    "9223372036854775807": (2**63 - 1) * SECOND,
    "-9223372036854775808": -(2**63) * SECOND,
}
NO_MOMENTS = [
    "",
    "soon",
    "2026-13",
    "2026-00",
    "2026-02-29",
    "2026-11-24T24:00Z",
    "2026-11-24T10:60Z",
    "2026-11-24T10:05:60Z",
    "2026-11-24T10:05",
    "2026-11-24T10:05+24:00",
    "2026-11-24T10:05+05:60",
    "2026-11-24T10:05:06.1234567890Z",
    "9223372036854775808",
    "-9223372036854775809",
    "0000",
    "+1",
    "1.5",
]


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_counted_in_nanoseconds(text):
    assert values.moment(text) == MOMENTS[text]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_none(text):
    assert values.moment(text) is None


@pytest.mark.parametrize(("text", "number"), [("10.50", "10.5"), ("-3", "-3"), ("+7", "7"), ("007", "7")])
def test_a_number_is_its_value(text, number):
    assert values.number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1e1", ".5", "5.", "1 ", "0x1", "--1", "1.5.5"])
def test_what_is_no_number_is_none(text):
    assert values.number(text) is None


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("FALSE", False), ("True", True), ("yes", None), ("", None)]
)
def test_a_truth_has_no_case(text, truth):
    assert values.boolean(text) is truth


def lies(address, *blocks):
    return values.within([values.network(block) for block in blocks])(values.address(address))


@pytest.mark.parametrize(
    ("address", "blocks", "inside"),
    [
        ("10.0.0.255", ("10.0.0.0/24",), True),
        ("10.0.1.0", ("10.0.0.0/24",), False),
        ("10.0.0.0", ("10.0.0.0/24",), True),
        ("9.255.255.255", ("10.0.0.0/24",), False),
        ("10.0.0.9", ("10.0.0.0/24", "10.0.0.0/28", "10.0.0.4"), True),
        ("10.0.0.200", ("10.0.0.0/24", "10.0.0.0/28", "10.0.0.4"), True),
        ("10.0.1.7", ("10.0.0.0/24", "10.0.1.0/24"), True),
        ("10.0.2.7", ("10.0.0.0/24", "10.0.1.0/24"), False),
        ("10.0.0.255", ("10.0.0.0/24", "10.0.0.255"), True),
        ("::1", ("0.0.0.0/0",), False),
        ("0.0.0.1", ("::/0",), False),
        ("2001:db8::5", ("10.0.0.0/8", "2001:db8::/32"), True),
    ],
)
def test_an_address_lies_in_the_blocks_of_its_version(address, blocks, inside):
    assert lies(address, *blocks) is inside


def test_a_block_is_no_address():
    assert values.address("10.0.0.0/24") is None
    assert values.network("10.0.0.0/255.0.0.0") is None
