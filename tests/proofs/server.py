"""A real server process to talk to and to kill."""

import http.client
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from tests.fuzz.drafts import Credentials, Draft

KEYREEVE = (sys.executable, "-m", "keyreeve")
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
START_SECONDS = 60


class Process:
    """`keyreeve serve` over a folder. `command` starts another server in its place."""

    def __init__(self, data, command=KEYREEVE):
        self.output = data.parent / "output.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "serve", "--data", str(data), "--port", "0"], stdout=output, stderr=output
            )
        self.port = self._port()

    def _port(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if url := re.search(r"http://127\.0\.0\.1:(\d+)", self.output.read_text()):
                return int(url[1])
            time.sleep(0.01)
        ended = self.process.poll()
        self.kill()
        why = f"no port after {START_SECONDS} s" if ended is None else f"it ended with {ended}"
        raise AssertionError(f"the server did not start, {why}: {self.output.read_text()}")

    def kill(self):
        """SIGKILL, and nothing is left."""
        self.process.kill()
        self.process.wait()


def administrator(data):
    """Make the folder; the first user's credentials."""
    made = subprocess.run([*KEYREEVE, "init", "--data", str(data), "--json"], capture_output=True, check=True)
    found = json.loads(made.stdout)
    return Credentials(found["access_key_id"], found["secret_access_key"])


@dataclass
class Client:
    """Signed requests over one connection that is kept."""

    port: int
    credentials: Credentials

    def __post_init__(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def like(self, credentials):
        """Another client for the same server, with other credentials."""
        return Client(self.port, credentials)

    def call(self, action, parameters, service="iam", agent="proof"):
        """The answer's document. OSError or HTTPException when none came; AssertionError when it is an error."""
        status, body = self._answer(action, parameters, service, agent)
        assert status == 200, (action, parameters, body)
        return ET.fromstring(body)  # noqa: S314  it is our own

    def accepted(self, action, parameters, service):
        """Whether a call is accepted; a refusal has to be one of those for want of permission or proof."""
        status, body = self._answer(action, parameters, service, "proof")
        assert status == 200 or (status == 403 and (b"AccessDenied" in body or b"InvalidClientTokenId" in body)), body
        return status == 200

    def _answer(self, action, parameters, service, agent):
        pairs = [("Action", action), ("Version", VERSIONS[service]), *parameters.items()]
        draft = Draft(service, self.credentials, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", pairs)
        draft.headers["host"] = f"127.0.0.1:{self.port}"
        request = draft.request()
        self.connection.request("POST", "/", request.body, {**dict(request.headers), "user-agent": agent})
        answer = self.connection.getresponse()
        return answer.status, answer.read()
