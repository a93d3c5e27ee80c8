"""`keyreeve serve`."""

from __future__ import annotations

import os
from typing import Any

import click

from keyreeve import __version__, logs
from keyreeve.cli import credentials, options, variables
from keyreeve.cli.doubts import doubts
from keyreeve.cli.problems import told
from keyreeve.http import server
from keyreeve.http.door import Outcome
from keyreeve.service import administration, checks
from keyreeve.service.node import Node

LOG = logs.logger("serve")
EXAMPLES = options.examples(
    "keyreeve serve                             on 127.0.0.1:4566, data in ./keyreeve-data",
    "keyreeve serve --data /srv/iam --port 0    on a free port, which is told",
    "keyreeve serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem",
    "keyreeve serve --behind-proxy 10.0.0.0/8 --host 10.1.2.3 --public-url https://iam.example.org",
)


@click.command("serve", epilog=EXAMPLES)
@options.place
@options.first
@options.serving
@told
def command(**flags: Any) -> None:
    """Serve IAM and STS from a data folder until SIGTERM or Ctrl-C.

    The first start makes the folder, an account, and in it the user admin, whose key is shown once: on a terminal, or
    else written to a file of mode 0600. Every setting may also be a variable (KEYREEVE_PORT) or stand in a TOML file
    (port = 4566), by default DIR/keyreeve.toml.
    """
    config = options.configured(flags, warn=False)
    logs.configure(config.log_format, config.log_level)
    for sentence in (*variables.unread(os.environ), *doubts(config), *checks.unfit(config)):
        LOG.warning(sentence)
    with Node.open(config, os.environ, create=True) as node:
        node.check_account()
        node.start()

        def announce(bound: server.Bound) -> None:
            node.url = node.service.public_url = credentials.address(config, bound.url)
            if node.is_new:
                credentials.start(node, node.url)

        def started(bound: server.Bound) -> None:
            metrics = f" Metrics: {bound.metrics_url}." if bound.metrics_url else ""
            click.echo(f"Keyreeve {__version__} serves {bound.url} with the data in {config.data}.{metrics}")

        def dispatch(name: str, arguments: dict[str, object]) -> Outcome:
            return Outcome(*administration.run(node, name, arguments))

        server.run(config, node, announce, dispatch, node.tick, started)
