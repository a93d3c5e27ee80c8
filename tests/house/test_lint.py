"""The linters are on: a fault of each kind, planted, is refused with the project's own configuration."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUFF = shutil.which("ruff", path=Path(sys.executable).parent)

pytestmark = pytest.mark.skipif(RUFF is None, reason="ruff is not installed beside this Python")


def refused(root, path, text):
    """The rules that ruff finds broken in a text that pretends to stand at a path."""
    command = [RUFF, "check", "--no-cache", "--output-format=concise", "--stdin-filename", path, "-"]
    found = subprocess.run(command, input=text, cwd=root, capture_output=True, text=True, check=False)
    return {line.split()[1] for line in found.stdout.splitlines() if line.startswith(path)}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("D100", "x = 1\n"),
        ("D103", '"""M."""\n\n\ndef public() -> None:\n    pass\n'),
        ("D101", '"""M."""\n\n\nclass Public:\n    pass\n'),
        ("D102", '"""M."""\n\n\nclass Public:\n    """C."""\n\n    def method(self) -> None:\n        pass\n'),
        ("S101", '"""M."""\n\nassert True\n'),
        ("T201", '"""M."""\n\nprint("hello")\n'),
        ("PLC0415", '"""M."""\n\n\ndef f() -> None:\n    """F."""\n    import json\n\n    json.dumps({})\n'),
        ("BLE001", '"""M."""\n\ntry:\n    x = 1\nexcept Exception:\n    x = 2\n'),
        ("ANN001", '"""M."""\n\n\ndef f(x) -> None:\n    """F."""\n    x()\n'),
        ("DTZ005", '"""M."""\n\nimport datetime\n\nx = datetime.datetime.now()\n'),
        ("S608", '"""M."""\n\nx = "a"\ny = f"SELECT * FROM t WHERE a = {x}"\n'),
    ],
)
def test_ruff_refuses(root, rule, text):
    assert rule in refused(root, "src/keyreeve/planted.py", text)


def test_ruff_lets_good_code_pass(root):
    assert not refused(root, "src/keyreeve/planted.py", '"""Planted."""\n')
