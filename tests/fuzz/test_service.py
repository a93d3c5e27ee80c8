"""Bad input, by grammar: whatever is asked, AWS's answer or AWS's error, and never a changed store with an error."""

import os
import secrets
from collections import Counter

import pytest
from tests.fuzz.properties import fuzz

PROOFS = bool(os.environ.get("KEYREEVE_PROOFS"))
# The gate draws the same requests each time; the proofs draw new ones. KEYREEVE_SEED gives back those of a report.
SEED = os.environ.get("KEYREEVE_SEED") or (secrets.token_hex(4) if PROOFS else "keyreeve")
EXPECTED = {
    "AccessDenied", "EntityAlreadyExists", "IncompleteSignature", "InvalidAction", "InvalidClientTokenId",
    "MalformedInput", "MalformedPolicyDocument", "MissingAction", "MissingAuthenticationToken", "NoSuchEntity",
    "SignatureDoesNotMatch", "ValidationError",
}  # fmt: skip
ROUNDS, REQUESTS = (400, 250) if PROOFS else (12, 250)


@pytest.mark.slow
def test_every_answer_is_an_answer(world):
    print(f"KEYREEVE_SEED={SEED}: {ROUNDS} rounds of {REQUESTS} requests")  # noqa: T201  the seed is the report
    outcomes = Counter()
    for number in range(ROUNDS):
        outcomes += fuzz(world(f"{SEED}-{number}"), f"{SEED}-{number}", REQUESTS)
    print(outcomes.most_common())  # noqa: T201  and so is what came of it
    assert outcomes.total() == ROUNDS * REQUESTS
    # The fuzz means something only while it gets deep: a good part succeeds, and refusals are of every kind.
    assert outcomes[200, ""] > outcomes.total() / 8
    codes = {code for _, code in outcomes}
    assert codes >= EXPECTED
