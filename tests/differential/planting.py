"""Copies of the engine with one fault each, made in memory: the harness must find every one."""

import importlib
import importlib.abc
import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from keyreeve import policy

HOME = Path(policy.__file__).parent
NAME = "keyreeve.policy"


class Fault(NamedTuple):
    """A change of the engine's source: in which file what is written instead of what."""

    what: str
    file: str
    right: str
    wrong: str


class Copy(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the modules of a copy of the engine that goes by another name."""

    def __init__(self, name, fault=None):
        self.name = name
        self.fault = fault

    def find_spec(self, name, path=None, target=None):
        del path, target
        if name != self.name and not name.startswith(f"{self.name}."):
            return None
        return importlib.util.spec_from_loader(name, self, is_package=self.file(name).endswith("__init__.py"))

    def file(self, name):
        """The file of a module, from the engine's folder on."""
        path = name.removeprefix(self.name).removeprefix(".").replace(".", "/")
        return f"{path}/__init__.py".removeprefix("/") if (HOME / path).is_dir() else f"{path}.py"

    def exec_module(self, module):
        file = self.file(module.__name__)
        text = (HOME / file).read_text(encoding="utf-8")
        if self.fault and file == self.fault.file:
            text = faulty(text, self.fault)
        exec(compile(text.replace(NAME, self.name), f"{self.name}/{file}", "exec"), module.__dict__)  # noqa: S102 -- our own


def faulty(text, fault):
    """The source with the fault in it. A fault that does not fit the source any more is an error, not a fault found."""
    if text.count(fault.right) != 1:
        raise LookupError(f"{fault.what}: {fault.file} holds {text.count(fault.right)} times {fault.right!r}")
    return text.replace(fault.right, fault.wrong)


def planted(fault):
    """The engine with a fault, as a module; gone when the block ends."""
    return found_by(Copy("planted", fault))


@contextmanager
def found_by(copy):
    """The engine that a finder makes, as a module; gone when the block ends."""
    sys.meta_path.insert(0, copy)
    try:
        yield importlib.import_module(copy.name)
    finally:
        sys.meta_path.remove(copy)
        for name in [name for name in sys.modules if name == copy.name or name.startswith(f"{copy.name}.")]:
            del sys.modules[name]
