"""A real OpenID provider in a process of its own, and somebody who signs in at it and comes away with an ID token."""

import base64
import hashlib
import json
import re
import secrets
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

import authority

HERE = Path(__file__).parent / "openid"
SECRET = "a secret of the tests"
FIELD = re.compile(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"')


class Provider:
    """`oidc-provider` over TLS. Its clients are `app-ALGORITHM`, one for each algorithm of its ID tokens."""

    def __init__(self, process, ca_file):
        self.process, self.ca_file = process, ca_file
        self.url = self._told("https://")
        self.place = urlsplit(self.url).netloc

    def _told(self, start):
        """The next line that begins so; between them the provider tells of itself."""
        for line in self.process.stdout:
            if line.startswith(start):
                return line.strip()
        raise AssertionError(start)

    def turn_keys(self):
        """Have it sign with other keys from now on."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self._told("keys of generation")

    def id_token(self, algorithm, name):
        """Sign in as somebody, by the authorisation code flow with its pages; what the client gets in the end."""
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca_file))
        browser, verifier = urllib.request.build_opener(cookies, tls), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": f"app-{algorithm}",
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": f"{self.url}/done",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        code = self._signed_in(browser, f"{self.url}/auth?{urlencode(asked)}", name)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self.url}/done",
            "code_verifier": verifier,
        }
        basic = base64.b64encode(f"app-{algorithm}:{SECRET.replace(' ', '+')}".encode()).decode()
        request = urllib.request.Request(f"{self.url}/token", urlencode(form).encode())  # noqa: S310  ours
        request.add_header("Authorization", f"Basic {basic}")
        with browser.open(request, timeout=30) as answer:
            return json.load(answer)["id_token"]

    def _signed_in(self, browser, page, name):
        """Fill in each page that is shown, until the way leads back to the client; the code on it."""
        data = None
        for _ in range(5):
            try:
                with browser.open(page, data, timeout=30) as answer:
                    html, page = answer.read().decode(), answer.url
            except urllib.error.HTTPError as error:
                error.close()
                return parse_qs(urlsplit(error.url).query)["code"][0]
            fields = dict(FIELD.findall(html))
            page = urljoin(page, re.search(r'action="([^"]+)"', html)[1])
            data = urlencode({**fields, "login": name, "password": "any"}).encode()
        raise AssertionError(html)


@contextmanager
def providing(folder, *algorithms):
    """A provider with a certificate of the tests' authority, while the context lasts."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules").is_dir():
        pytest.skip("oidc-provider is not installed: make test installs it")
    certificate, key, _ = authority.certified(folder)
    command = ["node", str(HERE / "provider.mjs"), str(certificate), str(key), *algorithms]
    with (folder / "provider.log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    with process:
        try:
            yield Provider(process, authority.ca_file(folder))
        finally:
            process.kill()
