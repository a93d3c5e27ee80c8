"""A real browser without a window, with a security key of its own, asked through its debugging pipe."""

import json
import os
import select
import shutil
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from pages import served

SECONDS = 60
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LAUNCH = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The pipes are files 3 and 4 of the browser."""

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}


class Chromium:
    """Commands of the DevTools protocol go in by one pipe, answers and events come out of another, ended by NUL."""

    def __init__(self, folder):
        reading, self._in = os.pipe()
        self._out, writing = os.pipe()
        quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
        arguments = [PROGRAM, *quiet, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(reading), str(writing), *arguments],
            pass_fds=(reading, writing),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(reading)
        os.close(writing)
        self._count, self._rest, self._session, self._seen = 0, b"", None, set()

    def call(self, method, **parameters):
        """What a command answers."""
        self._count += 1
        sent = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            sent["sessionId"] = self._session
        os.write(self._in, json.dumps(sent).encode() + b"\0")
        while True:
            found = self._next()
            self._seen.add(found.get("method"))
            if found.get("id") == self._count:
                assert "error" not in found, found
                return found["result"]

    def _next(self):
        while b"\0" not in self._rest:
            assert select.select([self._out], [], [], SECONDS)[0], "the browser does not answer"
            data = os.read(self._out, 65536)
            assert data, "the browser is gone"
            self._rest += data
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def open(self, url):
        """A page at this address, in a tab with a security key that is touched whenever it is asked."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self._seen.clear()
        self.call("Page.navigate", url=url)
        while "Page.loadEventFired" not in self._seen:
            self._seen.add(self._next().get("method"))
        self.call("WebAuthn.enable")
        self.call("WebAuthn.addVirtualAuthenticator", options=KEY)

    def run(self, script):
        """What a script gives, awaited."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def create(self, options):
        """What a page has of a key that makes a credential, as JSON."""
        return self._asked("create", "parseCreationOptionsFromJSON", options)

    def get(self, options):
        """What a page has of a key that shows itself, as JSON."""
        return self._asked("get", "parseRequestOptionsFromJSON", options)

    def _asked(self, verb, parse, options):
        asked = f"navigator.credentials.{verb}({{publicKey: PublicKeyCredential.{parse}({options})}})"
        return self.run(f"{asked}.then(found => JSON.stringify(found.toJSON()))")

    def close(self):
        for end in (self._in, self._out):
            os.close(end)
        self.process.terminate()
        self.process.wait(SECONDS)


class _Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>signing in</title>")

    def log_message(self, *_):
        """Nothing: a test is quiet."""


@contextmanager
def page():
    """The address of an empty page, by the one name that needs no TLS."""
    with served(_Page) as port:
        yield f"http://localhost:{port}"
