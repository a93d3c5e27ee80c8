"""The server of a story: `keyreeve serve` as a process of its own, with its data in a folder that nobody else has."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

KEYREEVE = (sys.executable, "-m", "keyreeve")
# Nothing of what the tests or their caller set for themselves reaches the server.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("KEYREEVE_", "AWS_"))}
STARTS_WITHIN = 30
STOPS_WITHIN = 30


@dataclass
class Running:
    """A running server, and the first keys of its account's `admin`."""

    endpoint: str
    account: str
    admin: dict[str, str]
    data: Path
    log: Path

    def keyreeve(self, *arguments):
        """What `keyreeve ARGUMENTS --data DIR --json` answers, beside the running server."""
        return keyreeve(self.data, *arguments)


def keyreeve(data, *arguments):
    done = subprocess.run(
        [*KEYREEVE, *arguments, "--data", str(data), "--json"],
        env=ENVIRONMENT,
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def made(folder):
    """A data folder in this folder: what `init` answers."""
    return keyreeve(folder / "data", "init")


@contextmanager
def serving(folder, account, *arguments, authority=None):
    """Serve what `made` has made while the context lasts, and then stop as an operator does.

    With TLS among the arguments, `authority` is the file of the certificate authority behind it.
    """
    data, log = folder / "data", folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*KEYREEVE, "serve", "--data", str(data), "--port", "0", *arguments],
            env=ENVIRONMENT,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(address(process, log, authority), account["account_id"], first_key(account), data, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def first_key(account):
    """The credentials that `init` and `accounts create` answer once."""
    return {"AccessKeyId": account["access_key_id"], "SecretAccessKey": account["secret_access_key"]}


def address(process, log, authority=None):
    """The URL that the server says it listens on, once it answers there."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"https?://127\.0\.0\.1:\d+", log.read_text())
        if found and ready(found[0], authority):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


def ready(url, authority):
    context = ssl.create_default_context(cafile=authority) if authority else None
    with urllib.request.urlopen(f"{url}/readyz", timeout=STARTS_WITHIN, context=context) as answer:  # noqa: S310  ours
        return answer.status == HTTPStatus.OK
