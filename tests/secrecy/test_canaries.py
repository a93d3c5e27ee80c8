"""No secret is where it should not be: not in the data, not in logs, events, answers, or what commands print."""

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore import xform_name
from click.testing import CliRunner

import canaries
from canaries import Partner, Planted, of_key_ring
from keyreeve.cli import main
from keyreeve.config import Config
from keyreeve.events import packing
from keyreeve.operations import REGISTRY
from keyreeve.service.missing import NOT_BUILT
from keyreeve.service.node import Node
from keyreeve.wire import model
from keyreeve.wire.shown import holds_secrets
from stories import server as servers
from sweep import DEPTH, found, heaps

ROOT_PASSWORD = "Canary-root/+%26Zq7"

UNTOLD = {"CreateDelegationRequest", "DecodeAuthorizationMessage", "SendDelegationToken"}
"""Operations that make or take a secret that the model does not call sensitive."""

COMMANDS = (
    ("events", "--json", "--limit", "10000"),
    ("events", "verify"),
    ("accounts", "list"),
    ("keys", "show"),
    ("doctor",),
)
"""Commands that show what there is."""

LEAKY = """
import keyreeve.events.parameters as parameters
from keyreeve.cli import main
from keyreeve.wire.model import Shape

parameters.LEFT_OUT = parameters.LEFT_OUT - {"OldPassword", "NewPassword", "Password"}
Shape.sensitive = False
main()
"""
"""A server that forgets to keep passwords out of its events."""


def command(data, *arguments, text=None):
    """Both outputs of a command."""
    ours = {name: None for name in os.environ if name.startswith("KEYREEVE_")}  # those of the suites are no settings
    done = CliRunner(env=ours).invoke(main, [*arguments, "--data", str(data)], input=text)
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def made(planted, name, printed, *lines):
    """Plant what a command gave out once, and keep the rest of what it printed."""
    for line in lines:
        planted.plant(f"{name} {line}", re.search(rf"{line}[=:] ?(\S+)", printed, re.IGNORECASE)[1])


@contextmanager
def everything(folder):
    """A server through which every canary was planted, while it runs."""
    account = servers.made(folder)
    other = servers.keyreeve(folder / "data", "accounts", "create")
    partner = Partner(other["account_id"], servers.first_key(other))
    templates = folder / "templates.json"
    templates.write_text(json.dumps(partner.templates))
    serve = ("--log-level", "debug", "--access-log", "--log-format", "json", "--templates", str(templates))
    with servers.serving(folder, account, *serve, "--management-account", account["account_id"]) as running:
        planted = Planted(running.endpoint, partner)
        planted.plant("init", running.admin["SecretAccessKey"])
        planted.plant("accounts create, a partner", partner.credentials["SecretAccessKey"])
        planted.through_everything(running.admin)
        planted.delegation(running.admin, lambda: released(running))
        commands(planted, running.data, running.account)
        yield planted, running
    planted.told.append(("the log", running.log.read_bytes()))


def released(running):
    """The token that the partner is to be told, which the operator hands on."""
    lines = command(running.data, "notifications", "list")[0].splitlines()
    (waiting,) = [each for each in map(json.loads, lines) if each["message"]["Type"] == "ExchangeToken"]
    command(running.data, "notifications", "forget", waiting["notification_id"])
    return waiting["message"]["ExchangeToken"]


def commands(planted, data, account_id):
    """Plant through the commands that make secrets, and keep what the others print."""
    of = ("--account", account_id)
    planted.plant("root set-password", ROOT_PASSWORD)
    for output in command(data, "root", "set-password", *of, text=ROOT_PASSWORD + "\n"):
        planted.told.append(("root set-password", output.encode()))
    made(planted, "root create-access-key", command(data, "root", "create-access-key", *of)[0], "SECRET_ACCESS_KEY")
    made(planted, "root session", command(data, "root", "session", *of)[0], "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    for arguments in COMMANDS:
        for output in command(data, *arguments):
            planted.told.append((" ".join(arguments), output.encode()))
    made(planted, "accounts create", command(data, "accounts", "create")[0], "SECRET_ACCESS_KEY")
    command(data, "backup", str(data / "copy.db"))
    command(data, "keys", "rotate", "--compromised")


def leaks(planted, data):
    """Where each secret was found that should not be there. What a database holds is peeled value by value."""
    secrets = {**planted.secrets, **of_key_ring((data / "keyring.json").read_text())}
    places = [(*place, 1 if place[0].endswith((".db", "-wal")) else DEPTH) for place in heaps(data, ("keyring.json",))]
    places += [(*place, DEPTH) for place in planted.told]
    return {(place, name) for place, heap, depth in places for name in found(heap, secrets, depth)}


def secretive(service, name):
    """Whether the model says that an operation takes or makes something sensitive."""
    operation = model.service(service).operations[name]
    return any(holds_secrets(shape) for shape in (operation.input, operation.output) if shape is not None)


def packed(data, monkeypatch):
    """Have the older events packed, as a server does that has run for a while."""
    monkeypatch.setattr(packing, "EVENTS_PER_BLOCK", 10)
    monkeypatch.setattr(packing, "EVENTS_LEFT_LOOSE", 5)
    with Node.open(Config(data=data), {}) as node:
        assert node.log.compact() > 30


@pytest.mark.slow
def test_no_secret_is_where_it_should_not_be(tmp_path, monkeypatch):
    with everything(tmp_path) as (planted, running):
        pass
    packed(running.data, monkeypatch)
    assert len(planted.secrets) > 30
    assert leaks(planted, running.data) == set()
    assert not [place for place, body in planted.told if b"argon2" in body]


@pytest.mark.slow
def test_a_leak_that_was_planted_is_found(tmp_path, monkeypatch):
    leaky = tmp_path / "leaky.py"
    leaky.write_text(LEAKY)
    monkeypatch.setattr(servers, "KEYREEVE", (servers.KEYREEVE[0], str(leaky)))
    with everything(tmp_path) as (planted, running):
        pass
    packed(running.data, monkeypatch)
    found_at = leaks(planted, running.data)
    assert {name for _, name in found_at} >= {"CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"}
    assert {" ".join(place.split()[:2]) for place, _ in found_at} >= {
        "keyreeve.db blocks",
        "events --json",
        "copy.db events",
    }


def test_every_operation_with_a_secret_is_planted_through():
    """The story calls each by its method, so its text says which."""
    story = Path(canaries.__file__).read_text()
    known = {*REGISTRY, *((service, name) for service, names in NOT_BUILT.items() for name in names)}
    wanted = {name for service, name in known if secretive(service, name)} | UNTOLD
    called = {name for _, name in known if re.search(rf"\.{xform_name(name)}\b", story)}
    assert wanted - called == set()
    assert len(wanted) > 15
