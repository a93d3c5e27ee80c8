"""Configuration: every setting, where its value came from, and what is allowed.

A flag goes before an environment variable (`KEYREEVE_` and the setting's name), that before the TOML file, that before
the default. Names are the same everywhere: `--max-connections`, `KEYREEVE_MAX_CONNECTIONS`, `max_connections = 2000`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_type_hints

from keyreeve import templates
from keyreeve.logs import LEVELS
from keyreeve.templates import Templates

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PREFIX = "KEYREEVE_"
ROOT = 0
FILE_NAME = "keyreeve.toml"
KEYRING_NAME = "keyring.json"
ACCOUNT_DIGITS = 12
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}", re.ASCII)


class ConfigError(Exception):
    """A setting that is refused: where it stands, its name, and what is allowed."""


# Readers: from what a flag, a variable or the file gives to the setting's value; ValueError says what is allowed.


def text(value: object) -> str:
    """Any text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text")
    return value


def path(value: object) -> Path:
    """A path, with ~ expanded."""
    if isinstance(value, Path):
        return value
    return Path(text(value)).expanduser()


def switch(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if not isinstance(value, str) or value.lower() not in known:
        raise ValueError("true or false")
    return known[value.lower()]


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number from low to high."""

    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) and value.strip().isascii() and value.isdigit() else value
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return read


def one_of(*allowed: str) -> Callable[[object], str]:
    """One of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(" or ".join(allowed))
        return value

    return read


def account(value: object) -> str:
    """An account id."""
    if not isinstance(value, str) or len(value) != ACCOUNT_DIGITS or not (value.isascii() and value.isdigit()):
        raise ValueError('twelve digits, in quotes in the file: "123456789012"')
    return value


def registered(value: object) -> Templates:
    """What a file of templates registers."""
    return value if isinstance(value, Templates) else templates.read(path(value))


def networks(value: object) -> tuple[Network, ...]:
    """Networks in CIDR form; several as a list, or with commas between them."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) and item.strip() for item in items):
        raise ValueError('networks in CIDR form, such as "10.0.0.0/8"')
    try:
        return tuple(ipaddress.ip_network(item.strip()) for item in items)
    except ValueError as error:
        raise ValueError(f'networks in CIDR form, such as "10.0.0.0/8" ({error})') from None


def endpoint(value: object) -> tuple[str, int]:
    """An address to listen on, HOST:PORT; an IPv6 address in brackets."""
    host, colon, port = text(value).rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65535):  # noqa: PLR2004  the highest port
        raise ValueError("HOST:PORT, such as 127.0.0.1:9464")
    return host.removeprefix("[").removesuffix("]"), int(port)


def hosts(value: object) -> tuple[str, ...]:
    """Hosts with their ports, HOST:PORT (443 where it is left out); several as a list, or with commas between them."""
    items = value.split(",") if isinstance(value, str) else value
    wanted = "hosts such as login.example.org or localhost:8443"
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ValueError(wanted)
    found = tuple(item.strip().lower() if ":" in item else f"{item.strip().lower()}:443" for item in items)
    if not all(_HOST.fullmatch(item) for item in found):
        raise ValueError(wanted)
    return found


def url(value: object) -> str:
    """A URL of http or https without a path's end, as clients see this server."""
    found = text(value).rstrip("/")
    scheme, separator, rest = found.partition("://")
    if scheme not in {"http", "https"} or not separator or not rest or set(rest) & set("?#@ "):
        raise ValueError("a URL such as https://iam.example.org")
    return found


def folders(value: object) -> tuple[tuple[str, Path], ...]:
    """Names of buckets, each with its folder; a table in the file, elsewhere NAME=DIR with commas between them."""
    allowed = "names of buckets and their folders, such as audit=/var/lib/audit (a table in the file)"
    if isinstance(value, str):
        value = {name: folder for name, _, folder in (pair.partition("=") for pair in value.split(","))}
    if not isinstance(value, Mapping):
        raise ValueError(allowed)  # noqa: TRY004  what readers raise
    try:
        return tuple((text(name).strip(), path(folder)) for name, folder in value.items())
    except ValueError:
        raise ValueError(allowed) from None


@dataclass(frozen=True)
class Config:
    """Every setting, its reader and its default. `sources` says where each value came from, if not from here."""

    data: Annotated[Path, path] = Path("keyreeve-data")
    host: Annotated[str, text] = "127.0.0.1"
    port: Annotated[int, whole(0, 65535)] = 4566
    tls_cert: Annotated[Path | None, path] = None
    tls_key: Annotated[Path | None, path] = None
    behind_proxy: Annotated[tuple[Network, ...], networks] = ()
    public_url: Annotated[str | None, url] = None
    metrics: Annotated[tuple[str, int] | None, endpoint] = None
    log_format: Annotated[str, one_of("text", "json")] = "text"
    log_level: Annotated[str, one_of(*LEVELS)] = "info"
    access_log: Annotated[bool, switch] = False
    account_id: Annotated[str | None, account] = None
    management_account: Annotated[str | None, account] = None
    templates: Annotated[Templates, registered] = field(default_factory=Templates)
    fido_metadata: Annotated[Path | None, path] = None
    keyring_file: Annotated[Path | None, path] = None
    keyring_command: Annotated[str | None, text] = None
    web_identity_hosts: Annotated[tuple[str, ...], hosts] = ()
    web_identity_ca_file: Annotated[Path | None, path] = None
    event_retention_days: Annotated[int, whole(1, 3650)] = 90
    event_retention_megabytes: Annotated[int, whole(1, 1_048_576)] = 1024
    trail_buckets: Annotated[tuple[tuple[str, Path], ...], folders] = ()
    trail_seconds: Annotated[int, whole(1, 86_400)] = 300
    digest_seconds: Annotated[int, whole(1, 86_400)] = 3600
    max_connections: Annotated[int, whole(1, 100_000)] = 2000
    max_connections_per_address: Annotated[int, whole(1, 100_000)] = 500
    failed_auth_per_second: Annotated[int, whole(1, 1_000_000)] = 10
    failed_auth_burst: Annotated[int, whole(1, 1_000_000)] = 100
    request_seconds: Annotated[int, whole(1, 600)] = 20
    keep_alive_seconds: Annotated[int, whole(1, 3600)] = 75
    stop_seconds: Annotated[int, whole(0, 600)] = 10
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Raise ConfigError unless the settings go together: what exists can be served."""
        _together(self)

    @property
    def keyring_path(self) -> Path:
        """The file of the key ring, which the data needs and a backup of the data does not hold."""
        return self.keyring_file or self.data / KEYRING_NAME

    def source(self, name: str) -> str:
        """Where this setting's value came from."""
        return self.sources.get(name, "default")


READERS: Mapping[str, Callable[[object], Any]] = MappingProxyType(
    {
        name: hint.__metadata__[0]
        for name, hint in get_type_hints(Config, include_extras=True).items()
        if name != "sources"
    }
)
"""The settings by name, each with the reader that checks its value."""


def load(
    flags: Mapping[str, object] = MappingProxyType({}),
    environment: Mapping[str, str] = MappingProxyType({}),
    file: Path | None = None,
) -> Config:
    """The configuration from these three; flags that are None were not given. Raises ConfigError.

    Without `file`, DATA/keyreeve.toml is read if it exists. Variables with our prefix that are no setting hold secrets
    (the first administrator's key, a key ring), which no other source may, and are left alone.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    given = {name: value for name, value in flags.items() if value is not None}
    _take(given, lambda name: f"--{name.replace('_', '-')}", values, sources)
    named = {name: environment[PREFIX + name.upper()] for name in READERS if environment.get(PREFIX + name.upper())}
    # Kubernetes describes a Service named keyreeve to its pods as KEYREEVE_PORT=tcp://…
    named = {name: value for name, value in named.items() if not value.startswith("tcp://")}
    _take(named, lambda name: PREFIX + name.upper(), values, sources)
    file = file or _default_file(values)
    if file is not None:
        _take(_toml(file), lambda name: f"{file}: {name}", values, sources)
    return Config(**values, sources=MappingProxyType(sources))


def _take(
    found: Mapping[str, object], where: Callable[[str], str], values: dict[str, Any], sources: dict[str, str]
) -> None:
    """Read the settings of one source; those that an earlier source gave are checked all the same."""
    for name, value in found.items():
        if name not in READERS:
            raise ConfigError(f"{where(name)} is not a setting. Settings are: {', '.join(READERS)}.")
        try:
            read = READERS[name](value)
        except ValueError as error:
            raise ConfigError(f"{where(name)} is {value!r}; it must be {error}.") from None
        if name not in values:
            values[name] = read
            sources[name] = where(name)


def _default_file(values: Mapping[str, Any]) -> Path | None:
    folder: Path = values.get("data", Config.data)
    file = folder / FILE_NAME
    if not file.exists():
        return None
    if file.stat().st_uid not in {os.geteuid(), ROOT}:
        # It may name a command that is run; only who runs us, or the machine's owner, may have written that.
        raise ConfigError(f"{file} belongs to another user. Give it with --config if it is to be used.")
    return file


def _toml(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as content:
            return tomllib.load(content)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None


def _together(config: Config) -> None:
    """What must hold between settings."""
    if (config.tls_cert is None) != (config.tls_key is None):
        given, missing = ("tls_cert", "tls_key") if config.tls_key is None else ("tls_key", "tls_cert")
        raise ConfigError(f"{config.source(given)} is given without {missing.replace('_', '-')}; TLS needs both.")
    if config.web_identity_ca_file is not None and not config.web_identity_hosts:
        raise ConfigError(
            f"{config.source('web_identity_ca_file')} vouches for the hosts of web-identity-hosts, and none is given."
        )
    if config.keyring_file is not None and config.keyring_command is not None:
        raise ConfigError(
            f"{config.source('keyring_file')} and {config.source('keyring_command')} are both given;"
            " there is one key ring."
        )
    if not (is_loopback(config.host) or config.tls_cert or config.behind_proxy):
        raise ConfigError(
            f"{config.source('host')} is {config.host!r}, which others can reach, and without TLS they could read the"
            " credentials in answers. Give --tls-cert and --tls-key, or --behind-proxy with the network of the proxy"
            " that has TLS, or listen on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this host; a name other than localhost is not believed to be."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
