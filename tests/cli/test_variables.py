"""Variables that look like settings and are none: told by name, by whoever reads the configuration."""

import json

import pytest

from keyreeve.cli.variables import KNOWN, unread
from keyreeve.config import READERS

PROT = "KEYREEVE_PROT is not a setting, and nothing reads it. Did you mean KEYREEVE_PORT?"


def test_a_misspelt_variable_is_told_with_the_one_that_was_meant():
    assert list(unread({"KEYREEVE_PROT": "1"})) == [PROT]
    (sentence,) = unread({"KEYREEVE_BEHIND_PROXI": "10.0.0.0/8", "PATH": "/bin"})
    assert sentence.endswith("Did you mean KEYREEVE_BEHIND_PROXY?")
    assert list(unread({"KEYREEVE_COLOUR": "red"})) == ["KEYREEVE_COLOUR is not a setting, and nothing reads it."]


def test_its_value_is_not_told():
    sentence = "".join(unread({"KEYREEVE_ADMIN_SECRET_KEY": "confidential"}))
    assert "KEYREEVE_ADMIN_SECRET_ACCESS_KEY" in sentence
    assert "confidential" not in sentence


def test_variables_that_are_read_are_not_told():
    assert not list(unread(dict.fromkeys(KNOWN, "x")))
    assert {f"KEYREEVE_{name.upper()}" for name in READERS} < set(KNOWN)
    assert "KEYREEVE_KEYRING" in KNOWN


@pytest.mark.parametrize("service", ["KEYREEVE", "KEYREEVE_METRICS"])
def test_what_kubernetes_says_of_a_service_of_our_name_is_not_told(service):
    described = {
        "SERVICE_HOST": "10.0.0.11",
        "SERVICE_PORT": "4566",
        "SERVICE_PORT_HTTPS": "4566",
        "PORT": "tcp://10.0.0.11:4566",
        "PORT_4566_TCP": "tcp://10.0.0.11:4566",
        "PORT_4566_TCP_PROTO": "tcp",
        "PORT_4566_TCP_PORT": "4566",
        "PORT_4566_TCP_ADDR": "10.0.0.11",
    }
    assert not list(unread({f"{service}_{name}": value for name, value in described.items()}))


def test_every_command_tells_it_beside_what_it_prints(keyreeve):
    result = keyreeve("init", "--json", KEYREEVE_PROT="1")
    assert result.stderr == f"keyreeve: {PROT}\n"
    assert json.loads(result.stdout)["access_key_id"]


def test_doctor_finds_a_problem(admin, keyreeve):
    result = keyreeve("doctor", "--json", status=1, KEYREEVE_PROT="1")
    found = {each["check"]: each for each in json.loads(result.stdout)["findings"]}
    assert found["variables"] == {"check": "variables", "state": "problem", "sentence": PROT}
    assert PROT not in result.stderr


def test_it_is_told_where_it_may_be_why_the_configuration_is_refused(keyreeve):
    given = {"KEYREEVE_HOST": "0.0.0.0", "KEYREEVE_BEHIND_PROXI": "10.0.0.0/8"}  # noqa: S104  what is refused
    said = keyreeve("serve", status=2, **given).stderr.splitlines()
    assert "Did you mean KEYREEVE_BEHIND_PROXY?" in said[0]
    assert "or --behind-proxy with the network" in said[-1]


def test_the_server_logs_it_and_serves(serve):
    server = serve("--log-format", "json", KEYREEVE_PROT="1")
    server.process.terminate()
    _, log = server.process.communicate(timeout=15)
    warnings = [line for line in map(json.loads, log.splitlines()) if line["level"] == "warning"]
    assert [line["message"] for line in warnings] == [PROT]
