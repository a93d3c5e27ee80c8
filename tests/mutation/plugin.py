"""A plugin of pytest: one module of the engine is a mutant, which the variable MUTANT names as `file number`."""

import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path

from tests.mutation import changes

PACKAGE = Path(importlib.util.find_spec("keyreeve").origin).parent


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the mutant in the place of the module."""

    def __init__(self, file, number):
        self.name = f"keyreeve.policy.{Path(file).stem}"
        self.path = PACKAGE / "policy" / file
        self.number = number

    def find_spec(self, name, path=None, target=None):
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module):
        tree = changes.tree_of(self.path.read_text(encoding="utf-8"), self.number)
        exec(compile(tree, str(self.path), "exec"), module.__dict__)  # noqa: S102 -- our own


file, number = os.environ["MUTANT"].split()
sys.meta_path.insert(0, Mutated(file, int(number)))
