"""A real identity provider: Debian's SimpleSAMLphp under PHP's own server on loopback, with people who have passwords.

Its settings, keys and sessions are in a folder of the test. The package's own folder is not touched.
"""

import html
import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import pki

WWW = Path("/usr/share/simplesamlphp/www")
ENTITY = "https://idp.example.org/saml"
SIGN_IN = "https://signin.aws.amazon.com/saml"
BOTH, ENCRYPTED, ASSERTION = "urn:amazon:webservices", SIGN_IN, "https://eu-west-1.signin.aws.amazon.com/saml"
"""Service providers as it knows them: both signed, both signed and encrypted, the assertion alone signed."""

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
STARTS_WITHIN = 20

PROVIDER = {
    "host": "__DEFAULT__",
    "privatekey": "idp.pem",
    "certificate": "idp.crt",
    "auth": "people",
    "authproc": {"3": {"class": "saml:AttributeNameID", "attribute": "uid", "Format": PERSISTENT}},
}
_POST = {"Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "Location": SIGN_IN, "index": 0}
_SERVICE = {"AssertionConsumerService": [_POST], "NameIDFormat": PERSISTENT}
SERVICES = {
    BOTH: _SERVICE,
    ENCRYPTED: {**_SERVICE, "assertion.encryption": True, "certificate": "reader.crt"},
    ASSERTION: {**_SERVICE, "saml20.sign.response": False},
}


@dataclass(frozen=True)
class SimpleSAMLphp:
    """A running provider. `private_key` is what its encrypted assertions are for."""

    url: str
    private_key: str

    def metadata(self):
        return self._opener().open(f"{self.url}/saml2/idp/metadata.php").read().decode()

    def response(self, user, password, to=BOTH):
        """The response, in base64, that a browser would carry to the sign-in page after its user has logged in."""
        browser = self._opener()
        page = browser.open(f"{self.url}/saml2/idp/SSOService.php?spentityid={urllib.parse.quote(to, safe='')}")
        form = {"username": user, "password": password, "AuthState": _value(page.read(), "AuthState")}
        where = page.geturl().partition("?")[0]
        return _value(browser.open(where, urllib.parse.urlencode(form).encode()).read(), "SAMLResponse")

    def _opener(self):
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )


def _value(page, name):
    found = re.search(f'name="{name}" value="([^"]*)"', page.decode())
    assert found, page.decode()
    return html.unescape(found[1])


@contextmanager
def running(folder, people):
    """Serve while the context lasts. `people`: user and password to attributes. Skips where it is not installed."""
    if shutil.which("php") is None or not WWW.is_dir():
        pytest.skip("SimpleSAMLphp is not installed: apt-get install simplesamlphp php-cli php-xml")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url, reader = f"http://127.0.0.1:{port}", pki.rsa_key("story reader")
    _configure(folder, url, people, reader)
    with (folder / "php.log").open("wb") as log:
        process = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(WWW)],
            env={"PATH": os.environ["PATH"], "SIMPLESAMLPHP_CONFIG_DIR": str(folder / "config")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(url, process, folder / "php.log")
            yield SimpleSAMLphp(url, pki.private(reader))
        finally:
            process.terminate()
            process.wait(10)


def _wait(url, process, log):
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/saml2/idp/metadata.php").close()
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode() + log.read_text(errors="replace")) from error
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))


def _configure(folder, url, people, reader):
    for name in ("config/metadata", "cert", "log", "data", "scratch", "sessions"):
        (folder / name).mkdir(parents=True)
    key = pki.rsa_key("story idp")
    files = {"idp.pem": pki.private(key), "idp.crt": pki.certificate(key), "reader.crt": pki.certificate(reader)}
    for name, text in files.items():
        (folder / "cert" / name).write_text(text)
    config = folder / "config"
    _write(config / "config.php", "config", _settings(folder, url))
    _write(config / "authsources.php", "config", {"people": {"0": "exampleauth:UserPass", **people}})
    _write(config / "metadata/saml20-idp-hosted.php", "metadata", {ENTITY: PROVIDER})
    _write(config / "metadata/saml20-sp-remote.php", "metadata", SERVICES)


def _settings(folder, url):
    return {
        "baseurlpath": f"{url}/",
        "certdir": f"{folder}/cert/",
        "loggingdir": f"{folder}/log/",
        "datadir": f"{folder}/data/",
        "tempdir": f"{folder}/scratch",
        "metadatadir": f"{folder}/config/metadata/",
        "metadata.sources": [{"type": "flatfile"}],
        "secretsalt": "a salt of this test alone",
        "auth.adminpassword": "nobody is the administrator here",
        "timezone": "UTC",
        "logging.handler": "file",
        "enable.saml20-idp": True,
        "module.enable": {"exampleauth": True, "core": True, "saml": True},
        "store.type": "phpsession",
        "session.phpsession.savepath": f"{folder}/sessions",
        "session.cookie.secure": False,
        "session.cookie.samesite": None,
        "session.phpsession.httponly": True,
        "language.available": ["en"],
    }


def _write(path, variable, values):
    """PHP's own reading of JSON, so that nothing of PHP is quoted here."""
    path.write_text(f"<?php\n${variable} = json_decode(<<<'JSON'\n{json.dumps(values)}\nJSON\n, true);\n")
