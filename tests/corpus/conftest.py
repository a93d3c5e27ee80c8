"""The open corpus, read once."""

from pathlib import Path

import pytest

from keyreeve import corpus

FOLDER = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="session")
def folder():
    return FOLDER


@pytest.fixture(scope="session")
def cases():
    return corpus.load(FOLDER)
