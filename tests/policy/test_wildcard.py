from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.policy.wildcard import Wild, alternatives, matcher, tokens


def wild(text, pattern):
    """The textbook recursion."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return wild(text, pattern[1:]) or (bool(text) and wild(text[1:], pattern))
    return bool(text) and pattern[0] in ("?", text[0]) and wild(text[1:], pattern[1:])


def within_fields(text, pattern):
    """The same for tokens, where some wildcards stop at a colon."""
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if isinstance(first, str):
        return text.startswith(first) and within_fields(text[len(first) :], rest)
    passes = bool(text) and (text[0] != ":" or first in (Wild.RUN, Wild.ONE))
    if first in (Wild.ONE, Wild.ONE_IN_FIELD):
        return passes and within_fields(text[1:], rest)
    return within_fields(text, rest) or (passes and within_fields(text[1:], pattern))


@given(st.text("ab:", max_size=12), st.text("ab:*?", max_size=8))
def test_globs_are_the_textbook_recursion(text, pattern):
    assert alternatives([tokens(pattern)]).match(text) is wild(text, pattern)


@given(st.text("ab:", max_size=9), st.lists(st.sampled_from(["a", "b:", *Wild]), max_size=7))
def test_wildcards_within_fields_stop_at_colons(text, pattern):
    assert matcher(pattern)(text) is within_fields(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/x", True),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket//test/x", True),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/test/", True),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/test/x", False),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1-test/x", False),
        ("", "", True),
        ("*", "", True),
        ("?*", "", False),
        ("é?", "éö", True),
        ("*ab*b", "ab", False),
        ("*ab*b", "abb", True),
        ("a*b*b*c", "abc", False),
        ("*a*", "ab", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "abab", True),
        ("*?", "a", True),
        ("*?", "ab", True),
        ("?*?", "a", False),
        ("*a?*", "xab", True),
    ],
)
def test_runs_span_separators(pattern, text, expected):
    assert alternatives([tokens(pattern)]).match(text) is expected


def test_asterisks_beside_each_other_are_one():
    assert tokens("?***a**?*") == (Wild.ONE, Wild.RUN, "a", Wild.RUN, Wild.ONE, Wild.RUN)


@pytest.mark.parametrize("pattern", ["*a" * 3000 + "b", "?*" * 3000 + "b", "*?a" * 2000 + "b", "*a?" * 2000])
def test_the_nastiest_patterns_are_quick(pattern):
    match = matcher(tokens(pattern))
    match("a")
    start = process_time()
    match("a" * 2048)
    assert process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "expected"), [("xé" + "ab" * 50, True), ("x" + "ab" * 50, False), ("xy" + "ba" * 50, False)]
)
def test_long_literals_beside_single_characters(text, expected):
    assert matcher(tokens("x?" + "ab" * 40 + "*?b"))(text) is expected


@pytest.mark.parametrize("text", ["a", "xb", "a:c:b", "a:x:"])
def test_what_is_not_matched_is_answered_with_no(text):
    assert matcher(tokens("a*x*b"))(text) is False
