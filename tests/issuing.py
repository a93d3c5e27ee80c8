"""An OpenID issuer of the tests, good or hostile: an HTTPS server whose answers are told to it."""

import json
import socket
import ssl
import threading
import time
from contextlib import suppress

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
_KEYS = {}


def key(algorithm="RS256", name="first"):
    """A private key for an algorithm; each is made once, RSA keys take long."""
    kind = algorithm if algorithm in CURVES else "RSA"
    if (kind, name) not in _KEYS:
        made = ec.generate_private_key(CURVES[kind]()) if kind in CURVES else rsa.generate_private_key(65537, 2048)
        _KEYS[kind, name] = made
    return _KEYS[kind, name]


def public(algorithm="RS256", name="first", **more):
    """The public key as a JWK."""
    as_jwk = (ECAlgorithm if algorithm in CURVES else RSAAlgorithm).to_jwk
    jwk = as_jwk(key(algorithm, name).public_key(), as_dict=True)
    return {**{k: v for k, v in jwk.items() if k != "key_ops"}, "kid": f"{algorithm}-{name}", "use": "sig", **more}


def signed(claims, algorithm="RS256", name="first", **headers):
    """A token of these claims."""
    return jwt.encode(claims, key(algorithm, name), algorithm, {"kid": f"{algorithm}-{name}", **headers})


def good(issuer, **more):
    """The claims of a token that is good for the client `app`; with `...` a claim is left out."""
    now = int(time.time())
    claims = {"iss": issuer.url, "sub": "repo:shop/cart", "aud": "app", "iat": now, "exp": now + 300, **more}
    return {name: value for name, value in claims.items() if value is not ...}


def reply(content, status="200 OK", **headers):
    """The bytes of an HTTP response."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = {"content_type": "application/json", "content_length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


class Issuer:
    """Serves on a free port of the loopback. `answers` are bytes by path, or a function of the connection."""

    def __init__(self, certificate, private, host="localhost"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, private)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.place = f"{host}:{self.port}"
        self.url = f"https://{self.place}"
        self.asked = []
        self.answers = {}
        self.keys = [public()]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def document(self, **more):
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **more}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        with suppress(OSError), plain:
            plain.settimeout(10)
            with self.context.wrap_socket(plain, server_side=True) as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    data = connection.recv(4096)
                    if not data:
                        return
                    head += data
                path = head.split(b" ", 2)[1].decode()
                self.asked.append(path)
                answer = self._answer(path)
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)
                with suppress(OSError):
                    connection.unwrap()

    def _answer(self, path):
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return reply(self.document())
        if path == "/jwks":
            return reply({"keys": self.keys}, cache_control="public, max-age=120")
        return reply({}, "404 Not Found")
