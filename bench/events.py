"""What the event log takes and gives: bytes an event on disk, milliseconds a page of LookupEvents, recording's share.

    python bench/events.py                  a million events
    python bench/events.py --events 50000   a smaller log

The log is that of three accounts: people with long-term keys and roles' sessions, most of what they do are reads. What
is looked up is frequent, rare (one event, the oldest of its kind), or not there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import servers
from inprocess import ACCOUNT, Driven
from keyreeve.events import Event, Resource, SessionAttributes, SessionContext, SessionIssuer, UserIdentity
from keyreeve.store.sqlite import SqliteEngine
from keyreeve.wire.exchange import Answer, Request
from servers import Measured
from signer import USER_AGENT

EVENTS = 1_000_000
SPAN = timedelta(days=60)
FLUSH = 2_000
MOST_BYTES = 150
MOST_MILLISECONDS = 200
MOST_SHARE = 0.25
PAGES = 10
STARTS, ROUNDS, CALLS = 5, 4, 10_000
"""Where a process has its memory makes it a little faster or slower for as long as it lives: some are started."""
REST = 1.5
"""Seconds after each turn in which the server writes down and packs what waited."""
TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
OTHERS = ("444455556666", "777788889999")
AGENTS = (
    USER_AGENT,
    "aws-cli/2.22.0 md/awscrt#0.22.0 ua/2.0 os/linux#6.8 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36.3 os/linux lang/go#1.23",
    "aws-sdk-java/2.29.0 Linux/5.15 OpenJDK_64-Bit_Server_VM/21.0.5 Java/21.0.5 vendor/Eclipse_Adoptium",
)
READS = ("GetUser", "GetRole", "ListAttachedRolePolicies", "GetPolicyVersion", "ListUsers", "ListRoles")
WRITES = ("CreateUser", "AttachRolePolicy", "TagRole", "CreateAccessKey", "DeleteUser")


class Made:
    """Events as accounts make them. The same seed makes the same."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.chance = random.Random(6)  # noqa: S311  a load, not a secret
        self.start = datetime.now(UTC) - SPAN

    def __iter__(self) -> Iterator[Event]:
        for number in range(self.count):
            yield self.event(number)

    def event(self, number: int) -> Event:
        """One event; the hundredth is the one that is rare, and nobody's else."""
        chance = self.chance
        account = ACCOUNT if number == 100 or chance.random() < 0.9 else chance.choice(OTHERS)
        who = self.user(account, "rare") if number == 100 else self.caller(account, number)
        kind = chance.random()
        if number == 100:
            return self.made(account, who, number, "iam", "DeleteAccountAlias", {"accountAlias": "rare"}, read=False)
        if kind < 0.45:
            return self.made(account, who, number, "sts", "GetCallerIdentity", None, read=True)
        if kind < 0.6:
            role = f"arn:aws:iam::{account}:role/service-{chance.randrange(50)}"
            asked = {"roleArn": role, "roleSessionName": f"job-{chance.randrange(5_000)}", "durationSeconds": 3600}
            about = (Resource(account_id=account, resource_type="AWS::IAM::Role", resource_arn=role),)
            return self.made(account, who, number, "sts", "AssumeRole", asked, read=True, resources=about)
        if kind < 0.95:
            name = chance.choice(READS)
            return self.made(account, who, number, "iam", name, {"roleName": f"r{chance.randrange(400)}"}, read=True)
        changed = {"userName": f"person-{chance.randrange(2_000)}"}
        return self.made(account, who, number, "iam", chance.choice(WRITES), changed, read=False)

    def made(
        self,
        account: str,
        who: UserIdentity,
        number: int,
        service: str,
        name: str,
        asked: Any,
        *,
        read: bool,
        **more: Any,
    ) -> Event:
        """An event with what all have."""
        chance = self.chance
        return Event(
            user_identity=who,
            event_time=self.start + SPAN * (number / self.count),
            event_source=f"{service}.amazonaws.com",
            event_name=name,
            aws_region="us-east-1" if service == "iam" else chance.choice(("us-east-1", "us-east-1", "eu-west-1")),
            source_ip_address=f"10.0.{chance.randrange(4)}.{chance.randrange(250)}",
            user_agent=chance.choice(AGENTS),
            error_code="AccessDenied" if chance.random() < 0.01 else None,
            request_parameters=asked,
            response_elements=None,
            request_id=str(UUID(int=chance.getrandbits(128), version=4)),
            event_id=str(UUID(int=chance.getrandbits(128), version=4)),
            read_only=read,
            event_type="AwsApiCall",
            management_event=True,
            recipient_account_id=account,
            event_category="Management",
            **more,
        )

    def caller(self, account: str, number: int) -> UserIdentity:
        """A user in four, else a role's session; a session's key makes some hundred calls."""
        if self.chance.random() < 0.25:
            return self.user(account, f"person-{self.chance.randrange(200)}")
        role, session = f"service-{number % 50}", number // 2_000 * 50 + number % 50
        issuer = SessionIssuer(
            type="Role",
            principal_id=f"AROA{number % 50:017d}",
            arn=f"arn:aws:iam::{account}:role/{role}",
            account_id=account,
            user_name=role,
        )
        attributes = SessionAttributes(creation_date="2026-11-24T09:00:00Z", mfa_authenticated="false")
        return UserIdentity(
            type="AssumedRole",
            principal_id=f"{issuer.principal_id}:job-{session}",
            arn=f"arn:aws:sts::{account}:assumed-role/{role}/job-{session}",
            account_id=account,
            access_key_id=f"ASIA{random.Random(session).randrange(10**16):016d}",  # noqa: S311
            session_context=SessionContext(session_issuer=issuer, attributes=attributes),
        )

    @staticmethod
    def user(account: str, name: str) -> UserIdentity:
        """A user with a long-term key."""
        return UserIdentity(
            type="IAMUser",
            principal_id=f"AIDA{name.upper():A>17}",
            arn=f"arn:aws:iam::{account}:user/{name}",
            account_id=account,
            access_key_id=f"AKIA{name.upper().replace('-', ''):A>16}",
            user_name=name,
        )


