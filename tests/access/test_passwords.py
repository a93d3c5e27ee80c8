"""Passwords rest as argon2id hashes."""

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError

from keyreeve.access import passwords


@pytest.mark.parametrize("password", ["correct horse", "", "pässwörd ሴ", "\udcff", "x" * 128])
def test_a_password_verifies_and_no_other(password):
    stored = passwords.hash(password)
    assert passwords.verify(stored, password)
    assert not passwords.verify(stored, password + "x")
    assert not passwords.needs_rehash(stored)


def test_the_parameters_are_in_the_text():
    assert passwords.hash("secret").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_salts_differ_unless_chance_repeats():
    assert passwords.hash("secret") != passwords.hash("secret")
    assert passwords.hash("secret", bytes) == passwords.hash("secret", bytes)


def test_nobody_has_a_password():
    assert not passwords.verify(None, "secret")


def test_older_parameters_are_noticed():
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("secret")
    assert passwords.verify(older, "secret")
    assert passwords.needs_rehash(older)


def test_what_is_no_hash_never_verifies():
    with pytest.raises(InvalidHashError):
        passwords.verify("secret", "secret")
