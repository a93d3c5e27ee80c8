"""A server whose disk is full: what it says of itself, what still works, and that it comes back."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

SIZE = 6 << 20


@pytest.fixture
def data(tmp_path):
    """A data folder on a disk of its own, which is small."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "keyreeve-test", place], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield place / "data"
    subprocess.run(["umount", "-l", place], check=True)


def fill(data):
    """Leave not a byte; the file that takes all there is."""
    ballast = data.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return ballast


def asked(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  ours
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def soon(found, wanted, seconds=10):
    until = time.monotonic() + seconds
    while found() != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found() == wanted


def changed(iam, name):
    try:
        iam.create_user(UserName=name)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "saved"


def test_on_a_full_disk_reads_go_on_and_it_is_not_ready_until_something_was_saved(data, serve, exported, program):
    server = serve()
    iam = server.client("iam", exported((data / "admin-credentials.env").read_text()))
    ballast = fill(data)
    number = iter(range(10_000))
    soon(lambda: changed(iam, f"user{next(number)}"), "ServiceUnavailable")
    saved = {user["UserName"] for user in iam.list_users()["Users"]}
    assert asked(f"{server.url}/readyz") == (503, {"ready": False})
    until = time.monotonic() + 3
    while time.monotonic() < until:  # with reads alone, and trials that fail
        assert {user["UserName"] for user in iam.list_users()["Users"]} == saved
        assert asked(f"{server.url}/readyz") == (503, {"ready": False})
        assert asked(f"{server.url}/healthz") == (200, {"status": "ok", "store": "failing"})
    with ThreadPoolExecutor(8) as many:
        assert set(many.map(lambda each: changed(iam, f"more{each}"), range(100))) == {"ServiceUnavailable"}
    said = program("doctor", "--data", str(data)).stdout
    assert [line.split()[1] for line in said.splitlines() if line.startswith("store ")] == ["problem"]

    ballast.unlink()
    soon(lambda: asked(f"{server.url}/readyz"), (200, {"ready": True}))  # without any change
    assert asked(f"{server.url}/healthz") == (200, {"status": "ok", "store": "ok"})
    assert changed(iam, "after") == "saved"
    assert {user["UserName"] for user in iam.list_users()["Users"]} == {*saved, "after"}
    server.process.terminate()
    log = server.process.communicate(timeout=15)[1]
    assert "Traceback" not in log
    own = [line for line in log.splitlines() if "keyreeve.store:" in line]
    assert len(log.splitlines()) <= len(own) + 2  # that it stops, and perhaps that events could not be packed
    assert [line.split(": ")[1].split(" revision")[0] for line in own] == [
        "what was committed could not be saved",
        "saving works again",
    ]
    assert 'reason="Saving failed: the disk is full."' in own[0]
