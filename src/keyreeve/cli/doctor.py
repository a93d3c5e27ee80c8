"""`keyreeve doctor`."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from keyreeve import __version__
from keyreeve.cli import options, reach, tables, variables
from keyreeve.cli.doubts import doubts
from keyreeve.cli.problems import told
from keyreeve.config import READERS, Config
from keyreeve.faults import Fault
from keyreeve.http import certificate
from keyreeve.http.control import Refused
from keyreeve.http.server import CannotServe, tls_context
from keyreeve.seal import KeyRingUnusable, ring
from keyreeve.service.checks import State, finding
from keyreeve.store import StoreError
from keyreeve.store.folder import DATABASE
from keyreeve.templates import Templates

EXAMPLES = options.examples(
    "keyreeve doctor",
    "keyreeve doctor --data /srv/iam --json | jq '.findings[] | select(.state == \"problem\")'",
)
LEAST_FREE_MEGABYTES = 256
OTHERS = stat.S_IRWXG | stat.S_IRWXO

TERMS: Mapping[certificate.Term, State] = {"good": "ok", "ends soon": "note", "not good": "problem"}
"""How long a certificate is good, as a state of its check."""

Finding = dict[str, str]


@click.command("doctor", epilog=EXAMPLES)
@options.place
@options.serving
@options.as_json
@told
def command(as_json: bool, **flags: Any) -> None:
    """Show every setting and where it comes from, and check folder, certificate, key ring, database, clock and disk.

    Status 1 if there is a problem. A running server is asked for its part and not disturbed.
    """
    config = options.configured(flags, warn=False)
    findings = [
        *_variables(),
        *_doubts(config),
        _folder(config),
        _tls(config),
        _disk(config),
        *_files(config),
        *_opened(config),
    ]
    settings = [(name, _written(getattr(config, name)), config.source(name)) for name in READERS]
    if as_json:
        shown = {name: {"value": value, "source": source} for name, value, source in settings}
        tables.as_json({"version": __version__, "settings": shown, "findings": findings})
    else:
        tables.show(("setting", "value", "from"), settings)
        click.echo()
        tables.show(("check", "", "found"), [(f["check"], f["state"], f["sentence"]) for f in findings])
    problems = sum(each["state"] == "problem" for each in findings)
    if problems:
        raise click.ClickException(f"{problems} of {len(findings)} checks found a problem.")


def _written(value: object) -> str:
    """A setting as its flag would have it."""
    match value:
        case None | ():
            return "-"
        case str(host), int(port):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case str(name), Path() as folder:
            return f"{name}={folder}"
        case tuple():
            return ", ".join(map(_written, value))
        case Templates(delegation_partners=partners, role_templates=roles):
            return (
                f"{tables.counted(len(partners), 'delegation partner')}, {len(roles)} for roles"
                if partners or roles
                else "-"
            )
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variables() -> list[Finding]:
    return [finding("variables", "problem", sentence) for sentence in variables.unread(os.environ)]


def _doubts(config: Config) -> list[Finding]:
    return [finding("settings", "note", sentence) for sentence in doubts(config)]


def _folder(config: Config) -> Finding:
    if not config.data.is_dir():
        return finding("folder", "note", f"{config.data.absolute()} is not there yet: keyreeve serve makes it")
    found = config.data.stat()
    if found.st_uid != os.geteuid():
        return finding("folder", "problem", f"{config.data} belongs to user {found.st_uid}, this is {os.geteuid()}")
    if found.st_mode & OTHERS:
        return finding("folder", "problem", f"{config.data} is open to others. Run: chmod 700 {config.data}")
    return finding("folder", "ok", f"{config.data.absolute()}, its owner's alone")


def _tls(config: Config) -> Finding:
    if config.tls_cert is None:
        return finding(
            "tls",
            "ok",
            "no certificate is set; the proxy has one"
            if config.behind_proxy
            else f"no certificate is set; it listens on {config.host}",
        )
    try:
        tls_context(config)
        state, sentence = certificate.term(config.tls_cert, datetime.now(UTC))
    except (CannotServe, OSError, ValueError) as error:
        return finding("tls", "problem", str(error))
    return finding("tls", TERMS[state], sentence)


def _disk(config: Config) -> Finding:
    place = config.data.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free >> 20
    state = "ok" if free >= LEAST_FREE_MEGABYTES else "problem"
    return finding("disk", state, f"{free} MiB free")  # type: ignore[arg-type]


def _files(config: Config) -> list[Finding]:
    """What in the folder others can read."""
    paths = [config.data / DATABASE]
    if not (config.keyring_command or os.environ.get(ring.VARIABLE)):
        paths.append(config.keyring_path)
    return [
        finding("files", "problem", f"{path} is open to others. Run: chmod 600 {path}")
        for path in paths
        if path.exists() and path.stat().st_mode & OTHERS
    ]


def _opened(config: Config) -> list[Finding]:
    """What only the owner of the data can tell: the server that runs, or this process."""
    if not (config.data / DATABASE).exists():
        return [finding("data", "note", "there is none yet")]
    try:
        found: list[Finding] = reach.run(config, "doctor")
    except KeyRingUnusable as unusable:
        return [finding("key ring", "problem", str(unusable))]
    except (StoreError, Refused, Fault, OSError) as error:
        return [finding("data", "problem", str(error))]
    return found
