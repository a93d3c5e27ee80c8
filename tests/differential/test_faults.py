"""The harness can fail: it finds every fault that is planted in the engine."""

import pytest
from tests.differential import hunt
from tests.differential.planting import Fault, planted


@pytest.mark.slow
@pytest.mark.parametrize("fault", hunt.FAULTS, ids=lambda fault: fault.what)
def test_a_planted_fault_is_caught(fault):
    assert hunt.caught(fault) is not None


def test_a_copy_without_a_fault_is_no_catch():
    assert hunt.caught(None, cases=300) is None


def test_a_fault_that_does_not_fit_the_source_is_an_error():
    with pytest.raises(LookupError, match="holds 0 times"), planted(Fault("gone", "arn.py", "no such line", "")):
        pass


def test_planted_faults_are_told_apart_by_their_names():
    assert len({fault.what for fault in hunt.FAULTS}) == len(hunt.FAULTS) >= 40
