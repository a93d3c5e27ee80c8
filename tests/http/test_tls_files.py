"""Files that TLS cannot be served with: the sentence says which one, and what is wrong with it."""

import re

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from keyreeve.config import Config
from keyreeve.http.server import CannotServe, tls_context

DAMAGED = b"-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n"
DAMAGED_KEY = b"-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def files(tmp_path, wire):
    """A certificate and its key in files of their own."""
    key, certificate = wire.self_signed()
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    for path, content in zip(paths, (certificate, key), strict=True):
        path.write_bytes(content)
        path.chmod(0o600)
    return paths


def told(files):
    with pytest.raises(CannotServe) as caught:
        tls_context(Config(tls_cert=files[0], tls_key=files[1]))
    return re.sub(r"/\S+/", "", str(caught.value))


def test_a_certificate_with_its_key_is_used(files):
    assert tls_context(Config(tls_cert=files[0], tls_key=files[1]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cert.pem (tls_cert) cannot be read: No such file or directory."),
        (b"", "cert.pem (tls_cert) holds no certificate in PEM."),
        (b'{"a": 1}', "cert.pem (tls_cert) holds no certificate in PEM."),
        (DAMAGED_KEY, "cert.pem (tls_cert) holds no certificate in PEM."),
        (DAMAGED, "cert.pem (tls_cert) holds a certificate that is damaged."),
    ],
)
def test_the_certificate_cannot_be_used(files, content, sentence):
    files[0].unlink() if content is None else files[0].write_bytes(content)
    assert told(files) == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "key.pem (tls_key) cannot be read: No such file or directory."),
        (b"", "key.pem (tls_key) holds no private key in PEM."),
        (DAMAGED, "key.pem (tls_key) holds no private key in PEM."),
        (DAMAGED_KEY, "key.pem (tls_key) holds a private key that is damaged."),
    ],
)
def test_the_key_cannot_be_used(files, content, sentence):
    files[1].unlink() if content is None else files[1].write_bytes(content)
    assert told(files) == sentence


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_under_a_pass_phrase_is_refused_and_nobody_is_asked(files, form):
    key = load_pem_private_key(files[1].read_bytes(), None)
    files[1].write_bytes(key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"phrase")))
    said = "key.pem (tls_key) holds a private key under a pass phrase, which nobody is asked for. Give one without."
    assert told(files) == said


def test_the_key_is_another_ones(files, wire):
    files[1].write_bytes(wire.self_signed()[0])
    assert told(files) == (
        "The private key in key.pem (tls_key) does not belong to the first certificate in cert.pem (tls_cert)."
        " The server's own certificate comes first, its chain after it."
    )


def test_the_chain_stands_before_the_certificate(files, wire):
    files[0].write_bytes(wire.self_signed()[1] + files[0].read_bytes())
    assert "does not belong to the first certificate in cert.pem" in told(files)


def test_one_file_may_hold_both(files):
    files[0].write_bytes(files[0].read_bytes() + files[1].read_bytes())
    assert tls_context(Config(tls_cert=files[0], tls_key=files[0]))
    files[0].write_bytes(files[0].read_bytes()[: -len(files[1].read_bytes())])
    assert told((files[0], files[0])) == "cert.pem (tls_key) holds no private key in PEM."
