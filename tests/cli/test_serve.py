"""`keyreeve serve` as a program: the first start, the second, commands while it runs, the end."""

import json
import os
import pty
import re
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

FILE = "admin-credentials.env"


def test_the_first_start_makes_an_administrator_and_the_second_shows_nothing(serve, data, exported):
    server = serve()
    file = data / FILE
    assert str(file) in server.said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().splitlines()[0] == "unset AWS_SESSION_TOKEN"
    key = exported(file.read_text())
    assert key["endpoint_url"] == server.url
    assert key["secret_access_key"] not in server.said
    arn = server.identity(key)
    assert arn.endswith(":user/admin")
    assert arn.split(":")[4] in server.said
    server.client("iam", key).create_group(GroupName="made-before")
    server.stop()

    file.unlink()
    again = serve()
    assert again.said.startswith("Keyreeve ")
    assert not file.exists()
    assert again.identity(key) == arn
    assert len(again.client("iam", key).list_groups()["Groups"]) == 2
    assert "AKIA" not in again.said + again.stop()


def test_on_a_terminal_the_key_is_shown_once_as_three_lines(data, program, exported):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "keyreeve", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=program.environment()) as process:
        os.close(theirs)
        said = ""
        while " serves " not in said:
            said += os.read(ours, 10_000).decode()
        process.terminate()
    os.close(ours)
    lines = said.splitlines()
    assert exported(lines[3]).keys() == {"access_key_id", "secret_access_key"}
    assert exported(lines[4]).keys() == {"endpoint_url", "default_region"}
    assert lines[5] == "aws sts get-caller-identity"
    assert not (data / FILE).exists()


def test_a_first_key_from_the_environment_is_not_repeated(serve, data, program, tmp_path):
    made = json.loads(program("init", "--data", str(tmp_path / "other"), "--json").stdout)
    given = {
        "KEYREEVE_ADMIN_ACCESS_KEY_ID": made["access_key_id"],
        "KEYREEVE_ADMIN_SECRET_ACCESS_KEY": made["secret_access_key"],
    }
    server = serve(**given)
    assert made["secret_access_key"] not in server.said
    assert not (data / FILE).exists()
    assert server.identity(made) == f"arn:aws:iam::{made['account_id']}:user/admin"


def test_an_unfit_first_key_leaves_no_account(program, data, serve):
    ran = program("serve", "--data", str(data), "--port", "0", KEYREEVE_ADMIN_ACCESS_KEY_ID="admin")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("keyreeve: KEYREEVE_ADMIN_ACCESS_KEY_ID and")
    assert " is new" in serve().said


def test_two_owners_are_refused(serve, program, data):
    server = serve()
    ran = program("serve", "--data", str(data), "--port", "0")
    assert (ran.returncode, ran.stdout) == (1, "")
    owner = f"process {server.process.pid}"
    assert ran.stderr == f"keyreeve: {data} is in use by {owner}. Stop it first, or give another folder with --data.\n"


def test_a_port_in_use_makes_no_account(serve, program, tmp_path):
    port = serve().url.rpartition(":")[2]
    other = tmp_path / "other"
    ran = program("serve", "--data", str(other), "--port", port)
    assert ran.returncode == 1
    assert "port 0 picks a free one" in ran.stderr
    assert not (other / FILE).exists()
    assert " is new" not in ran.stdout


def test_a_certificate_that_is_none_is_told_in_a_line(program, data, tmp_path):
    file = tmp_path / "cert.pem"
    file.touch(mode=0o600)
    ran = program("serve", "--data", str(data), "--port", "0", "--tls-cert", str(file), "--tls-key", str(file))
    assert ran.returncode == 1
    assert ran.stderr == f"keyreeve: {file} (tls_cert) holds no certificate in PEM.\n"


def test_a_proxy_that_names_no_client_has_no_more_attempts_than_anybody_and_is_told_of_once(serve):
    server = serve("--behind-proxy", "127.0.0.1/32", "--failed-auth-burst", "5", "--failed-auth-per-second", "1")
    codes = []
    for _ in range(10):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url, b"Action=GetCallerIdentity")  # noqa: S310  ours
        codes.append(re.search("<Code>(.*)</Code>", refused.value.read().decode())[1])
    assert codes[:5] == ["MissingAuthenticationToken"] * 5
    assert codes.count("Throttling") >= 3  # a slow machine gives one back, or two
    server.process.terminate()
    log = server.process.communicate(timeout=15)[1]
    assert log.count("the proxy does not say in X-Forwarded-For who its clients are") == 1


def test_a_root_session_from_beside_the_server_is_root(serve, program, data, exported):
    server = serve()
    ran = program("root", "session", "--data", str(data))
    assert "not bound by policies" in ran.stderr
    session = exported(ran.stdout)
    assert session["access_key_id"].startswith("ASIA")
    assert session["endpoint_url"] == server.url  # and not what this command's own settings would say
    said = program("doctor", "--data", str(data)).stdout
    assert ["server", "ok", "serves", server.url] in [line.split() for line in said.splitlines()]
    assert server.identity(session).endswith(":root")
    assert server.client("iam", session).list_users()["Users"][0]["UserName"] == "admin"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.identity({**session, "session_token": session["session_token"][:-4] + "AAAA"})


