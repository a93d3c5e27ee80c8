"""RFC 6238's own vectors, the window, and single use."""

from datetime import UTC, datetime, timedelta

import pytest

from keyreeve.access import totp

SEED = b"12345678901234567890"
STEP = timedelta(seconds=30)
NOW = datetime(2026, 11, 24, 10, 0, 15, tzinfo=UTC)
CURRENT = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_rfcs_vectors(seconds, expected):
    """RFC 6238 appendix B, SHA-1, the last six of eight digits."""
    assert totp.code(SEED, seconds // 30) == expected
    assert totp.verify(SEED, expected, datetime.fromtimestamp(seconds, UTC), 0) == seconds // 30


@pytest.mark.parametrize(("behind", "matches"), [(-1, False), (0, True), (1, True), (2, False)])
def test_the_window_is_this_step_and_the_one_before(behind, matches):
    step = CURRENT - behind
    assert totp.verify(SEED, totp.code(SEED, step), NOW, 0) == (step if matches else None)


def test_a_code_works_once():
    given = totp.code(SEED, CURRENT)
    step = totp.verify(SEED, given, NOW, 0)
    assert totp.verify(SEED, given, NOW, step) is None
    assert totp.verify(SEED, given, NOW + STEP, step) is None
    assert totp.verify(SEED, totp.code(SEED, CURRENT - 1), NOW, step) is None
    assert totp.verify(SEED, totp.code(SEED, CURRENT + 1), NOW + STEP, step) == step + 1


@pytest.mark.parametrize("given", ["", "12345", "1234567", " 287082", "28708٢", "-87082", "abcdef", "287082\n"])
def test_what_is_no_code(given):
    assert totp.verify(SEED, given, datetime.fromtimestamp(59, UTC), 0) is None


def codes(first, second):
    return totp.code(SEED, CURRENT + first), totp.code(SEED, CURRENT + second)


@pytest.mark.parametrize("first", [-2, -1, 0])
def test_two_consecutive_codes(first):
    assert totp.verify_two(SEED, *codes(first, first + 1), NOW) == CURRENT + first + 1


@pytest.mark.parametrize(("first", "second"), [(-3, -2), (1, 2), (0, 0), (0, -1), (-2, 0)])
def test_two_other_codes(first, second):
    assert totp.verify_two(SEED, *codes(first, second), NOW) is None


def test_used_codes_do_not_resynchronise():
    assert totp.verify_two(SEED, *codes(-1, 0), NOW, last_step=CURRENT - 1) is None


def test_a_seed():
    assert totp.new_seed(bytes) == bytes(40)


@pytest.mark.parametrize(("behind", "matches"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_window_of_a_clock_that_is_off_by_ten_minutes(behind, matches):
    step = CURRENT + 20 - behind
    assert totp.verify(SEED, totp.code(SEED, step), NOW, 0, 20) == (step if matches else None)


@pytest.mark.parametrize(("off", "learnt"), [(-63, None), (-62, -61), (-2, -1), (-1, 0), (0, 1), (60, 61), (61, None)])
def test_two_codes_tell_how_far_a_clock_is_off(off, learnt):
    step = totp.verify_two(SEED, *codes(off, off + 1), NOW, 0, totp.RESYNC_STEPS)
    assert step == (None if learnt is None else CURRENT + learnt)


@pytest.mark.parametrize(("off", "drift"), [(-60, -60), (-2, -2), (-1, 0), (0, 0), (1, 0), (2, 2)])
def test_a_slow_hand_is_no_drift(off, drift):
    assert totp.drift(CURRENT + off, NOW) == drift
