"""`keyreeve corpus`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from keyreeve import corpus
from keyreeve.cli import options, tables
from keyreeve.cli.problems import told

EXAMPLES = options.examples(
    "keyreeve corpus run                            the cases in tests/cases",
    "keyreeve corpus run my-cases --json",
    "keyreeve corpus run --answers other.jsonl      hold another engine to them",
)
FOLDER = Path("tests/cases")
"""Where the corpus is in a checkout. It is not part of the installed package."""


@click.group("corpus", epilog=EXAMPLES)
def command() -> None:
    """Run cases of the policy language, each with the page of AWS's documentation that it rests on."""


@command.command("run", epilog=EXAMPLES)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another engine's answers: a line each of JSON with topic, name, verdict and, where it says so, layer.",
)
@options.as_json
@told
def run(folder: Path | None, answers: Path | None, as_json: bool) -> None:
    """Decide every case in the JSON files of FOLDER [default: tests/cases] and hold the verdicts to the expected ones.

    Status 1 if a case fails. The format is described in tests/cases/README.md.
    """
    if folder is None and not FOLDER.is_dir():
        raise click.UsageError(f"There is no {FOLDER} here: say where the cases are.")
    try:
        cases = corpus.load(folder or FOLDER)
        given = corpus.answers(answers) if answers else None
        outcomes = [(case, case.failure(_answer(case, given))) for case in cases]
    except corpus.CorpusError as error:
        raise click.ClickException(str(error)) from error
    failures = [(case, failure) for case, failure in outcomes if failure is not None]
    _json(cases, failures) if as_json else _table(cases, failures)
    if failures:
        raise click.ClickException(f"{len(failures)} of {len(cases)} cases fail.")


Failures = list[tuple[corpus.Case, str]]


def _answer(case: corpus.Case, given: dict[tuple[str, str], corpus.Answer] | None) -> corpus.Answer | None:
    return corpus.answer(case) if given is None else given.get((case.topic, case.name))


def _json(cases: tuple[corpus.Case, ...], failures: Failures) -> None:
    shown = [
        {"topic": case.topic, "name": case.name, "source": case.source, "open": case.open, "failure": failure}
        for case, failure in failures
    ]
    tables.as_json({"cases": len(cases), "passed": len(cases) - len(failures), "failures": shown})


def _table(cases: tuple[corpus.Case, ...], failures: Failures) -> None:
    failed = Counter(case.topic for case, _ in failures)
    rows = [
        (topic, str(number), str(failed[topic]), "problem" if failed[topic] else "ok")
        for topic, number in Counter(case.topic for case in cases).items()
    ]
    tables.show(("topic", "cases", "fail", ""), [*rows, ("all", str(len(cases)), str(len(failures)), "")])
    for case, failure in failures:
        click.echo(f"\n{tables.plain(case.topic)}: {tables.plain(case.name)}\n  {tables.plain(failure)}")
        click.echo(f"  {tables.plain(case.source)}")
