"""Changes of one place of a syntax tree: each makes a mutant of a module."""

import ast
import copy
from typing import NamedTuple

COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.Mod: ast.FloorDiv,
}
DROPPED = (ast.Expr, ast.AugAssign, ast.Continue, ast.Break)
"""Statements that a mutant goes without."""


class Mutant(NamedTuple):
    """A module with one change: its place, and the code as it was and as it is.

    `where` is the function or class around it, as `Class.function`.
    """

    file: str
    where: str
    line: int
    was: str
    now: str
    number: int

    @property
    def name(self):
        """By which it is known wherever the line is: the lines of a module move."""
        return f"{self.file} {self.where}: {self.was} -> {self.now}"


def changed(node):
    """What may stand in a node's place."""
    yield from OTHERS.get(type(node), lambda _: ())(node)
    if isinstance(node, DROPPED):
        yield ast.Pass()


def compared(node):
    for place, operator in enumerate(node.ops):
        made = copy.deepcopy(node)
        made.ops[place] = COMPARED[type(operator)]()
        yield made


def joined(node):
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def computed(node):
    if type(node.op) in COMPUTED and not is_type(node):
        yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)


def added(node):
    if type(node.op) in COMPUTED:
        yield ast.AugAssign(node.target, COMPUTED[type(node.op)](), node.value)


def tested(node):
    yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def unfiltered(node):
    if node.ifs:
        yield ast.comprehension(node.target, node.iter, [], node.is_async)


def returned(node):
    if node.value is not None and not is_none(node.value):
        yield ast.Return(ast.Constant(None))


def constant(node):
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}!")


OTHERS = {
    ast.Compare: compared,
    ast.BoolOp: joined,
    ast.UnaryOp: lambda node: [node.operand],
    ast.BinOp: computed,
    ast.AugAssign: added,
    ast.IfExp: lambda node: [ast.IfExp(node.test, node.orelse, node.body)],
    ast.If: tested,
    ast.While: tested,
    ast.comprehension: unfiltered,
    ast.Return: returned,
    ast.Constant: constant,
}


def is_type(node):
    """Whether it is a union of types, as in `bool | None`."""
    either = (node.left, node.right)
    return any(is_none(one) or (isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Tuple)) for one in either)


def is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def skipped(node):
    """Fields of a node that no mutant is made of: annotations, decorators, documentation."""
    names = {"annotation", "returns", "decorator_list", "type_comment", "type_params", "bases"}
    if isinstance(node, ast.JoinedStr):
        names |= {"values"}
    return names


def places(node, path=()):
    """(path, node) of everything in a tree that may be changed, a path being fields and indexes from the top."""
    for field, value in ast.iter_fields(node):
        if field in skipped(node):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or is_documentation(child):
                continue
            here = (*path, (field, index if isinstance(value, list) else None))
            yield here, child
            yield from places(child, here)


def is_documentation(child):
    """Whether nothing reads it: a text that stands alone, an import, a member's annotation."""
    if isinstance(child, ast.Expr):
        return isinstance(child.value, ast.Constant)
    return isinstance(child, (ast.Import, ast.ImportFrom)) or (isinstance(child, ast.AnnAssign) and child.value is None)


def mutants(file, text):
    """Every mutant of a module's text."""
    tree, number = ast.parse(text), 0
    for path, node in places(tree):
        where = ".".join(around(tree, path))
        for made in changed(node):
            yield Mutant(file, where, line_of(node), told(node), told(made), number)
            number += 1


def around(tree, path):
    """Names of the functions and classes in which a place is."""
    node = tree
    for field, index in path[:-1]:
        value = getattr(node, field)
        node = value if index is None else value[index]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def line_of(node):
    return next((child.lineno for child in ast.walk(node) if hasattr(child, "lineno")), 0)


def told(node):
    """A node as code, in one line."""
    if isinstance(node, ast.comprehension):
        return " ".join(f"if {ast.unparse(test)}" for test in node.ifs) or "no if"
    if isinstance(node, (ast.If, ast.While)):
        return f"if {ast.unparse(node.test)}"
    return " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())


def tree_of(text, number):
    """The tree of the mutant of this number."""
    tree, count = ast.parse(text), 0
    for path, node in places(tree):
        for made in changed(node):
            if count == number:
                put(tree, path, ast.copy_location(made, node) if hasattr(node, "lineno") else made)
                return ast.fix_missing_locations(tree)
            count += 1
    raise LookupError(f"There is no mutant {number}.")


def put(tree, path, made):
    """Put a node into a tree."""
    node = tree
    for field, index in path[:-1]:
        value = getattr(node, field)
        node = value if index is None else value[index]
    field, index = path[-1]
    if index is None:
        setattr(node, field, made)
    else:
        getattr(node, field)[index] = made
