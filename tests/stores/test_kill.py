"""Kill -9: see `kill.py`, which does it; 20 rounds here, 200 with KEYREEVE_PROOFS=1. And that it can fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import keyreeve

KILL = Path(__file__).with_name("kill.py")
ROUNDS = 200 if os.environ.get("KEYREEVE_PROOFS") else 20
ROUNDS_TO_CATCH = 40


def kill(rounds, *options):
    source = str(Path(keyreeve.__file__).parents[1])
    command = [sys.executable, KILL, str(rounds), *options]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": source}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_no_acknowledged_change_is_lost_and_none_is_half_there():
    ran = kill(ROUNDS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("round") == ROUNDS


@pytest.mark.slow
def test_an_acknowledgement_before_the_write_is_caught():
    ran = kill(ROUNDS_TO_CATCH, "--fault", "early")
    assert "was acknowledged and is lost" in ran.stdout, ran.stdout + ran.stderr
    assert ran.returncode == 1


@pytest.mark.slow
def test_half_a_transaction_is_caught():
    ran = kill(ROUNDS_TO_CATCH, "--fault", "torn")
    assert "not those of" in ran.stdout, ran.stdout + ran.stderr
    assert ran.returncode == 1
