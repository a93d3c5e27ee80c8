"""Settings: which source wins, and how what is wrong is told."""

import ipaddress
from dataclasses import fields
from pathlib import Path

import pytest

from keyreeve.config import READERS, Config, ConfigError, is_loopback, load


def written(tmp_path, text):
    file = tmp_path / "keyreeve.toml"
    file.write_text(text)
    return file


def test_defaults_are_safe_and_local():
    config = load()
    assert (config.host, config.port, config.data) == ("127.0.0.1", 4566, Path("keyreeve-data"))
    assert config.metrics is None
    assert not config.access_log
    assert config.source("port") == "default"


def test_a_flag_beats_the_environment_beats_the_file(tmp_path):
    file = written(tmp_path, 'port = 1\nlog_level = "error"\nlog_format = "json"\n')
    environment = {"KEYREEVE_PORT": "2", "KEYREEVE_LOG_LEVEL": "debug"}
    config = load({"port": 3, "log_level": None}, environment, file)
    assert (config.port, config.log_level, config.log_format) == (3, "debug", "json")
    assert config.source("port") == "--port"
    assert config.source("log_level") == "KEYREEVE_LOG_LEVEL"
    assert config.source("log_format") == f"{file}: log_format"
    assert config.source("host") == "default"


def test_the_file_in_the_data_folder_is_read(tmp_path):
    file = written(tmp_path, "port = 7\n")
    assert load({"data": str(tmp_path)}).port == 7
    config = load({}, {"KEYREEVE_DATA": str(tmp_path)})
    assert (config.port, config.source("port")) == (7, f"{file}: port")


def test_every_setting_can_be_given_in_the_environment_and_in_the_file(tmp_path):
    text = {
        "data": str(tmp_path),
        "host": "localhost",
        "tls_cert": "c",
        "tls_key": "k",
        "behind_proxy": "10.0.0.0/8, fd00::/8",
        "public_url": "https://iam.example.org/",
        "fido_metadata": "blob.jwt",
        "metrics": "[::1]:9464",
        "log_format": "json",
        "log_level": "warning",
        "account_id": "000000000012",
        "keyring_file": "ring.json",
        "management_account": "000000000013",
        "templates": str(tmp_path / "templates.json"),
        "trail_buckets": "audit=/var/audit,other=/var/other",
        "web_identity_hosts": "login.example.org, localhost:8443",
        "web_identity_ca_file": "ca.pem",
    }
    (tmp_path / "templates.json").write_text('{"RoleTemplates": []}')
    switches = {"access_log": True}
    numbers = {name: 17 for name in READERS if name not in text | switches | {"keyring_command": ""}}
    environment = {f"KEYREEVE_{name.upper()}": str(value) for name, value in (text | switches | numbers).items()}
    lines = [f'{name} = "{value}"' for name, value in text.items()]
    lines += [f"{name} = {value}" for name, value in numbers.items()] + ["access_log = true"]
    by_environment, by_file = load({}, environment), load({}, {}, written(tmp_path, "\n".join(lines)))
    names = [field.name for field in fields(Config) if field.name != "sources"]
    assert [getattr(by_environment, name) for name in names] == [getattr(by_file, name) for name in names]
    assert by_file.behind_proxy == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert by_file.metrics == ("::1", 9464)
    assert by_file.public_url == "https://iam.example.org"
    assert by_file.keyring_path == Path("ring.json")
    assert by_file.web_identity_hosts == ("login.example.org:443", "localhost:8443")
    assert set(names) == set(READERS)
    assert set(by_file.sources) == set(READERS) - {"keyring_command"}


