"""The key ring: where its keys come from, how they change, how they are saved.

Its text is JSON, `{"version": 1, "keys": [{"id", "created", "secret", "state"}, …]}`, the secrets in base64. It comes
from a file that nobody else may read, from the environment variable KEYREEVE_KEYRING, or from a command that prints it
(a secret manager's client). Only a file can be saved to; for the others `rotated` gives the text to put there.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from keyreeve.seal import private_file
from keyreeve.seal.chance import draw
from keyreeve.seal.keys import SECRET_BYTES, Chance, Key, Keys, Opened

VARIABLE = "KEYREEVE_KEYRING"
COMMAND_SECONDS = 30


class KeyRingUnusable(Exception):
    """A key ring that cannot be had or should not be trusted. The sentence says what to do; it holds no secret."""


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    keys: tuple[Key, ...]


class KeyRing:
    """Seals and opens secrets. Rotation changes it in place, so that all who hold it seal under the new key at once."""

    def __init__(self, keys: Keys, path: Path | None = None, chance: Chance = draw) -> None:
        self.keys = keys
        self._path = path
        self._chance = chance

    def __repr__(self) -> str:
        """Without secrets."""
        return f"KeyRing({', '.join(f'{key.id} {key.state}' for key in self.keys.all)})"

    @classmethod
    def create(cls, path: Path, now: datetime, chance: Chance = draw) -> KeyRing:
        """A new ring of one key in a new file. Raises KeyRingUnusable if the file is there already."""
        keys = Keys((_new(now, chance),))
        _saved(private_file.create, path, keys)
        return cls(keys, path, chance)

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str], command: str | None = None) -> KeyRing:
        """The ring that `command` prints, or of KEYREEVE_KEYRING, or of the file. Raises KeyRingUnusable."""
        if command:
            return cls(parse(_printed(command), "the command"))
        if environ.get(VARIABLE):
            return cls(parse(environ[VARIABLE].encode(errors="surrogateescape"), VARIABLE))
        return cls(parse(_read(path), str(path)), path)

    def rotate(self, now: datetime, *, compromised: bool = False) -> None:
        """Seal under a new primary key from now on, once it is saved; older keys stay to open what they sealed.

        `compromised` ends every session at once: no older key opens a token any more. Raises KeyRingUnusable where
        the ring is not in a file (`rotated` has the text for that), or the file has other keys than were read from it:
        to save ours over those would lose what others sealed under them.
        """
        if self._path is None:
            raise KeyRingUnusable("This key ring is not in a file. Put the rotated text where it comes from.")
        if self._path.exists() and parse(_read(self._path), str(self._path)).all != self.keys.all:
            raise KeyRingUnusable(f"The key ring {self._path} has changed since it was read. Start the server again.")
        keys = rotated(self.keys, now, compromised=compromised, chance=self._chance)
        _saved(private_file.replace, self._path, keys)
        self.keys = keys

    def seal(self, plaintext: bytes, bound_to: str) -> bytes:
        """Seal a secret, bound to the row that keeps it (for one, its key)."""
        return self.keys.seal(plaintext, bound_to, self._chance)

    def unseal(self, sealed: bytes, bound_to: str) -> bytes:
        """Open what `seal` gave. Raises SealBroken."""
        return self.keys.unseal(sealed, bound_to)

    def seal_token(self, plaintext: bytes) -> bytes:
        """Seal a session token."""
        return self.keys.seal_token(plaintext, self._chance)

    def unseal_token(self, sealed: bytes) -> Opened:
        """Open what `seal_token` gave. Raises SealBroken."""
        return self.keys.unseal_token(sealed)

    def mac(self, data: bytes, purpose: str) -> bytes:
        """A code that authenticates `data` for one purpose. Rotation changes it: ask `authentic` if one holds."""
        return self.keys.mac(data, purpose)

    def authentic(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether `code` is a `mac` of this, now or before a rotation, under a key that is not compromised."""
        return self.keys.authentic(data, code, purpose)

    def exposed(self, data: bytes, code: bytes, purpose: str) -> bool:
        """Whether `code` is a `mac` of this under a key that is compromised: it proves nothing any more."""
        return self.keys.exposed(data, code, purpose)


def rotated(keys: Keys, now: datetime, *, compromised: bool = False, chance: Chance = draw) -> Keys:
    """The keys with a new primary; the one before is retired, or with all others compromised."""
    return Keys((_new(now, chance), *(_put_back(key, now, compromised=compromised) for key in keys.all)))


def _put_back(key: Key, now: datetime, *, compromised: bool) -> Key:
    retired = key.retired or now
    if compromised or key.state == "compromised":
        return msgspec.structs.replace(key, state="compromised", retired=retired)
    return msgspec.structs.replace(key, state="retired", retired=retired)


def _new(now: datetime, chance: Chance) -> Key:
    return Key(id=chance(4).hex(), created=now.replace(microsecond=0), secret=chance(SECRET_BYTES), state="primary")


def text(keys: Keys) -> bytes:
    """The ring's text, to be kept secret."""
    return msgspec.json.format(msgspec.json.encode(_Text(1, keys.all)), indent=2) + b"\n"


def parse(written: bytes, source: str) -> Keys:
    """The keys in a ring's text. Raises KeyRingUnusable naming the source."""
    try:
        return Keys(msgspec.json.decode(written, type=_Text).keys)
    except (msgspec.MsgspecError, ValueError) as error:
        raise KeyRingUnusable(f"The key ring from {source} cannot be read: {error}.") from None


def _saved(save: Callable[[Path, bytes], None], path: Path, keys: Keys) -> None:
    try:
        save(path, text(keys))
    except FileExistsError:
        raise KeyRingUnusable(f"There is a key ring at {path} already.") from None
    except OSError as error:
        raise KeyRingUnusable(f"The key ring {path} cannot be saved: {error.strerror}.") from None


def _read(path: Path) -> bytes:
    try:
        return private_file.read(path)
    except private_file.NotPrivate as error:
        raise KeyRingUnusable(f"The key ring {error}") from None
    except FileNotFoundError:
        raise KeyRingUnusable(
            f"There is no key ring at {path}, and what is sealed does not open without it. Put your copy back."
        ) from None
    except OSError as error:
        raise KeyRingUnusable(f"The key ring {path} cannot be read: {error.strerror}.") from None


def _printed(command: str) -> bytes:
    """What the command prints; its complaints go to our standard error."""
    try:
        words = shlex.split(command)
        # S603: the operator's own command, started without a shell.
        run = subprocess.run(words, stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=True)  # noqa: S603
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        raise KeyRingUnusable(f"The command for the key ring failed: {_why(error)}.") from None
    return run.stdout


def _why(error: Exception) -> str:
    """Why a command failed, without a word of what it printed."""
    match error:
        case subprocess.TimeoutExpired():
            return f"it took more than {COMMAND_SECONDS} s"
        case subprocess.CalledProcessError():
            return f"it ended with status {error.returncode}"
        case OSError():
            return error.strerror or "it cannot be started"
    return "it is empty or has a quote that does not end"
