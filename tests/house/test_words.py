"""What may not stand in the files: drawers, checks that `python -O` drops, unfinished work."""

import ast
import re
from pathlib import Path

import pytest

DRAWERS = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def drawers(sources):
    """Files and folders named for nothing in particular: things of no kin gather there."""
    return [source.path for source in sources if DRAWERS & set(Path(source.path).with_suffix("").parts)]


def dropped(sources):
    """Checks that vanish under `python -O`, and code that asks whether they have."""
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assert) or (isinstance(node, ast.Name) and node.id == "__debug__"):
                yield f"{source.path}:{node.lineno}"


def unfinished(sources):
    for source in sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{source.path}:{number}"


def test_there_are_no_drawers(written):
    assert not drawers(written)


def test_nothing_changes_under_python_o(shipped):
    assert not list(dropped(shipped))


def test_nothing_is_left_unfinished(shipped):
    assert not list(unfinished(shipped))


@pytest.mark.parametrize("path", ["src/keyreeve/utils.py", "src/keyreeve/common/x.py", "tests/base.py"])
def test_a_drawer_is_seen(plant, path):
    assert drawers([plant("", path)])


@pytest.mark.parametrize("text", ["def f(x):\n    assert x", "if __debug__:\n    x = 1"])
def test_a_dropped_check_is_seen(plant, text):
    assert list(dropped([plant(text)]))


@pytest.mark.parametrize("text", ["x = 1  # TODO later", "# FIXME", "# XXX: odd", "raise NotImplementedError"])
def test_unfinished_work_is_seen(plant, text):
    assert list(unfinished([plant(text)]))


def test_words_that_only_look_like_it_are_not(plant):
    assert not list(unfinished([plant("x = 'AKIAXXXXXXXX'\nraise NotImplemented_('TODOS')")]))
