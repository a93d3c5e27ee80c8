"""Session tokens: sealed and self-contained; altered, foreign and oversize ones are refused."""

import os
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.access import tokens
from keyreeve.access.tokens import Session, TokenBroken, TokenTooLarge
from keyreeve.entities import Tag
from keyreeve.seal import KeyRing

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'


def session(**values):
    members = {
        "kind": "role_session",
        "account_id": "123456789012",
        "access_key_id": "ASIAQNZGKIQY56JQ7WML",
        "secret_access_key": SECRET,
        "principal_id": "AROAQNZGKIQY56JQ7WMLX",
        "issued": NOW,
        "expires": NOW + timedelta(hours=1),
    }
    return Session(**members | values)


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    return KeyRing.create(tmp_path_factory.mktemp("ring") / "keyring.json", NOW)


@pytest.fixture
def own(tmp_path):
    return KeyRing.create(tmp_path / "keyring.json", NOW)


texts = st.text(st.characters(codec="utf-8"), max_size=30)
some = st.none() | texts
sessions = st.builds(
    session,
    kind=st.sampled_from(["role_session", "user_session", "federated_user", "root_session"]),
    expires=st.integers(0, 36 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    session_name=some,
    parent_access_key_id=some,
    policies=st.lists(texts, max_size=2).map(tuple),
    policy_arns=st.lists(texts, max_size=2).map(tuple),
    tags=st.lists(st.builds(Tag, texts, texts), max_size=3).map(tuple),
    transitive_tag_keys=st.lists(texts, max_size=2).map(tuple),
    source_identity=some,
    mfa_time=st.none() | st.just(NOW),
    chained=st.booleans(),
)


def test_a_token_opens(ring):
    @given(sessions, st.integers(0, tokens.LONGEST_TOKEN))
    def opens(made, minimum):
        token = tokens.issue(ring, made, minimum)
        assert tokens.open(ring, token) == made
        assert hash(tokens.open(ring, token)) == hash(made)
        assert minimum <= len(token) <= tokens.LONGEST_TOKEN
        assert re.fullmatch("[A-Za-z0-9_-]+", token)

    opens()


def test_no_character_can_be_changed(ring):
    token = tokens.issue(ring, session())
    for at, character in enumerate(token):
        for other in {chr(ord(character) ^ 1), "A", "=", "\n", "é"} - {character}:
            with pytest.raises(TokenBroken):
                tokens.open(ring, token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("token", ["", "=", "A", "AQ", "\ud800", "token", "A" * 4096, "A" * 4097, "a,b", "AQ==", "\0"])
def test_what_is_no_token(ring, token):
    with pytest.raises(TokenBroken):
        tokens.open(ring, token)


def test_another_way_to_write_it_is_another_token(ring):
    token = tokens.issue(ring, session())
    for other in (token + "=", token + "\n", " " + token, token[:8] + "!" + token[8:], token + "====", token + "A"):
        with pytest.raises(TokenBroken):
            tokens.open(ring, other)


def test_a_foreign_token(ring, own):
    with pytest.raises(TokenBroken, match="not sealed under this key ring"):
        tokens.open(ring, tokens.issue(own, session()))


def test_a_sealed_record_is_no_token(ring):
    record = ring.seal(tokens._packed(msgspec.msgpack.encode(session()), 0), "")
    with pytest.raises(TokenBroken):
        tokens.open(ring, tokens._text(record))


def test_rotation_keeps_sessions(own):
    before = tokens.issue(own, session())
    own.rotate(NOW + timedelta(minutes=30))
    assert tokens.open(own, before) == session()
    assert tokens.open(own, tokens.issue(own, session())) == session()


def test_rotation_of_a_compromised_key_ends_them_at_once(own):
    before = tokens.issue(own, session())
    assert tokens.open(own, before)
    own.rotate(NOW, compromised=True)
    with pytest.raises(TokenBroken, match="compromised"):
        tokens.open(own, before)
    assert tokens.open(own, tokens.issue(own, session()))


def test_a_retired_key_makes_no_new_tokens(own):
    """So 36 hours after a rotation no token of the old key lives: whoever finds it then can make none."""
    late = tokens.issue(own, session(issued=NOW + timedelta(minutes=6), expires=NOW + timedelta(hours=1)))
    long = tokens.issue(own, session(expires=NOW + timedelta(hours=36, seconds=1)))
    assert tokens.open(own, late)
    own.rotate(NOW)
    with pytest.raises(TokenBroken, match="after its retirement"):
        tokens.open(own, late)
    with pytest.raises(TokenBroken, match="longer than any session"):
        tokens.open(own, long)


def test_compression_pays(ring):
    assert len(tokens.issue(ring, session(policies=(POLICY,) * 8))) < 8 * len(POLICY) / 2


def test_a_session_may_be_too_large(ring):
    for size in (3_000, 300_000):
        with pytest.raises(TokenTooLarge):
            tokens.issue(ring, session(session_name=os.urandom(size).hex()))


def test_the_largest_that_packing_allows_fits(ring):
    """2,048 characters of policies, 50 tags: more than the packed size ever lets through."""
    policies = (POLICY * 22)[:2048]
    tags = tuple(Tag(f"key-{at}", f"value number {at * at}") for at in range(50))
    token = tokens.issue(
        ring, session(policies=(policies,), tags=tags, transitive_tag_keys=tuple(tag.key for tag in tags))
    )
    assert tokens.open(ring, token).tags == tags


def test_a_token_padded_to_the_limit(ring):
    token = tokens.issue(ring, session(), tokens.LONGEST_TOKEN)
    assert len(token) == tokens.LONGEST_TOKEN
    assert tokens.utilization(token) == 100
    assert tokens.utilization("x" * 400) == 10


def test_the_secret_is_not_shown():
    assert SECRET not in repr(session())
