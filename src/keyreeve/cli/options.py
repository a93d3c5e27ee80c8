"""Options: the settings as flags. Every setting is one of `serve`; what says where the data is, everybody's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from keyreeve.cli import variables
from keyreeve.config import Config, ConfigError, load
from keyreeve.config import account as twelve_digits

F = TypeVar("F", bound=Callable[..., Any])

PLACE = (
    ("data", "DIR", "The data folder [default: keyreeve-data]."),
    ("keyring_file", "FILE", "The key ring's file [default: keyring.json in the data folder]."),
    ("keyring_command", "COMMAND", "A command that prints the key ring, such as a secret manager's client."),
)
"""Settings: where the data and its key ring are. (The key ring may also be in the variable KEYREEVE_KEYRING.)"""

FIRST = (("account_id", "ID", "The first account's id, 12 digits [default: random]."),)
"""Settings of the first start."""

SERVING = (
    ("host", "HOST", "The address to listen on [default: 127.0.0.1]. Beyond this machine it takes TLS or a proxy."),
    ("port", "PORT", "The port [default: 4566]; 0 picks a free one."),
    ("tls_cert", "FILE", "The certificate, with its chain, in PEM."),
    ("tls_key", "FILE", "The certificate's private key, in PEM."),
    ("behind_proxy", "CIDR,…", "Networks of the proxy that has TLS: it alone may say who the client is."),
    ("public_url", "URL", "The URL by which clients reach this server."),
    ("management_account", "ID", "The account that manages the others as an organization [default: there is none]."),
    ("templates", "FILE", "Delegation partners with their policy templates, and role templates, in JSON."),
    ("fido_metadata", "FILE", "The FIDO Alliance's metadata: what makes of security keys are certified for."),
    ("metrics", "HOST:PORT", "Where to serve metrics for Prometheus [default: nowhere]."),
    ("log_format", "text|json", "The form of log lines [default: text]."),
    ("log_level", "LEVEL", "debug, info, warning or error [default: info]. Debug adds connections that were refused."),
    ("web_identity_hosts", "HOST:PORT,…", "Hosts of OpenID Connect issuers that may have private addresses."),
    ("web_identity_ca_file", "FILE", "The authority of those hosts' certificates, in PEM."),
    ("event_retention_days", "DAYS", "How long events are kept [default: 90]."),
    ("event_retention_megabytes", "MB", "How much space older events may take [default: 1024]."),
    ("trail_buckets", "NAME=DIR,…", "The folders that stand for the buckets of CloudTrail's trails [default: none]."),
    ("trail_seconds", "S", "How often trails deliver log files [default: 300]."),
    ("digest_seconds", "S", "How often trails that are validated deliver a digest file [default: 3600]."),
    ("max_connections", "N", "Connections at most [default: 2000]."),
    ("max_connections_per_address", "N", "Connections of one address at most [default: 500]."),
    (
        "failed_auth_per_second",
        "N",
        "Failed authentications of an address a second; without a proxy 100 times as many from here [default: 10].",
    ),
    (
        "failed_auth_burst",
        "N",
        "So many of them may come at once; without a proxy 100 times as many from here [default: 100].",
    ),
    ("request_seconds", "S", "How long a request may take to arrive [default: 20]."),
    ("keep_alive_seconds", "S", "How long an idle connection stays [default: 75]."),
    ("stop_seconds", "S", "How long requests in flight may take when the server stops [default: 10]."),
)
"""Settings of the server."""

ACCESS_LOG = click.option("--access-log/--no-access-log", default=None, help="Log every request [default: no].")
CONFIG = click.option(
    "--config", "file", type=click.Path(path_type=Path), metavar="FILE", help="A TOML file of settings."
)


class AccountId(click.ParamType[str]):
    """An account's id: twelve digits."""

    name = "account"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id, as it was given."""
        try:
            return twelve_digits(value)
        except ValueError:
            self.fail(f"{value!r} is no account's id, which has twelve digits.", param, ctx)


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
account = click.option("--account", "account_id", metavar="ID", help="The account, where there are several.")


def _flags(command: F, settings: tuple[tuple[str, str, str], ...]) -> F:
    for name, metavar, help_ in reversed(settings):
        command = click.option(f"--{name.replace('_', '-')}", name, metavar=metavar, help=help_)(command)
    return command


def place(command: F) -> F:
    """Options that say where the data is."""
    return _flags(CONFIG(command), PLACE)


def first(command: F) -> F:
    """Options of a first start."""
    return _flags(command, FIRST)


def serving(command: F) -> F:
    """Options of a server."""
    return _flags(ACCESS_LOG(command), SERVING)


def configured(flags: dict[str, Any], *, warn: bool = True) -> Config:
    """The configuration of these flags, the environment and the file. Raises ConfigError.

    Variables that only look like settings are told on standard error; without `warn`, the caller tells them, except
    where the configuration is refused: then one of them may be why.
    """
    file = flags.pop("file", None)
    try:
        return load(flags, os.environ, file)
    except ConfigError:
        warn = True
        raise
    finally:
        for sentence in variables.unread(os.environ) if warn else ():
            click.echo(f"keyreeve: {sentence}", err=True)


def examples(*lines: str) -> str:
    """An epilog that click leaves as it is."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
