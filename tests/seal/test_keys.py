"""Envelopes: what is sealed opens in its place, under its purpose and its ring, and nowhere else."""

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.seal import Keys, SealBroken
from keyreeve.seal.keys import OVERHEAD_BYTES, Key
from keyreeve.seal.ring import rotated

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def keys(seed=1):
    return Keys((Key(id=f"{seed:08x}", created=NOW, secret=bytes([seed]) * 32, state="primary"),))


KEYS = keys()


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_sealed_opens(plaintext, row):
    sealed = KEYS.seal(plaintext, row, os.urandom)
    assert KEYS.unseal(sealed, row) == plaintext
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    with pytest.raises(SealBroken):
        KEYS.unseal(sealed, row + "x")
    with pytest.raises(SealBroken):
        KEYS.unseal_token(sealed)


def test_no_byte_can_be_changed():
    sealed = KEYS.seal(b"secret", "row", os.urandom)
    for at in range(len(sealed)):
        with pytest.raises(SealBroken):
            KEYS.unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "row")
        with pytest.raises(SealBroken):
            KEYS.unseal(sealed[:at], "row")
    with pytest.raises(SealBroken):
        KEYS.unseal(sealed + b"x", "row")


def test_another_ring_opens_nothing():
    with pytest.raises(SealBroken, match="not sealed under this key ring"):
        keys(2).unseal(KEYS.seal(b"secret", "row", os.urandom), "row")


def test_the_same_secret_is_never_sealed_alike():
    assert KEYS.seal(b"secret", "row", os.urandom) != KEYS.seal(b"secret", "row", os.urandom)


def test_tokens_share_a_salt_for_so_many_and_never_a_nonce(monkeypatch):
    monkeypatch.setattr("keyreeve.seal.keys.TOKENS_PER_SALT", 3)
    ring = keys()
    tokens = [ring.seal_token(b"token", os.urandom) for _ in range(7)]
    assert [ring.unseal_token(token).plaintext for token in tokens] == [b"token"] * 7
    salts = [token[5:17] for token in tokens]
    assert salts == [salts[0]] * 3 + [salts[3]] * 3 + [salts[6]]
    assert len(set(salts)) == 3
    assert len({token[17:29] for token in tokens}) == 7


def test_two_states_of_a_ring_share_no_salt():
    assert keys().seal_token(b"", os.urandom)[5:17] != keys().seal_token(b"", os.urandom)[5:17]


def test_rotation_opens_what_was_sealed():
    sealed, token = KEYS.seal(b"secret", "row", os.urandom), KEYS.seal_token(b"token", os.urandom)
    after = rotated(rotated(KEYS, NOW), NOW)
    assert after.unseal(sealed, "row") == b"secret"
    assert after.unseal_token(token) == (b"token", NOW)
    assert after.unseal_token(after.seal_token(b"token", os.urandom)) == (b"token", None)
    with pytest.raises(SealBroken):
        KEYS.unseal(after.seal(b"secret", "row", os.urandom), "row")


def test_a_compromised_key_opens_records_only():
    sealed, token = KEYS.seal(b"secret", "row", os.urandom), KEYS.seal_token(b"token", os.urandom)
    after = rotated(rotated(KEYS, NOW, compromised=True), NOW)
    assert after.unseal(sealed, "row") == b"secret"
    with pytest.raises(SealBroken, match="compromised"):
        after.unseal_token(token)
    assert [key.state for key in after.all] == ["primary", "retired", "compromised"]


def test_codes():
    code = KEYS.mac(b"data", "head")
    after = rotated(KEYS, NOW)
    assert KEYS.mac(b"data", "head") == code != after.mac(b"data", "head")
    for ring in (KEYS, after):
        assert ring.authentic(b"data", code, "head")
        assert not ring.authentic(b"datb", code, "head")
        assert not ring.authentic(b"data", code, "floor")
        assert not ring.authentic(b"data", code[:-1], "head")
        assert not ring.authentic(b"data", b"", "head")
    assert not keys(2).authentic(b"data", code, "head")


def test_a_compromised_key_authenticates_nothing():
    code = KEYS.mac(b"data", "head")
    after = rotated(KEYS, NOW, compromised=True)
    assert not KEYS.exposed(b"data", code, "head")
    assert not after.authentic(b"data", code, "head")
    assert after.exposed(b"data", code, "head")
    assert not after.exposed(b"datb", code, "head")
    assert after.authentic(b"data", after.mac(b"data", "head"), "head")


def test_purpose_and_data_are_apart():
    assert KEYS.mac(b"bc", "a") != KEYS.mac(b"c", "ab")


def test_nothing_shows_a_secret():
    key = KEYS.all[0]
    shown = repr(KEYS) + repr(key) + repr(KEYS.all)
    assert repr(key.secret) not in shown
    assert shown.count(key.id) == 3


def test_one_primary():
    key = KEYS.all[0]
    with pytest.raises(ValueError, match="one primary"):
        Keys(())
    with pytest.raises(ValueError, match="no two keys"):
        Keys((key, Key(id=key.id, created=NOW, secret=bytes(32), state="retired")))
