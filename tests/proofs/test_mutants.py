"""No mutant of a signed request is accepted that means something else, with and without `python -O`."""

import os
import subprocess
import sys

import pytest
from tests.proofs import mutants

from keyreeve.wire import canonical

COUNT = 1_000_000 if os.environ.get("KEYREEVE_PROOFS") else 20_000
SEED = os.environ.get("KEYREEVE_SEED", "mutants")

pytestmark = pytest.mark.slow


def test_no_mutant_that_means_something_else_is_accepted(tmp_path):
    report = mutants.hunt(COUNT, SEED, tmp_path)
    print(report)  # noqa: T201
    assert report.refused > report.made // 3
    assert report.equivalent[mutants.UNSIGNED]


def test_the_same_without_asserts():
    command = [sys.executable, "-O", "-m", "tests.proofs.mutants", "--count", "2000", "--seed", SEED]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, "tests"])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "refused" in done.stdout


def test_a_verifier_that_reads_paths_without_regard_to_case_is_found(tmp_path, monkeypatch):
    path = canonical.path
    monkeypatch.setattr(canonical, "path", lambda raw: path(raw.lower()))
    with pytest.raises(mutants.Accepted):
        mutants.hunt(20_000, SEED, tmp_path)
