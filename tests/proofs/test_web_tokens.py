"""Forged web identity tokens open nothing, and genuine ones do: see `web_tokens.py`. And that the proof can fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.proofs.web_tokens import FAULTS

TOKENS = 100_000 if os.environ.get("KEYREEVE_PROOFS") else 5_000
SEED = os.environ.get("KEYREEVE_SEED", "1")
ROOT = Path(__file__).parents[2]
HERE = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"

pytestmark = pytest.mark.slow


def proof(*arguments):
    """Run it as `python -O` does: what is asserted is gone, and nothing of the proof with it."""
    path = os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-O", "-m", "tests.proofs.web_tokens", "--seed", SEED, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def test_no_forged_token_is_accepted_and_every_genuine_one_is():
    done = proof("--tokens", str(TOKENS))
    print(done.stdout)  # noqa: T201  the seed and the counts
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TOKENS} forged tokens, 0 of them accepted" in done.stdout
    assert "0 of them refused" in done.stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    done = proof("--tokens", "2000", "--fault", fault)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{fault}: " in done.stdout
