"""Credentials as a person gets them: lines for a shell, shown once."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from keyreeve.config import Config
from keyreeve.seal import private_file
from keyreeve.service import accounts
from keyreeve.service.accounts import AdminKey
from keyreeve.service.node import Node

FILE = "admin-credentials.env"
REGION = "us-east-1"
ENDS_A_SESSION = "unset AWS_SESSION_TOKEN"
"""Said before a long-term key: the token of a session would be sent along with it, and is not its own."""

ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  what is listened on, not what is connected to


def lines(access_key_id: str, secret: str, token: str | None = None) -> str:
    """The credentials as one line of a shell."""
    more = f" AWS_SESSION_TOKEN={token}" if token else ""
    return f"export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret}{more}"


def endpoint(url: str) -> str:
    """Where the credentials are good, as one line of a shell."""
    return f"export AWS_ENDPOINT_URL={shlex.quote(url)} AWS_DEFAULT_REGION={REGION}"


def address(config: Config, bound: str | None = None) -> str:
    """The URL that clients on this machine use: the public one, the bound one, or what the settings say."""
    if config.public_url is not None:
        return config.public_url
    if bound is not None:
        scheme, _, rest = bound.partition("://")
        host, _, port = rest.rpartition(":")
        return f"{scheme}://{ANY.get(host.strip('[]'), host)}:{port}"
    host = ANY.get(config.host, f"[{config.host}]" if ":" in config.host else config.host)
    return f"{'https' if config.tls_cert else 'http'}://{host}:{config.port or Config.port}"


def start(node: Node, url: str) -> AdminKey:
    """Make the first account of a new node, durably, and hand its administrator's key over in the right way.

    To a terminal; otherwise, because what is printed is often kept, to a file that is there before the account is.
    """
    key = accounts.first_key(node.config.account_id, os.environ, node.chance)
    to_terminal = sys.stdout.isatty()
    file = None if key.given or to_terminal else node.config.data / FILE
    if file is not None:
        private_file.replace(file, f"{ENDS_A_SESSION}\n{_pasted(key, url)}\n".encode())
    make(node, key)
    click.echo(f"Account {key.account_id} is new: its administrator is the user {accounts.ADMIN}.")
    if file is not None:
        click.echo(
            f"The user's access key is in {file} and nowhere else. To use it: . {shlex.quote(str(_dotted(file)))}"
        )
    elif key.given:
        click.echo(f"The user's access key is {key.access_key_id}, as {accounts.KEY_ID_VARIABLE} says.")
    else:
        click.echo(f"This is the only time that the secret is shown. To use it, paste:\n\n{_pasted(key, url)}")
        click.echo("aws sts get-caller-identity\n")
    return key


def make(node: Node, key: AdminKey) -> dict[str, str]:
    """Make the first account of a new node, durably; what there is to tell of it."""
    made = accounts.open_account(node, key)
    node.view.save()
    return accounts.shown(key) if made.revision else {}


def _pasted(key: AdminKey, url: str) -> str:
    return f"{lines(key.access_key_id, key.secret_access_key)}\n{endpoint(url)}"


def _dotted(file: Path) -> Path | str:
    """A path that a shell does not look up in PATH."""
    return file if "/" in str(file) else f"./{file}"
