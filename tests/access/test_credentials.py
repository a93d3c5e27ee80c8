"""Access key ids tell their account; secrets and ids have AWS's form; a seed replays them."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.access.credentials import access_key_id, account_of, secret_access_key, unique_id

accounts = st.integers(0, 999_999_999_999).map("{:012d}".format)
chances = st.randoms(use_true_random=False).map(lambda source: source.randbytes)


@given(accounts, chances, st.sampled_from(["AKIA", "ASIA"]))
def test_a_key_id_tells_its_account(account_id, chance, prefix):
    made = access_key_id(prefix, account_id, chance)
    assert re.fullmatch(f"{prefix}[Q-Z2-7][A-Z2-7]{{15}}", made)
    assert account_of(made) == account_id


@given(accounts, chances)
def test_a_unique_id(account_id, chance):
    made = unique_id("AROA", account_id, chance)
    assert re.fullmatch("AROA[A-Z2-7]{17}", made)
    assert account_of(made[:-1]) == account_id


@given(chances)
def test_a_secret(chance):
    assert re.fullmatch("[A-Za-z0-9+/]{40}", secret_access_key(chance))


def test_public_examples():
    assert account_of("ASIAQNZGKIQY56JQ7WML") == "029608264753"  # from the public analysis
    assert account_of("ASIAY34FZKBOKMUTVV7A") == "609629065308"


@pytest.mark.parametrize(
    "text", ["", "AKIAIOSFODNN7EXAMPLE", "AKIA", "AKIA7777777777777777", "AKIAQ\n", "akiaqnzgkiqy56jq7wml"]
)
def test_an_id_that_tells_none(text):
    assert account_of(text) is None


def test_a_seed_replays():
    def made(seed):
        chance = random.Random(seed).randbytes  # noqa: S311  to be repeated, not to be secret
        return (
            access_key_id("AKIA", "123456789012", chance),
            unique_id("AIDA", "123456789012", chance),
            secret_access_key(chance),
        )

    assert made(1) == made(1) != made(2)