WRONG = {
    "unknown": ("prot = 1", "prot is not a setting. Settings are: data, host, port"),
    "type": ('port = "x"', "port is 'x'; it must be a whole number from 0 to 65535"),
    "switch for a number": ("port = true", "it must be a whole number"),
    "fraction": ("port = 1.5", "it must be a whole number"),
    "no templates": ('templates = "/nowhere.json"', "it must be a JSON file of templates"),
    "too high": ("port = 65536", "from 0 to 65535"),
    "too low": ("max_connections = 0", "from 1 to 100000"),
    "text for a switch": ('access_log = "maybe"', "it must be true or false"),
    "number for text": ("host = 1", "it must be text"),
    "empty": ('host = ""', "it must be text"),
    "word": ('log_format = "xml"', "it must be text or json"),
    "account": ('account_id = "123"', "it must be twelve digits"),
    "account as a number": ("account_id = 123456789012", "in quotes in the file"),
    "network": ('behind_proxy = "10.0.0.1/8"', "it must be networks in CIDR form"),
    "networks": ("behind_proxy = [1]", "it must be networks in CIDR form"),
    "endpoint": ('metrics = "9464"', "it must be HOST:PORT"),
    "hosts": ('web_identity_hosts = "a b"', "it must be hosts such as login.example.org or localhost:8443"),
    "url of a host": ('web_identity_hosts = ["https://login.example.org"]', "it must be hosts such as"),
    "hosts and a number": ("web_identity_hosts = [1]", "it must be hosts such as"),
    "url": ('public_url = "iam.example.org"', "it must be a URL such as"),
    "table": ("[limits]\nport = 1", "limits is not a setting"),
    "syntax": ("port 1", "cannot be read"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_file_key_and_what_is_allowed(text, expected, tmp_path):
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as told:
        load({}, {}, file)
    assert str(told.value).startswith(str(file))
    assert expected in str(told.value)


def test_a_wrong_value_is_told_even_where_another_source_wins(tmp_path):
    with pytest.raises(ConfigError, match="65535"):
        load({"port": 1}, {"KEYREEVE_PORT": "x"})


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"other\.toml cannot be read"):
        load({}, {}, tmp_path / "other.toml")


def test_other_variables_are_left_alone():
    config = load(
        {}, {"KEYREEVE_ADMIN_ACCESS_KEY_ID": "AKIA", "KEYREEVE_PORT": "tcp://10.0.0.1:80", "KEYREEVE_HOST": ""}
    )
    assert (config.port, config.host) == (4566, "127.0.0.1")


def test_there_is_one_key_ring():
    assert load({"data": "d"}).keyring_path == Path("d/keyring.json")
    assert load({"keyring_command": "vault read x"}).keyring_command == "vault read x"
    with pytest.raises(ConfigError, match="--keyring-file and --keyring-command are both given"):
        load({"keyring_file": "f", "keyring_command": "c"})


def test_an_authority_for_no_host_is_refused():
    with pytest.raises(ConfigError, match="--web-identity-ca-file vouches for the hosts"):
        load({"web_identity_ca_file": "ca.pem"})


def test_half_of_tls_is_refused():
    with pytest.raises(ConfigError, match="--tls-cert is given without tls-key"):
        load({"tls_cert": "c"})
    with pytest.raises(ConfigError, match="--tls-key is given without tls-cert"):
        load({"tls_key": "k"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "iam.example.org"])  # noqa: S104  what must be refused
def test_an_open_address_without_tls_is_refused_with_what_to_do(host):
    with pytest.raises(ConfigError, match="--tls-cert and --tls-key, or --behind-proxy"):
        load({"host": host})
    assert load({"host": host, "tls_cert": "c", "tls_key": "k"}).host == host
    assert load({"host": host, "behind_proxy": "10.0.0.0/8"}).host == host


def test_what_is_loopback():
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "localhost.example.org")] == [False] * 3  # noqa: S104  same


def test_a_file_that_another_user_left_in_the_folder_is_refused(tmp_path, monkeypatch):
    (tmp_path / "keyreeve.toml").write_text("port = 4567\n")
    assert load({"data": tmp_path}, {}).port == 4567
    monkeypatch.setattr("keyreeve.config.os.geteuid", lambda: 12345)
    monkeypatch.setattr("keyreeve.config.ROOT", -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        load({"data": tmp_path}, {})


def test_buckets_are_a_table_in_the_file_and_pairs_elsewhere(tmp_path):
    by_file = load({}, {}, written(tmp_path, '[trail_buckets]\naudit = "/var/audit"\n"other.logs" = "x"'))
    assert by_file.trail_buckets == (("audit", Path("/var/audit")), ("other.logs", Path("x")))
    assert load({"trail_buckets": "audit=/var/audit"}).trail_buckets == (("audit", Path("/var/audit")),)
    for wrong in ("audit", "=x", "audit=", "audit=/a,,"):
        with pytest.raises(ConfigError, match="names of buckets"):
            load({"trail_buckets": wrong})
