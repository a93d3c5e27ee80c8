"""Whatever the author of a policy wrote and whatever a request brings: a decision takes milliseconds."""

from time import process_time

import pytest
from tests.policy import nasty

SECONDS = 0.25
"""Of CPU. The aim is 10 ms, and the bench holds it to that; a busy machine gets time."""


@pytest.mark.parametrize("name", nasty.STATEMENTS)
def test_the_longest_and_nastiest_policies_are_decided_at_once(say, name):
    text = nasty.document(name)
    assert len(text) <= nasty.LONGEST
    held = say.policy.Policy(say.policy.parse(text, say.policy.Kind.INLINE), "identity", name)
    best = SECONDS
    for number in range(3):
        # Another text each time: nothing that was remembered helps.
        request = say.ask(say.user(), on=nasty.RESOURCE[number:], context={"n": str(number), **nasty.CONTEXT})
        start = process_time()
        say.policy.decide(request, say.policy.Policies(identity=(held,)))
        best = min(best, process_time() - start)
    assert best < SECONDS


def test_the_nasty_context_is_one_that_a_request_can_bring(say):
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in nasty.CONTEXT.items()}
    principal = {"kind": "user", "account_id": say.HERE, "arn": say.user().arn}
    asked = {"principal": principal, "action": "s3:GetObject", "resource": nasty.RESOURCE}
    assert say.policy.request(asked | {"context": {key: plain[key] for key in ("a", "bytes", "few")}})
    for value in nasty.CONTEXT.values():
        assert sum(map(len, (value,) if isinstance(value, str) else value)) <= nasty.HEAD