LOOKUPS: dict[str, dict[str, Any]] = {
    "the newest": {},
    "EventName, frequent": {"EventName": "GetCallerIdentity"},
    "EventName, rare": {"EventName": "DeleteAccountAlias"},
    "EventName, not there": {"EventName": "DeleteVirtualMFADevice"},
    "Username, rare": {"Username": "rare"},
    "Username, frequent": {"Username": "person-7"},
    "AccessKeyId, rare": {"AccessKeyId": Made.user(ACCOUNT, "rare").access_key_id},
    "AccessKeyId, not there": {"AccessKeyId": "ASIAAAAAAAAAAAAAAAAA"},
    "EventSource, not there": {"EventSource": "kms.amazonaws.com"},
    "ReadOnly, writes": {"ReadOnly": "false"},
    "ResourceType, frequent": {"ResourceType": "AWS::IAM::Role"},
    "ResourceType, not there": {"ResourceType": "AWS::IAM::Group"},
    "ResourceName, one of 2,000": {"ResourceName": "person-1999"},
    "EventId, not there": {"EventId": "00000000-0000-4000-8000-000000000000"},
}


class Lookups:
    """LookupEvents of a service, request to answer."""

    def __init__(self, driven: Driven) -> None:
        self.driven = driven

    def page(self, attribute: dict[str, str], **more: Any) -> tuple[float, float, dict[str, Any]]:
        """Milliseconds of one page, of CPU and by the clock, and the page."""
        asked = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
        body = json.dumps({**({"LookupAttributes": asked} if asked else {}), **more}).encode()
        headers = self.driven.signer.headers("cloudtrail", body, TARGET)
        request = Request("POST", "/", "", tuple(headers), body, "127.0.0.1")
        started, cpu = time.perf_counter(), time.thread_time()
        answer: Answer = self.driven.service.handle(request)
        used, taken = (time.thread_time() - cpu) * 1000, (time.perf_counter() - started) * 1000
        if answer.status != 200:
            sys.exit(f"{attribute}: {answer.status} {answer.body.decode()}")
        return used, taken, json.loads(answer.body)

    def table(self) -> Iterator[tuple[str, float, float, int, int]]:
        """Of each look-up: the slowest of its first pages, how many pages that were, how many events they held."""
        for name, attribute in LOOKUPS.items():
            times, found, token = [], 0, None
            while len(times) < PAGES:
                used, taken, page = self.page(attribute, **({"NextToken": token} if token else {}))
                times.append((used, taken))
                found += len(page["Events"])
                token = page.get("NextToken")
                if token is None:
                    break
            yield name, max(used for used, _ in times), max(taken for _, taken in times), len(times), found


