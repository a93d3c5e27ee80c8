"""What docs/events.md says of `aws cloudtrail validate-logs`, line by line, with moto's server as the S3 endpoint."""

import gzip
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stories import clients
from stories import server as servers
from stories.clients import Boto3
from stories.consoles import blocks, commands, matches, opened, run

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
BUCKET = "audit-logs"


@pytest.fixture
def s3():
    """The URL of moto's server."""
    program = Path(clients.awscli()).with_name("moto_server")
    if not program.exists():
        pytest.skip("moto's server is not installed: `make clients` does")
    command = [program, "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = ""
            while (found := re.search(r"http://127\.0\.0\.1:\d+", said)) is None:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield found[0]
        finally:
            process.terminate()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path, folder):
    settings = ("--trail-buckets", f"{BUCKET}={folder}", "--trail-seconds", "1", "--digest-seconds", "2")
    with servers.serving(tmp_path, servers.made(tmp_path), *settings) as running:
        yield running


@pytest.fixture
def shell(server):
    environment = clients.environment(server.endpoint, server.admin)
    with opened(environment, f'aws() {{ {clients.awscli()} "$@"; }}') as shell:
        yield shell


def trailed(server, folder):
    """Deliver what happened while a trail logged, up to its last digest."""
    call = Boto3(server.endpoint).call
    call(server.admin, "cloudtrail", "CreateTrail", Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    call(server.admin, "cloudtrail", "StartLogging", Name="main")
    call(server.admin, "iam", "CreateUser", UserName="alice")
    deadline = time.monotonic() + 30
    while len(list(folder.rglob("*CloudTrail-Digest_*.json.gz.metadata"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    call(server.admin, "cloudtrail", "StopLogging", Name="main")
    time.sleep(3)


def here(text, server, folder, s3):
    """A page's text, with the addresses, account and times of this test."""
    changed = {
        "http://127.0.0.1:4566": server.endpoint,
        "http://127.0.0.1:5000": s3,
        "/var/audit": str(folder),
        "111122223333": server.account,
        "2026-11-27T00:00:00Z": f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    for written, meant in changed.items():
        text = text.replace(written, meant)
    return text


@pytest.mark.client("moto")
@pytest.mark.slow
def test_files_are_validated_as_the_page_says(server, folder, s3, shell):
    trailed(server, folder)
    (block,) = [text for text in blocks(PAGE, "console") if "validate-logs" in text]
    pairs = commands(here(block, server, folder, s3))
    assert len(pairs) == 6
    for command, expected in pairs:
        printed = run(shell, command)
        assert matches(expected, printed), f"$ {command}\n{printed}\ninstead of\n{expected}"
    assert "0/" not in printed

    log = next(folder.rglob("*_CloudTrail_*.json.gz"))
    log.write_bytes(gzip.compress(gzip.decompress(log.read_bytes()).replace(b"admin", b"alice")))
    for command, _ in pairs[3:-1]:
        assert run(shell, command) == ""
    printed = run(shell, f"{pairs[-1][0]}; echo status $?")
    assert printed.rstrip().endswith("status 1")
    (block,) = [text for text in blocks(PAGE, "text") if "INVALID" in text]
    name = "111122223333_CloudTrail_us-east-1_20261127T1550Z_St2qaOy0KYFw8E3t.json.gz"
    expected = here(block.replace(name, log.name), server, folder, s3)
    lines = printed.splitlines()
    assert any(matches(expected, line) for line in lines), printed


@pytest.mark.client("moto")
@pytest.mark.slow
def test_without_an_s3_endpoint_it_is_refused_as_the_page_says(server, folder, shell):
    trailed(server, folder)
    arn = f"arn:aws:cloudtrail:us-east-1:{server.account}:trail/main"
    printed = run(shell, f"aws cloudtrail validate-logs --start-time {datetime.now(UTC):%Y-%m-%d} --trail-arn {arn}")
    assert "(UnknownService) when calling the GetBucketLocation operation" in printed
