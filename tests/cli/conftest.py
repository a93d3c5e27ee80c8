"""The command line as a program of its own, and within this process."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner

from keyreeve.cli import main

READY = re.compile(r"serves (\S+) with")


def environment(**more):
    """The environment without credentials and settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KEYREEVE_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path), **more}


@dataclass
class Serving:
    """A server that runs: its process, its URL, and what it said before."""

    process: subprocess.Popen
    url: str
    said: str

    def stop(self):
        """Stop gracefully; what else it said on standard output."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=15)
        assert self.process.returncode == 0
        return rest

    def client(self, service, credentials):
        """A client with credentials as `--json` prints them."""
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=credentials["access_key_id"],
            aws_secret_access_key=credentials["secret_access_key"],
            aws_session_token=credentials.get("session_token"),
            config=Config(retries={"max_attempts": 0}),
        )

    def identity(self, credentials):
        """The ARN that GetCallerIdentity answers."""
        return self.client("sts", credentials).get_caller_identity()["Arn"]


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def serve(data):
    """Starts servers on free ports."""
    with ExitStack() as stack:

        def start(*arguments, **more):
            command = [sys.executable, "-m", "keyreeve", "serve", "--data", str(data), "--port", "0", *arguments]
            process = stack.enter_context(
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**more)
                )
            )
            stack.callback(process.kill)
            said = ""
            while (found := READY.search(said)) is None:
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                said += line
            return Serving(process, found[1], said)

        yield start


@pytest.fixture
def keyreeve(data, monkeypatch):
    """Runs a command on the data folder in this process; fails when its status is another than `status`."""
    for name in [name for name in os.environ if name.startswith("KEYREEVE_")]:
        monkeypatch.delenv(name)

    def run(*arguments, status=0, text=None, place=True, **variables):
        where = ["--data", str(data)] if place else []
        result = CliRunner().invoke(main, [*arguments, *where], input=text, env=variables)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def told(keyreeve):
    """What a command prints with --json."""
    return lambda *arguments, **more: json.loads(keyreeve(*arguments, "--json", **more).stdout)


@pytest.fixture
def admin(told):
    """The administrator's key of a new data folder."""
    return told("init")


@pytest.fixture
def program():
    """Runs the program to its end."""

    def run(*arguments, **more):
        command = [sys.executable, "-m", "keyreeve", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment(**more), timeout=30, check=False)

    def shell(line):
        """`keyreeve` and this line, in a shell that fails with the first of a pipe."""
        script = f"set -o pipefail; {sys.executable} -m keyreeve {line}"
        command = ["bash", "-c", script]
        return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=30, check=False)

    run.environment, run.shell = environment, shell
    return run


@pytest.fixture
def exported():
    """Lines for a shell, as the JSON members are named."""

    def read(text):
        found = re.findall(r"AWS_(\w+)=(\S+)", text)
        return {name.lower(): value for name, value in found}

    return read
