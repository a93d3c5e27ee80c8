"""A function fits a screen, a file a sitting. These limits may only tighten."""

import ast

SCREEN, FUNCTION, FILE = 40, 70, 400

# Functions longer than a screen, each with its reason. The aim is none.
LONG: dict[str, str] = {}


def functions(sources):
    """(path:name, lines) of every function, its decorators aside."""
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{source.path}:{node.name}", node.end_lineno - node.lineno + 1


def longer_than(sources, lines):
    return {name for name, length in functions(sources) if length > lines}


def long_files(sources):
    return [source.path for source in sources if len(source.text.splitlines()) > FILE]


def test_no_function_is_longer_than_70_lines(written):
    assert not longer_than(written, FUNCTION)


def test_functions_longer_than_a_screen_are_listed_with_a_reason(written):
    assert longer_than(written, SCREEN) == set(LONG)


def test_no_file_is_longer_than_400_lines(written):
    assert not long_files(written)


def test_a_long_function_is_seen(plant):
    body = "    x = 1\n" * SCREEN
    assert longer_than([plant(f"def f():\n{body}")], SCREEN) == {"src/keyreeve/iam/planted.py:f"}
    assert longer_than([plant(f"class A:\n  async def f():\n{body}")], SCREEN)
    assert not longer_than([plant(f"def f():\n{body[:-10]}")], SCREEN)


def test_a_long_file_is_seen(plant):
    assert long_files([plant("x = 1\n" * (FILE + 1))])
    assert not long_files([plant("x = 1\n" * FILE)])
