"""The gate can fail: a required client that is skipped fails the run, and what is tested is the wheel."""

import os
import shutil
import subprocess
import sys

import pytest

import keyreeve

STORY = """
import pytest

@pytest.mark.client("curl")
def test_story():
    pytest.skip("curl is not here")
"""


def run(root, folder, required):
    shutil.copy(root / "tests/conftest.py", folder)
    (folder / "test_story.py").write_text(STORY)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = client(name)\n")
    environment = {**os.environ, "KEYREEVE_REQUIRE_CLIENTS": required}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_required_client_may_not_be_skipped(root, tmp_path):
    ran = run(root, tmp_path, "aws curl")
    assert ran.returncode == 1
    assert "its client is required" in ran.stdout


def test_another_client_may(root, tmp_path):
    ran = run(root, tmp_path, "aws")
    assert ran.returncode == 0
    assert "1 skipped" in ran.stdout


def test_the_wheel_is_what_is_tested(root):
    if "KEYREEVE_TEST_WHEEL" not in os.environ:
        pytest.skip("not run by make")
    assert not keyreeve.__file__.startswith(str(root / "src"))