def test_a_compromised_ring_ends_that_session_at_once(serve, told):
    server = serve()
    session = told("root", "session")
    assert server.identity(session).endswith(":root")
    told("keys", "rotate")
    assert server.identity(session).endswith(":root")
    told("keys", "rotate", "--compromised")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.identity(session)


def test_an_account_made_beside_the_server_is_there_at_once(serve, told, data):
    server = serve()
    made = told("accounts", "create", "--name", "staging")
    assert server.identity(made) == f"arn:aws:iam::{made['account_id']}:user/admin"
    assert {each["account_name"] for each in told("accounts", "list")} == {None, "staging"}
    assert stat.S_IMODE((data / "keyreeve.sock").stat().st_mode) == 0o600
    server.stop()
    assert not (data / "keyreeve.sock").exists()
    assert {each["account_name"] for each in told("accounts", "list")} == {None, "staging"}


def test_reads_are_on_disk_within_a_second(serve, told, keyreeve, exported, data):
    server = serve()
    server.identity(exported((data / FILE).read_text()))
    until = time.monotonic() + 3
    while "GetCallerIdentity" not in (said := keyreeve("events").stdout) and time.monotonic() < until:
        time.sleep(0.1)
    assert "admin" in said.splitlines()[-1]
    assert "GetCallerIdentity" in said.splitlines()[-1]


def test_events_are_followed(serve, program, data, exported):
    server = serve()
    key = exported((data / FILE).read_text())
    command = [sys.executable, "-m", "keyreeve", "events", "--follow", "--data", str(data), "--name", "CreateGroup"]
    environment = program.environment(PYTHONUNBUFFERED="1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as following:
        time.sleep(1)
        server.client("iam", key).create_group(GroupName="watched")
        assert "iam:CreateGroup" in following.stdout.readline()
        following.terminate()


def test_doctor_asks_the_running_server(serve, keyreeve):
    serve()
    said = keyreeve("doctor").stdout
    assert "synchronous FULL" in said
    assert "problem" not in said


def test_a_server_that_was_killed_leaves_nothing_in_the_way(serve, told):
    server = serve()
    made = told("accounts", "create")
    server.process.kill()
    server.process.wait()
    assert len(told("accounts", "list")) == 2
    assert serve().identity(made).endswith(":user/admin")


def test_probes_and_metrics(serve):
    server = serve("--metrics", "127.0.0.1:0")
    with urllib.request.urlopen(f"{server.url}/healthz") as answer:  # noqa: S310  ours
        assert json.load(answer) == {"status": "ok", "store": "ok"}
    with urllib.request.urlopen(f"{server.url}/readyz") as answer:  # noqa: S310  ours
        assert json.load(answer) == {"ready": True}
    metrics = server.said.rpartition("Metrics: ")[2].strip().rstrip(".")
    with urllib.request.urlopen(metrics) as answer:  # noqa: S310  ours
        assert b"keyreeve_store_durable_revision 1.0" in answer.read()


def test_doubtful_settings_are_told_at_the_start(data, program, tmp_path):
    asked = ["--trail-buckets", f"a=not-there,b={tmp_path}", "--metrics", "0.0.0.0:0", "--log-level", "warning"]
    command = [sys.executable, "-m", "keyreeve", "serve", "--data", str(data), "--port", "0", *asked]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=program.environment(), **pipes) as process:
        for line in process.stdout:
            if " serves " in line:
                process.terminate()
        warned = [line.partition("serve: ")[2] for line in process.stderr.read().splitlines()]
    assert warned == [
        f"trail_buckets: a=not-there depends on where the server is started: now {tmp_path}/not-there",
        "metrics: others can reach this address, and nobody is asked who they are; let only the scraper reach it",
        "trail_buckets: a=not-there is no folder that can be written",
    ]


@pytest.mark.parametrize("level", ["debug", "info"])
def test_debug_adds_connections_that_were_refused(level, serve):
    server = serve("--log-level", level, "--max-connections", "1")
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address, 5), socket.create_connection(address, 5) as refused:
        assert b"503" in refused.recv(100)
    server.process.terminate()
    assert ("DEBUG   keyreeve.http: connection refused" in server.process.stderr.read()) == (level == "debug")


def test_it_answers_within_a_second(data, serve):
    serve().stop()
    started = time.monotonic()
    server = serve()
    urllib.request.urlopen(f"{server.url}/readyz").close()  # noqa: S310  ours
    assert time.monotonic() - started < 3  # under 1 s where nothing else runs; the benches hold it to that


def test_an_account_id_that_the_folder_does_not_have_is_refused_and_not_ignored(serve, program, data):
    serve("--account-id", "111122223333").stop()
    serve("--account-id", "111122223333").stop()
    refused = program("serve", "--data", str(data), "--port", "0", "--account-id", "444455556666")
    assert refused.returncode == 1
    assert "444455556666 is none of them" in refused.stderr
