"""Which faults an operation can raise, by reading code: those that a `raise` names in what its handler reaches."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from keyreeve.faults import Fault


def raised(handler: Callable[..., Any], package: str) -> set[str]:
    """The codes of the faults that a handler can raise, itself or by functions of this package that it calls."""
    return {code for function in reached(handler, package, set()) for code in _own(function)}


def reached(function: Callable[..., Any], package: str, seen: set[Callable[..., Any]]) -> set[Callable[..., Any]]:
    """The function, and those of the same package that it calls, and so on."""
    function = inspect.unwrap(function)
    if function not in seen and function.__module__.startswith(package):
        seen.add(function)
        for called in _called(function):
            reached(called, package, seen)
    return seen


@cache
def _called(function: FunctionType) -> tuple[FunctionType, ...]:
    names = known(function)
    calls = (meant(node.func, names) for node in ast.walk(body(function)) if isinstance(node, ast.Call))
    return tuple(called for called in calls if isinstance(called, FunctionType))


@cache
def _own(function: FunctionType) -> frozenset[str]:
    return frozenset(_codes(function))


def _codes(function: FunctionType) -> Iterator[str]:
    for node in ast.walk(body(function)):
        if isinstance(node, ast.Raise) and node.exc:
            named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            fault = meant(named, known(function))
            if isinstance(fault, type) and issubclass(fault, Fault):
                yield fault().code


def known(function: FunctionType) -> dict[str, Any]:
    """The names that a function sees: its module's and those of the functions around it."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return function.__globals__ | {name: cell.cell_contents for name, cell in cells}


def meant(node: ast.expr, names: dict[str, Any]) -> Any:
    """What a name, or a name in a module, stands for."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(module := meant(node.value, names), ModuleType):
        return getattr(module, node.attr, None)
    return None


@cache
def body(function: Callable[..., Any]) -> ast.Module:
    """A function's source, read."""
    return ast.parse(textwrap.dedent(inspect.getsource(function)))
