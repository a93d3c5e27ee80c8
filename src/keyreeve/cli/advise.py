"""`keyreeve advise`."""

from __future__ import annotations

import json
from typing import Any

import click

from keyreeve import policy
from keyreeve.cli import options, tables, texts
from keyreeve.cli.problems import told
from keyreeve.cli.reading import reading
from keyreeve.entities import Role, User
from keyreeve.posture import Advice, Reading, Replayed, advise, replay

EXAMPLES = options.examples(
    "keyreeve advise user/alice                        the policy that covers what alice used",
    "keyreeve advise role/deploy --days 30 --policy > deploy.json",
    "keyreeve advise role/deploy --replay deploy.json  what would have been denied?",
)
SHOWN = 20
"""Unused services and actions that a table names."""


@click.command("advise", epilog=EXAMPLES)
@click.argument("name", metavar="user/NAME|role/NAME|ARN")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="By the events of so many days."
)
@click.option("--policy", "only_policy", is_flag=True, help="Print the policy and nothing else.")
@click.option(
    "--replay", "files", multiple=True, metavar="FILE", help="Put the past to this policy instead; - is standard input."
)
@options.account
@options.place
@options.as_json
@told
def command(
    name: str,
    days: int,
    only_policy: bool,
    files: tuple[str, ...],
    account_id: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Write the smallest policy that covers what a user or role did, and show what it would take away.

    With --replay, say what of the past would have been denied if the policies in FILE were all that it had; the status
    is 1 if anything would. Calls that were refused count for nothing. The policies of the present are left alone.
    """
    account = reading(flags, account_id)
    holder = _holder(account, name)
    if files:
        documents = [_parsed(file) for file in files]
        _replayed(replay(account, holder, documents, days), as_json)
        return
    advice = advise(account, holder, days)
    if only_policy:
        if advice.policy is None:
            raise click.ClickException(f"{holder.arn} used nothing in {days} days that needs a permission.")
        tables.as_json(advice.policy)
        _unread(advice.unread)
    elif as_json:
        tables.as_json(_json(advice))
    else:
        _show(advice, days)


def _holder(account: Reading, name: str) -> User | Role:
    word, _, rest = name.rpartition(":")[2].partition("/")
    kinds: dict[str, type[User | Role]] = {"user": User, "role": Role}
    kind = kinds.get(word)
    if kind is None or not rest:
        raise click.UsageError("Give user/NAME, role/NAME, or the ARN of one.")
    found = account.tx.find(kind, account.account_id, "name", rest.rpartition("/")[2].lower())
    exact = "/" in rest or name.startswith("arn:")
    if found is None or (exact and not f":{found.arn}".endswith(f":{name}")):
        raise click.ClickException(f"There is no {name} in the account {account.account_id}.")
    return found


def _parsed(file: str) -> policy.Document:
    given = texts.read(file)
    try:
        return policy.parse(given.text, policy.Kind.IDENTITY)
    except policy.PolicyError as error:
        raise click.ClickException(f"{file}: {error}") from error


def _json(advice: Advice) -> dict[str, Any]:
    return {
        "arn": advice.holder.arn,
        "since": advice.since.isoformat(),
        "calls": advice.calls,
        "policy": advice.policy,
        "unread": advice.unread,
        "unused_services": advice.unused_services,
        "unused_actions": advice.unused_actions,
    }


def _show(advice: Advice, days: int) -> None:
    click.echo(f"{advice.holder.arn} made {_counted(advice.calls, 'call')} in {_counted(days, 'day')}.")
    if advice.policy is None:
        click.echo("None of them needed a permission: there is nothing to write a policy from.")
    else:
        click.echo(f"\nWhat it used:\n\n{json.dumps(advice.policy, indent=2)}")
    _unread(advice.unread)
    for what, names in (("service", advice.unused_services), ("action", advice.unused_actions)):
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            click.echo(f"\nThis would take {_counted(len(names), what)} away: {', '.join(names[:SHOWN])}{more}.")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _unread(actions: tuple[str, ...]) -> None:
    """Say of which actions the events do not tell enough; on standard error, for a program may read the rest."""
    if actions:
        click.echo(
            f"The events do not tell what these were about; look at them yourself: {', '.join(actions)}.", err=True
        )


def _replayed(found: Replayed, as_json: bool) -> None:
    if as_json:
        denied = [{**each._asdict(), "last": each.last.isoformat()} for each in found.denied]
        tables.as_json({"asked": found.asked, "denied": denied, "unread": found.unread})
    elif found.denied:
        tables.show(
            ("would be denied", "resource", "verdict", "times", "last"),
            [(d.action, d.resource, d.verdict, str(d.times), f"{d.last:%Y-%m-%dT%H:%M:%SZ}") for d in found.denied],
        )
    else:
        click.echo(f"Nothing of {_counted(found.asked, 'question')} would have been denied.")
    if not as_json:
        _unread(found.unread)
    if found.denied:
        click.get_current_context().exit(1)
