"""Each code of the linter: a policy that has it, and one near to it that has not."""

import json

import pytest

from keyreeve.policy import Kind
from keyreeve.policy.lint import CODES
from policy.lint_errors import ERRORS
from policy.lint_others import OTHERS
from policy.linting import allow, codes, text_of

EXAMPLES = ERRORS | OTHERS
OF_TEXT = {
    "DUPLICATE_KEYS": ('{"Statement": [], "Statement": []}', '{"Statement": []}'),
    "JSON_SYNTAX_ERROR": ('{"Statement": [}', '{"Statement": []}'),
    "INVALID_VERSION": (
        json.dumps({"Version": "2012-10-18", "Statement": allow()}),
        json.dumps({"Version": "2012-10-17", "Statement": allow()}),
    ),
}
UNMET = {"POLICY_REFUSED"}
"""For refusals to come: every one of today has a code of its own."""


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_has_it(code):
    kind, has, _ = EXAMPLES[code]
    assert code in codes(text_of(has), kind)


@pytest.mark.parametrize("code", EXAMPLES)
def test_one_near_to_it_has_not(code):
    kind, _, has_not = EXAMPLES[code]
    found = codes(text_of(has_not), kind)
    assert code not in found
    assert not [each for each in found if CODES[each].group == "ERROR"]


@pytest.mark.parametrize("code", OF_TEXT)
def test_texts(code):
    has, has_not = OF_TEXT[code]
    assert code in codes(has, Kind.IDENTITY)
    assert code not in codes(has_not, Kind.IDENTITY)


def test_every_code_has_its_example():
    assert set(EXAMPLES) | set(OF_TEXT) | UNMET == set(CODES)
