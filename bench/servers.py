"""The servers that are measured: each a process of its own on loopback, started as its users start it."""

from __future__ import annotations

import json
import os
import pickle
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from load import Job
from signer import Signer
from workloads import Call

KEYREEVE = f"{sys.executable} -m keyreeve"
MOTO = f"{os.environ.get('KEYREEVE_CLIENTS_BIN', '.venv-clients/bin')}/moto_server"
START_SECONDS = 30
CONCURRENCY = 32
LOAD = Path(__file__).with_name("load.py")


@dataclass(frozen=True)
class Measured:
    """One slice: how many answers, microseconds of the server's CPU for each, answers per second, milliseconds."""

    answers: int
    cpu_us: float
    per_second: float
    p50_ms: float
    p99_ms: float


class Server:
    """A running server, and whoever calls it."""

    def __init__(self, command: Sequence[str], port: int, key: tuple[str, str], output: Path) -> None:
        self.port = port
        self.signer = Signer(*key, f"127.0.0.1:{port}")
        self.started = time.perf_counter()
        with output.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file)
        self.output = output
        self.start_seconds, self.account = self._first_answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(15)

    def _first_answer(self) -> tuple[float, str]:
        """The seconds from the start to the first answer, and the account that it tells."""
        request = self.signer.raw("sts", "GetCallerIdentity", {})
        while time.perf_counter() - self.started < START_SECONDS and self.process.poll() is None:
            try:
                answer = self.talk(request)
            except ConnectionError:
                time.sleep(0.002)
                continue
            seconds = time.perf_counter() - self.started
            account = re.search(r"<Account>(\d{12})<", answer)
            if account:
                return seconds, account[1]
            break
        self.process.kill()
        sys.exit(f"{self.output.read_text()}\nThe server did not start.")

    def talk(self, request: bytes) -> str:
        """The answer to one request over a connection of its own, its head and body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as connection:
            connection.sendall(request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))
            received = b""
            while part := connection.recv(65536):
                received += part
        return received.decode()

    def cpu_seconds(self) -> float:
        """What the process has used so far, all its threads together (the kernel's clock for another process)."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def resident_bytes(self) -> int:
        """Memory that is resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def peak_bytes(self) -> int:
        """The most memory that was resident so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def load(self, calls: Sequence[Call], rest: float = 0.0) -> Measured:
        """Send these calls, 32 at a time. SystemExit when one is not answered with 200.

        The CPU is that of the time until the last answer, and of so many seconds after it: some servers put work off.
        """
        job = Job(self.port, min(CONCURRENCY, len(calls)), [self.signer.raw(*call) for call in calls])
        before = self.cpu_seconds()
        ran = subprocess.run([sys.executable, LOAD], input=pickle.dumps(job), capture_output=True, check=False)
        time.sleep(rest)
        cpu = self.cpu_seconds() - before
        if ran.returncode:
            sys.exit(ran.stderr.decode())
        found: dict[str, Any] = json.loads(ran.stdout)
        if found["failures"] or found["answers"] != len(calls):
            sys.exit(f"{calls[0][1]}: {found}")
        answers = found["answers"]
        return Measured(answers, cpu / answers * 1e6, answers / found["seconds"], found["p50_ms"], found["p99_ms"])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def keyreeve(folder: Path, command: str = KEYREEVE) -> Server:
    """Our server over a new data folder, its defaults unchanged."""
    data = folder / f"data{time.monotonic_ns()}"
    made = subprocess.run([*command.split(), "init", "--data", data, "--json"], capture_output=True, check=True)
    key = json.loads(made.stdout)
    port = free_port()
    serve = [*command.split(), "serve", "--data", str(data), "--port", str(port)]
    return Server(serve, port, (key["access_key_id"], key["secret_access_key"]), folder / "keyreeve.txt")


def moto(folder: Path, command: str = MOTO) -> Server:
    """The server of moto, its defaults unchanged."""
    port = free_port()
    return Server([command, "-H", "127.0.0.1", "-p", str(port)], port, ("testing", "testing"), folder / "moto.txt")
