"""Every line and branch of the policy engine is taken by its tests, and every one of its twin by the generators."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = ("-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-m", "not slow")
ENGINE = (*PYTEST, "tests/policy", "tests/corpus/test_cases.py", "--ignore=tests/policy/test_properties.py")
"""Without the properties: what is drawn at random covers one thing today and another tomorrow."""
TWIN = ("-m", "tests.differential.run", "--cases", "100000", "--seed", "every branch", "--jobs", "1")


def covered(tmp_path, source, command, *omitted):
    """What coverage says of a package under a command: nothing where every branch is taken."""
    data = f"--data-file={tmp_path / 'data'}"
    coverage = (sys.executable, "-m", "coverage")
    omit = [f"--omit={path}" for path in omitted]
    ran = subprocess.run(
        [*coverage, "run", data, "--branch", f"--source={source}", *omit, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = [*coverage, "report", data, "--show-missing", "--skip-covered", "--fail-under=100", "--precision=2"]
    return subprocess.run(report, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_branch_of_the_engine_is_taken_by_its_tests(tmp_path):
    found = covered(tmp_path, "keyreeve.policy", ENGINE)
    assert found.returncode == 0, found.stdout


@pytest.mark.slow
def test_every_branch_of_the_twin_is_taken_by_the_generators(tmp_path):
    found = covered(tmp_path, "spec", TWIN, "spec/__main__.py")
    assert found.returncode == 0, found.stdout
