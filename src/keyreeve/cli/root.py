"""`keyreeve root`."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import click

from keyreeve.cli import credentials, options, reach, tables
from keyreeve.cli.problems import told
from keyreeve.service import root

EXAMPLES = options.examples(
    'eval "$(keyreeve root session)"          be root for an hour, in this shell',
    "keyreeve root set-password < password.txt",
    "keyreeve root enroll-mfa --account 123456789012",
)


@click.group("root", epilog=EXAMPLES)
def command() -> None:
    """Use an account's root user: the way in for emergencies, such as the loss of the last administrator's key.

    Policies do not bind the root user. Each of these commands leaves an event. They need no credentials but the right
    to use the data folder.
    """


@command.command("set-password", short_help="Set the root user's password.", epilog=EXAMPLES)
@options.place
@options.account
@options.as_json
@told
def set_password(account_id: str | None, as_json: bool, **flags: Any) -> None:
    """Set the root user's password: asked for on a terminal, else the first line of standard input."""
    config = options.configured(flags)
    account = reach.run(config, "root.account", account_id=account_id)["account_id"]
    password = _password(account)
    problem = root.password_problem(password)
    if problem is not None:
        raise click.ClickException(problem)
    done = reach.run(config, "root.set-password", password_hash=root.hashed(password), account_id=account)
    _warn(account)
    if as_json:
        tables.as_json(done)
    else:
        click.echo(f"The root user of account {account} has a new password.")


@command.command("enroll-mfa", short_help="Give the root user a virtual MFA device.", epilog=EXAMPLES)
@click.option("--replace", is_flag=True, help="Put this device in the place of the one there is.")
@options.place
@options.account
@options.as_json
@told
def enroll_mfa(account_id: str | None, replace: bool, as_json: bool, **flags: Any) -> None:
    """Give the root user a virtual MFA device: prints its seed and asks for two consecutive codes."""
    config = options.configured(flags)
    account = reach.run(config, "root.room-for-mfa", account_id=account_id, replace=replace)["account_id"]
    seed = root.new_seed(secrets.token_bytes)
    click.echo("Add this to an authenticator app; it is shown this once:\n", err=as_json)
    click.echo(f"  {root.enrolment_uri(account, seed)}\n\n  secret: {seed}\n", err=as_json)
    first = click.prompt("Code", err=True)
    second = click.prompt("The next code", err=True)
    done = reach.run(
        config,
        "root.enroll-mfa",
        seed=seed,
        first_code=first,
        second_code=second,
        account_id=account,
        replace=replace,
    )
    _warn(account)
    if as_json:
        tables.as_json(done)
    else:
        click.echo(f"The root user of account {account} has the MFA device {done['serial_number']}.")


@command.command("create-access-key", epilog=EXAMPLES)
@options.place
@options.account
@options.as_json
@told
def create_access_key(account_id: str | None, as_json: bool, **flags: Any) -> None:
    """Make a long-term access key of the root user. A session is nearly always better: it ends by itself."""
    config = options.configured(flags)
    made = reach.run(config, "root.create-access-key", account_id=account_id)
    made["endpoint_url"] = made["endpoint_url"] or credentials.address(config)
    _warn(made["account_id"])
    if as_json:
        tables.as_json(made)
    else:
        click.echo(credentials.lines(made["access_key_id"], made["secret_access_key"]))
        click.echo(credentials.endpoint(made["endpoint_url"]))


@command.command("session", short_help="Print credentials for one hour.", epilog=EXAMPLES)
@options.place
@options.account
@options.as_json
@told
def session(account_id: str | None, as_json: bool, **flags: Any) -> None:
    """Print credentials of the root user that end after one hour, as lines for a shell."""
    config = options.configured(flags)
    made = reach.run(config, "root.session", account_id=account_id)
    made["endpoint_url"] = made["endpoint_url"] or credentials.address(config)
    _warn(made["account_id"])
    if as_json:
        tables.as_json(made)
        return
    click.echo(credentials.lines(made["access_key_id"], made["secret_access_key"], made["session_token"]))
    click.echo(credentials.endpoint(made["endpoint_url"]))
    click.echo(f"# until {made['expiration']}")


def _password(account: str) -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt(
            f"New root password of {account}", hide_input=True, confirmation_prompt=True, err=True
        )
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _warn(account: str) -> None:
    click.echo(
        f"keyreeve: the root user of account {account} is not bound by policies: keep it for emergencies."
        " This was recorded as an event.",
        err=True,
    )
