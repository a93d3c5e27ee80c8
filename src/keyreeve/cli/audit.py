"""`keyreeve audit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from keyreeve.cli import options, sarif, tables
from keyreeve.cli.problems import told
from keyreeve.cli.reading import reading
from keyreeve.posture import CHECKS, Finding, Severity
from keyreeve.posture import audit as audited

EXAMPLES = options.examples(
    "keyreeve audit",
    "keyreeve audit --check root-mfa --check user-mfa",
    "keyreeve audit --list                          what is checked, and where that comes from",
    "keyreeve audit --fail-on high --json           for a nightly job: status 1 for what is grave",
    "keyreeve audit --sarif > audit.sarif",
)
NEVER = "never"


@click.command("audit", epilog=EXAMPLES)
@click.option(
    "--check", "checks", multiple=True, type=click.Choice(list(CHECKS)), metavar="ID", help="This check [default: all]."
)
@click.option("--list", "listing", is_flag=True, help="List the checks and look at nothing.")
@click.option(
    "--fail-on",
    type=click.Choice([*(each.value for each in Severity), NEVER]),
    default=Severity.MEDIUM.value,
    help="The lightest findings that make the status 1 [default: medium].",
)
@options.account
@options.place
@options.as_json
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for code scanning.")
@told
def command(
    checks: tuple[str, ...],
    listing: bool,
    fail_on: str,
    account_id: str | None,
    as_json: bool,
    as_sarif: bool,
    **flags: Any,
) -> None:
    """Hold an account to good practice: IAM's own, and the IAM section of the CIS foundations benchmark.

    The account and its events are read beside the running server. Status 0 without findings that weigh as much as
    --fail-on says, 1 with them.
    """
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif are two forms; take one.")
    wanted = [name for name in CHECKS if not checks or name in checks]
    if listing:
        _list(wanted, as_json)
        return
    account = reading(flags, account_id)
    found = audited(account, wanted)
    if as_sarif:
        tables.as_json(sarif.audit_log(found))
    elif as_json:
        tables.as_json(_json(account.account_id, wanted, found))
    else:
        _show(wanted, found)
    if fail_on != NEVER and any(_weight(each.check.severity) <= _weight(Severity(fail_on)) for each in found):
        click.get_current_context().exit(1)


def _weight(severity: Severity) -> int:
    return list(Severity).index(severity)


def _list(wanted: Sequence[str], as_json: bool) -> None:
    checks = [CHECKS[name] for name in wanted]
    if as_json:
        tables.as_json([_described(each.id) for each in checks])
        return
    tables.show(
        ("check", "severity", "practice", "source"), [(c.id, c.severity.value, c.title, c.source) for c in checks]
    )


def _described(name: str) -> dict[str, str]:
    check = CHECKS[name]
    return {
        "check": check.id,
        "severity": check.severity.value,
        "title": check.title,
        "source": check.source,
        "advice": check.advice,
    }


def _json(account_id: str, wanted: Sequence[str], found: Sequence[Finding]) -> dict[str, Any]:
    def results(name: str) -> list[dict[str, str]]:
        return [{"resource": each.resource, "found": each.sentence} for each in found if each.check.id == name]

    return {
        "account_id": account_id,
        "checks": [
            {**_described(name), "state": "fail" if (failed := results(name)) else "pass", "findings": failed}
            for name in wanted
        ],
    }


def _show(wanted: Sequence[str], found: Sequence[Finding]) -> None:
    failed = {each.check.id for each in found}
    if found:
        ordered = sorted(found, key=lambda each: _weight(each.check.severity))
        tables.show(
            ("severity", "check", "resource", "found", "advice"),
            [
                (each.check.severity.value, each.check.id, each.resource, each.sentence, each.check.advice)
                for each in ordered
            ],
        )
        click.echo()
    kept = len(wanted) - len(failed)
    click.echo(f"{kept} of {len(wanted)} practices are kept; {tables.counted(len(found), 'finding')}.")
