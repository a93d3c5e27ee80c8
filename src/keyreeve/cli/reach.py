"""Reaching the data: commands go to the server that has it open, or to the folder itself when it is at rest."""

from __future__ import annotations

import os
from typing import Any

from keyreeve.config import Config
from keyreeve.http import control
from keyreeve.service import administration
from keyreeve.service.node import Node
from keyreeve.store.folder import SOCKET


def run(config: Config, command: str, **arguments: object) -> Any:
    """What an administration command gives, once it is durable. An argument that is None was not given."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return control.ask(config.data / SOCKET, command, given)
    except control.NotRunning:
        pass
    with Node.open(config, os.environ) as node:
        opened = node.view.revision
        done = administration.run(node, command, given)
        node.view.save()
        node.delivers = node.view.revision > opened
    return done.result