def share(folder: Path) -> tuple[list[Measured], list[Measured]]:
    """Turns of GetCallerIdentity at a server as it is, and at one without its event log (`silent.py`)."""
    silent = f"{sys.executable} {Path(__file__).with_name('silent.py')}"
    calls = [("sts", "GetCallerIdentity", {})] * CALLS
    turns: tuple[list[Measured], list[Measured]] = ([], [])
    for _ in range(STARTS):
        with servers.keyreeve(folder) as usual, servers.keyreeve(folder, silent) as without:
            for _ in range(ROUNDS):
                for server, found in zip((usual, without), turns, strict=True):
                    found.append(server.load(calls, REST))
    return turns


def told_of(turns: tuple[list[Measured], list[Measured]]) -> Iterator[str]:
    """What recording costs of the CPU, and of the rate: the medians of all turns."""
    cpu_with, cpu_without = (median(turn.cpu_us for turn in found) for found in turns)
    rate_with, rate_without = (median(turn.per_second for turn in found) for found in turns)
    taken, lost = 1 - cpu_without / cpu_with, 1 - rate_with / rate_without
    yield f"GetCallerIdentity: {cpu_with:.1f} µs of CPU with its event, {cpu_without:.1f} without: {taken:.0%}"
    told = f"GetCallerIdentity: {rate_with:,.0f} a second with its event, {rate_without:,.0f} without: {lost:.0%}"
    yield f"{told}, at most {MOST_SHARE:.0%} {verdict(held=lost <= MOST_SHARE)}"


def filled(driven: Driven, count: int) -> float:
    """Record the events and pack them; microseconds of CPU an event."""
    started = time.process_time()
    for number, event in enumerate(Made(count), 1):
        driven.log.defer(event)
        if number % FLUSH == 0:
            driven.log.flush()
            driven.view.save()
            driven.log.compact()
    driven.log.flush()
    driven.view.save()
    driven.log.compact()
    return (time.process_time() - started) / count * 1e6


def verdict(*, held: bool) -> str:
    """How a figure compares with its mark."""
    return "ok" if held else "MISSED"


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"events in the log [default: {EVENTS:,}]")
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        engine = SqliteEngine(Path(folder) / "bench.db")
        driven = Driven(engine, Path(folder))
        each = filled(driven, count)
        packed = sum(len(data) for _, _, data in engine.blocks(0))
        held = sum(last - first + 1 for first, last, _ in engine.blocks(0))
        size = packed / held
        print(f"{held:,} events packed, {each:.0f} µs of CPU each to record, make durable and pack")
        told = f"{size:.0f} bytes an event on disk, hints included"
        print(f"{told}: at most {MOST_BYTES} {verdict(held=size <= MOST_BYTES)}")
        worst = 0.0
        print(f"{'LookupEvents by':28}{'slowest page, ms: CPU':>22}{'clock':>8}{'pages':>7}{'events':>8}")
        for name, used, taken, pages, found in Lookups(driven).table():
            worst = max(worst, taken)
            print(f"{name:28}{used:22.1f}{taken:8.1f}{pages:7}{found:8}")
        print(f"the slowest page: under {MOST_MILLISECONDS} ms {verdict(held=worst < MOST_MILLISECONDS)}")
        for line in told_of(share(Path(folder))):
            print(line)


if __name__ == "__main__":
    main()
