"""The key ring's sources: a private file, the environment, a command."""

import json
import os
import shlex
import sys
from datetime import UTC, datetime

import pytest

from keyreeve.seal import KeyRing, KeyRingUnusable, private_file
from keyreeve.seal.ring import VARIABLE, text

NOW = datetime(2026, 11, 24, 10, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keyring.json"


def modes(folder):
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_a_file_is_made_private_and_loads(path):
    ring = KeyRing.create(path, NOW)
    assert modes(path.parent) == {"keyring.json": 0o600}
    assert KeyRing.load(path, {}).unseal(ring.seal(b"secret", "row"), "row") == b"secret"


def test_a_file_is_not_overwritten(path):
    KeyRing.create(path, NOW)
    before = path.read_bytes()
    with pytest.raises(KeyRingUnusable, match="There is a key ring at"):
        KeyRing.create(path, NOW)
    assert path.read_bytes() == before
    assert len(modes(path.parent)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_an_open_file_is_refused_with_what_to_do(path, mode):
    KeyRing.create(path, NOW)
    path.chmod(mode)
    with pytest.raises(KeyRingUnusable, match=rf"open to other users \(mode {mode:04o}\)\. Run: chmod 600 "):
        KeyRing.load(path, {})
    path.chmod(0o400)
    KeyRing.load(path, {})


def test_rotation_is_saved(path):
    ring = KeyRing.create(path, NOW)
    sealed, token = ring.seal(b"secret", "row"), ring.seal_token(b"token")
    ring.rotate(NOW)
    again = KeyRing.load(path, {})
    assert [key.state for key in again.keys.all] == ["primary", "retired"]
    assert again.unseal(sealed, "row") == ring.unseal(sealed, "row") == b"secret"
    assert again.unseal(ring.seal(b"new", "row"), "row") == b"new"
    assert again.unseal_token(token).plaintext == b"token"
    assert modes(path.parent) == {"keyring.json": 0o600}


def test_rotation_does_not_drop_keys_that_another_has_saved_meanwhile(path):
    ours = KeyRing.create(path, NOW)
    theirs = KeyRing.load(path, {})
    theirs.rotate(NOW)
    sealed = theirs.seal(b"secret", "row")
    before = ours.keys
    with pytest.raises(KeyRingUnusable, match="has changed since it was read"):
        ours.rotate(NOW)
    assert ours.keys is before
    assert KeyRing.load(path, {}).unseal(sealed, "row") == b"secret"


def test_rotation_puts_back_a_file_that_is_gone(path):
    ring = KeyRing.create(path, NOW)
    sealed = ring.seal(b"secret", "row")
    path.unlink()
    ring.rotate(NOW)
    assert KeyRing.load(path, {}).unseal(sealed, "row") == b"secret"


def test_a_rotation_that_cannot_be_saved_does_not_happen(path, monkeypatch):
    ring = KeyRing.create(path, NOW)
    before = (ring.keys, path.read_bytes())

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyRingUnusable, match="cannot be saved: No space left on device"):
        ring.rotate(NOW)
    assert (ring.keys, path.read_bytes()) == before
    assert len(modes(path.parent)) == 1


def test_file_and_folder_are_synced_around_the_rename(path, monkeypatch):
    done = []
    folder = path.parent.stat()
    monkeypatch.setattr(os, "fsync", lambda descriptor: done.append(os.path.samestat(os.fstat(descriptor), folder)))
    monkeypatch.setattr(private_file.os, "link", lambda old, new: (done.append("link"), old.rename(new)))
    KeyRing.create(path, NOW)
    assert done == [False, "link", True]


def test_the_environment(path):
    ring = KeyRing.create(path, NOW)
    given = {VARIABLE: path.read_text()}
    path.unlink()
    other = KeyRing.load(path, given)
    assert other.unseal(ring.seal(b"secret", "row"), "row") == b"secret"
    with pytest.raises(KeyRingUnusable, match="not in a file"):
        other.rotate(NOW)


def test_a_command(path):
    ring = KeyRing.create(path, NOW)
    other = KeyRing.load(path, {VARIABLE: "not asked"}, f"cat {shlex.quote(str(path))}")
    assert other.unseal(ring.seal(b"secret", "row"), "row") == b"secret"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/nowhere/at-all", "No such file or directory"),
        (f"{sys.executable} -c 'print(\"secret\"); raise SystemExit(3)'", "it ended with status 3"),
        (f"{sys.executable} -c 'import time; time.sleep(9)'", "it took more than 0.2 s"),
        ("'open", "it is empty or has a quote that does not end"),
        (" ", "it is empty or has a quote that does not end"),
    ],
)
def test_a_command_that_fails(path, command, why, monkeypatch):
    if "sleep" in command:
        monkeypatch.setattr("keyreeve.seal.ring.COMMAND_SECONDS", 0.2)
    with pytest.raises(KeyRingUnusable) as told:
        KeyRing.load(path, {}, command)
    assert str(told.value) == f"The command for the key ring failed: {why}."


def test_no_file(path):
    with pytest.raises(KeyRingUnusable, match=r"There is no key ring at .*.* Put your copy back\."):
        KeyRing.load(path, {})


def changed(ring, **values):
    written = json.loads(text(ring.keys))
    written["keys"][0].update(values)
    return json.dumps(written)


@pytest.mark.parametrize(
    "values",
    [
        {"id": "xyz"},
        {"secret": "AAAA"},
        {"secret": "?"},
        {"state": "retired"},
        {"state": "new"},
        {"more": 1},
        {"created": "x"},
    ],
)
def test_a_malformed_ring(path, values):
    ring = KeyRing.create(path, NOW)
    with pytest.raises(KeyRingUnusable, match=r"The key ring from KEYREEVE_KEYRING cannot be read: "):
        KeyRing.load(path, {VARIABLE: changed(ring, **values)})


@pytest.mark.parametrize("written", ["{", "[]", '{"version": 2, "keys": []}', '{"version": 1, "keys": []}', "\udcff"])
def test_a_ring_that_is_none(path, written):
    with pytest.raises(KeyRingUnusable, match="cannot be read"):
        KeyRing.load(path, {VARIABLE: written})


def test_the_text(path):
    ring = KeyRing.create(path, NOW)
    written = json.loads(path.read_text())
    assert set(written["keys"][0]) == {"id", "created", "secret", "state"}
    assert written["version"] == 1
    assert written["keys"][0]["created"] == "2026-11-24T10:00:00Z"
    assert written["keys"][0]["secret"] not in repr(ring) + repr(ring.keys)
