"""Imports point down, stand at the top, and every module has its floor. (`make lint` runs import-linter as well.)"""

import ast
import tomllib

import pytest


@pytest.fixture(scope="module")
def floors(root):
    """The floor of each module just below `keyreeve`, from import-linter's contract: 0 is the ground."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    (layers,) = (found["layers"] for found in project["tool"]["importlinter"]["contracts"] if "layers" in found)
    return {
        name.strip().removeprefix("keyreeve."): floor
        for floor, layer in enumerate(reversed(layers))
        for name in layer.split("|")
    }


def imported(source):
    """(line, dotted name) of everything that a file imports."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = source.module.split(".") if source.path.endswith("__init__.py") else source.module.split(".")[:-1]
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(filter(None, (start, node.module)))
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def of_ours(name):
    """The module just below `keyreeve` that a dotted name stands in, or None."""
    first, _, rest = name.partition(".")
    return rest.partition(".")[0] if first == "keyreeve" else None


def upward(sources, floors):
    """Imports that do not point down: to a higher floor, or to another room of the same floor."""
    for source in sources:
        here = of_ours(source.module)
        for line, name in imported(source):
            there = of_ours(name)
            if here and there in floors and there != here and floors[there] >= floors[here]:
                yield f"{source.path}:{line} imports {name}"


def late(sources):
    """Imports within a function or class, or under an `if` about other than type checking or Python's version.

    They hide cycles.
    """
    for source in sources:
        top = set(source.tree.body)
        for node in source.tree.body:
            if isinstance(node, ast.If) and ast.unparse(node.test).startswith(("TYPE_CHECKING", "sys.version_info")):
                top |= {*node.body, *node.orelse}
        allowed = {(node.lineno, node.col_offset) for node in top}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and (node.lineno, node.col_offset) not in allowed:
                yield f"{source.path}:{node.lineno}"


def homeless(sources, floors):
    """Modules that the contract does not name."""
    rooms = {of_ours(source.module) for source in sources} - {None, ""}
    return sorted(rooms - floors.keys())


def test_imports_point_down(shipped, floors):
    assert not list(upward(shipped, floors))


def test_imports_stand_at_the_top(shipped):
    assert not list(late(shipped))


def test_every_module_has_its_floor(shipped, floors):
    assert not homeless(shipped, floors)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/keyreeve/wire/planted.py", "from keyreeve.iam import users"),
        ("src/keyreeve/wire/planted.py", "import keyreeve.service"),
        ("src/keyreeve/wire/planted.py", "from keyreeve import store"),
        ("src/keyreeve/wire/planted.py", "from ..store import view"),
        ("src/keyreeve/wire/planted.py", "def f():\n    from keyreeve.http import app"),
        ("src/keyreeve/iam/planted.py", "from keyreeve.sts import tokens"),
    ],
)
def test_an_upward_import_is_seen(plant, floors, path, text):
    assert list(upward([plant(text, path)], floors))


def test_a_downward_import_is_none_of_them(plant, floors):
    text = "import json\nfrom keyreeve.wire import xml\nfrom keyreeve import policy\nfrom . import users\n"
    assert not list(upward([plant(text)], floors))


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import json",
        "class A:\n    import json",
        "try:\n    import json\nexcept ImportError:\n    json = None",
        "if x:\n    import json",
    ],
)
def test_a_late_import_is_seen(plant, text):
    assert list(late([plant(text)]))


def test_an_import_for_types_alone_is_not_late(plant):
    assert not list(late([plant("if TYPE_CHECKING:\n    import json")]))


def test_a_module_without_a_floor_is_seen(plant, floors):
    assert homeless([plant("", "src/keyreeve/attic/__init__.py")], floors) == ["attic"]
