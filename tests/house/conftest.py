"""What the rules of the house look at: the Python files of the tree, and files planted to break a rule."""

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root of the tree, and its text."""

    path: str
    text: str

    @property
    def tree(self):
        return ast.parse(self.text, self.path)

    @property
    def module(self):
        """Its dotted name, for files under src."""
        parts = Path(self.path).with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    return [Source(str(file.relative_to(ROOT)), file.read_text()) for file in files if "node_modules" not in file.parts]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def shipped():
    """The files of the package."""
    return read("src")


@pytest.fixture(scope="session")
def written(shipped):
    """Every Python file of the tree."""
    return shipped + [source for folder in ("spec", "tests", "tools", "bench", "examples") for source in read(folder)]


@pytest.fixture(scope="session")
def tracked():
    """Path and text of every tracked file that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone: git does not know this tree")
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [(name, data.decode()) for name in files if b"\0" not in (data := (ROOT / name).read_bytes()) and utf8(data)]


def utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.fixture(scope="session")
def plant():
    """Make a file that breaks a rule: every rule must be seen to fail."""
    return lambda text, path="src/keyreeve/iam/planted.py": Source(path, text)
