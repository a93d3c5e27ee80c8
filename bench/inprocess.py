"""What the service itself costs: `Service.handle` driven with signed requests, without a socket.

    python bench/inprocess.py [--engine sqlite] [--profile] [TEXT …]

Prints microseconds of CPU per call: of `handle`, and of saving what it committed, in groups of 32. With --profile also
the functions that took the most time in themselves.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.catalogue import Catalogue
from keyreeve.entities import AccessKey, Account, RootUser
from keyreeve.events import EventLog
from keyreeve.seal import KeyRing
from keyreeve.service import Service
from keyreeve.store import Engine, MemoryEngine, View
from keyreeve.store.sqlite import SqliteEngine
from keyreeve.wire.exchange import Answer, Request
from signer import Signer, form
from workloads import WORKLOADS, Workload, setup

ACCOUNT = "111122223333"
HOST = "127.0.0.1:4566"
GROUP = 32
COUNTS = {"ListUsers of 1,000": 300, "CreatePolicy": 1400, "CreateUser": 3000}
CALLS = 5000


class Driven:
    """A service over an engine, with an account whose user `admin` holds AdministratorAccess through a group."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.ring = KeyRing.create(folder / "keyring.json", datetime.now(UTC))
        self.view = View(engine)
        self.log = EventLog(self.view, self.ring, lambda: datetime.now(UTC))
        self.service = Service(self.view, self.ring, self.log, Catalogue.load())
        self.signer = self._root()
        self._populate()

    def _root(self) -> Signer:
        now = datetime.now(UTC).replace(microsecond=0)
        identifier = access_key_id("AKIA", ACCOUNT, secrets.token_bytes)
        secret = secret_access_key(secrets.token_bytes)
        key = AccessKey(
            account_id=ACCOUNT,
            access_key_id=identifier,
            principal_id=ACCOUNT,
            sealed_secret=self.ring.seal(secret.encode(), identifier),
            create_date=now,
        )
        transaction = self.view.begin()
        for record in (
            Account(account_id=ACCOUNT, create_date=now),
            RootUser(account_id=ACCOUNT, create_date=now),
            key,
        ):
            transaction.put(record)
        transaction.commit()
        self.view.save()
        return Signer(identifier, secret, HOST)

    def _populate(self) -> None:
        self.call("iam", "CreateGroup", {"GroupName": "Administrators"})
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        self.call("iam", "AttachGroupPolicy", {"GroupName": "Administrators", "PolicyArn": administrator})
        self.call("iam", "CreateUser", {"UserName": "admin"})
        self.call("iam", "AddUserToGroup", {"GroupName": "Administrators", "UserName": "admin"})
        key = self.call("iam", "CreateAccessKey", {"UserName": "admin"}).body.decode()
        found = re.findall("<(?:AccessKeyId|SecretAccessKey)>([^<]+)<", key)
        self.signer = Signer(found[0], found[1], HOST)
        for call in setup(ACCOUNT):
            self.call(*call)
        self.view.save()

    def request(self, service: str, action: str, parameters: dict[str, str]) -> Request:
        """A request as the HTTP door makes it."""
        body = form(service, action, parameters)
        return Request("POST", "/", "", tuple(self.signer.headers(service, body)), body, "127.0.0.1")

    def call(self, service: str, action: str, parameters: dict[str, str]) -> Answer:
        """The answer to one call; SystemExit when it is no success."""
        answer = self.service.handle(self.request(service, action, parameters))
        if answer.status != 200:
            sys.exit(f"{action}: {answer.status} {answer.body.decode()}")
        return answer

    def measure(self, workload: Workload, profile: cProfile.Profile | None) -> tuple[float, float]:
        """Microseconds of this thread's CPU per call: handling, and saving."""
        count = COUNTS.get(workload.name, CALLS)
        requests = [self.request(*workload.call(number, ACCOUNT)) for number in range(count)]
        handling = saving = 0.0
        for group in _groups(requests):
            if profile is not None:
                profile.enable()
            started = time.thread_time()
            answers = [self.service.handle(request) for request in group]
            handled = time.thread_time()
            if profile is not None:
                profile.disable()
            self.log.redeem()
            self.view.save()
            handling += handled - started
            saving += time.thread_time() - handled
            for answer in answers:
                if answer.status != 200:
                    sys.exit(f"{workload.name}: {answer.status} {answer.body.decode()}")
        self.log.flush()
        self.view.save()
        return handling / count * 1e6, saving / count * 1e6


def _groups(requests: list[Request]) -> Iterator[list[Request]]:
    for start in range(0, len(requests), GROUP):
        yield requests[start : start + GROUP]


def main() -> None:
    """Measure the operations that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "only", nargs="*", metavar="TEXT", help="workloads with one of these in their name; all by default"
    )
    parser.add_argument("--engine", choices=["memory", "sqlite"], default="memory")
    parser.add_argument("--profile", action="store_true", help="print the most expensive functions of each operation")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = MemoryEngine() if options.engine == "memory" else SqliteEngine(Path(folder) / "bench.db")
        driven = Driven(engine, Path(folder))
        print(f"{'workload':20}{'handle µs':>12}{'save µs':>12}")
        for workload in WORKLOADS:
            if options.only and not any(text in workload.name for text in options.only):
                continue
            profile = cProfile.Profile() if options.profile else None
            handling, saving = driven.measure(workload, profile)
            print(f"{workload.name:20}{handling:12.1f}{saving:12.1f}")
            if profile is not None:
                pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
