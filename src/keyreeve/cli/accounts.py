"""`keyreeve accounts`."""

from __future__ import annotations

from typing import Any

import click

from keyreeve.cli import credentials, options, reach, tables
from keyreeve.cli.problems import told

EXAMPLES = options.examples(
    "keyreeve accounts list",
    "keyreeve accounts create --name staging",
    "keyreeve accounts create --account-id 123456789012 --json",
)


@click.group("accounts", epilog=EXAMPLES)
def command() -> None:
    """Make and list accounts. One server has as many as you like; nothing passes between them that no policy allows."""


@command.command("create", short_help="Make an account with an administrator.", epilog=EXAMPLES)
@click.option("--account-id", metavar="ID", help="Its id, 12 digits [default: random].")
@click.option("--name", metavar="NAME", help="A name for people.")
@options.place
@options.as_json
@told
def create(account_id: str | None, name: str | None, as_json: bool, **flags: Any) -> None:
    """Make an account with an administrator, whose key is shown once. Its root user has neither key nor password."""
    config = options.configured(flags)
    made = reach.run(config, "accounts.create", account_id=account_id, name=name)
    made["endpoint_url"] = made["endpoint_url"] or credentials.address(config)
    if as_json:
        tables.as_json(made)
        return
    click.echo(f"# Account {made['account_id']}, user {made['user_name']}. The secret is shown this once.")
    click.echo(credentials.lines(made["access_key_id"], made["secret_access_key"]))
    click.echo(credentials.endpoint(made["endpoint_url"]))


@command.command("list", epilog=EXAMPLES)
@options.place
@options.as_json
@told
def list_(as_json: bool, **flags: Any) -> None:
    """List the accounts and what their root users have."""
    found = reach.run(options.configured(flags), "accounts.list")
    if as_json:
        tables.as_json(found)
        return
    rows = [
        (
            each["account_id"],
            each["account_name"] or "",
            each["account_alias"] or "",
            str(each["users"]),
            each["create_date"],
            _root(each),
        )
        for each in found
    ]
    tables.show(("account", "name", "alias", "users", "created", "root user has"), rows)


def _root(each: dict[str, Any]) -> str:
    has = ["password"] * each["root_has_password"] + ["MFA"] * each["root_has_mfa"]
    keys = each["root_access_keys"]
    return ", ".join([*has, tables.counted(keys, "access key")] if keys else has) or "nothing"
